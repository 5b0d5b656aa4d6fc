"""Who knocks at the door, from where, and how often: a stranger neither guesses nor locks out.

From a device where an account has logged in before, only that device's own failures count. From
any other, the account's and the address's do: whoever fails on purpose shuts out strangers alone.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from typing import TYPE_CHECKING, Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.core import signing

from gallery.models import Attempt, Refused, User, attempt

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE = "device"
COOKIE_SECONDS = 400 * 24 * 3600
PEOPLE_A_DEVICE = 5
"""A computer that is shared knows so many people."""


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]
    """Axes' gate before a password is looked at, with attempts counted by our own rules."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        name = str((credentials or {}).get("username") or "")
        user = User.objects.filter(username=name).first()
        device = _devices(request).get(user.pk) if user else None
        if user and device and device.startswith(_mark(user)):
            account, address_limit = f"device {device}", None
        else:
            # A name that nobody has may be a password in the wrong field.
            account = name if user else f"nobody {hashlib.sha256(name.encode()).hexdigest()[:32]}"
            address_limit = settings.ADDRESS_FAILURE_LIMIT
        request.attempt = attempt(  # type: ignore[attr-defined]
            "login",
            account,
            client_address(request),
            account_limit=settings.AXES_FAILURE_LIMIT,
            address_limit=address_limit,
        )
        return isinstance(request.attempt, Attempt)  # type: ignore[attr-defined]

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: object,
    ) -> None:
        """The attempt stands as it was written down."""

    def user_logged_in(
        self, sender: object, request: HttpRequest, user: User, **kwargs: object
    ) -> None:
        made = getattr(request, "attempt", None)
        if isinstance(made, Attempt):
            made.forget()

    def user_logged_out(
        self, sender: object, request: HttpRequest, user: User, **kwargs: object
    ) -> None:
        """Nothing is kept of it."""


def refusal(request: HttpRequest) -> Refused | None:
    """Why the password was not even looked at, if it was not."""
    made = getattr(request, "attempt", None)
    return made if isinstance(made, Refused) else None


def knock(request: HttpRequest, door: str, limit: int, account: str = "") -> Refused | None:
    """Count a request at another door than the login, by its address, and one account if named."""
    whose = hashlib.sha256(account.encode()).hexdigest()[:32] if account else secrets.token_hex(16)
    made = attempt(door, whose, client_address(request), account_limit=limit, address_limit=limit)
    return made if isinstance(made, Refused) else None


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from: of IPv6 the network, since its owner has all of that."""
    written = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY:
        # Only the last entry is the proxy's own word.
        written = request.headers.get("X-Forwarded-For", written).rsplit(",", 1)[-1].strip()
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)
    return str(address)


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Know this device from now on as one of the user's, until password or sessions change."""
    known = _devices(request)
    known.pop(user.pk, None)
    known[user.pk] = _mark(user) + secrets.token_hex(8)
    newest = list(known.items())[-PEOPLE_A_DEVICE:]
    response.set_cookie(
        COOKIE,
        signing.dumps(newest, salt=COOKIE),
        max_age=COOKIE_SECONDS,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def _devices(request: HttpRequest) -> dict[int, str]:
    """Users who have logged in on this device, each with the device's name."""
    try:
        return dict(
            signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_SECONDS)
        )
    except signing.BadSignature:
        return {}


def _mark(user: User) -> str:
    return user.get_session_auth_hash()[:16]
