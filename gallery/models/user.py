"""People with a login."""

from __future__ import annotations

import logging
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import models, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _

from .budget import Budget
from .on_commit import log_on_commit
from .prompt import fold
from .task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .task_queryset import TaskQuerySet

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


NOTED_EVERY = timedelta(minutes=2)
"""A visit is written down so often at most: not with each request."""
AWAY_AFTER = timedelta(minutes=30)
"""Whoever asks for nothing for so long has left."""


class Theme(models.TextChoices):
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class OneTimeTokens(PasswordResetTokenGenerator):
    """Tokens that set a password once: using one, logging in and ending sessions void it."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}.{user.session_epoch}"


one_time_tokens = OneTimeTokens()


class StudioUserManager(UserManager["User"]):
    def set_limit(self, user: User, kopecks: int | None) -> None:
        """Set the standing monthly limit in kopecks (None: no limit), from this month on."""
        with transaction.atomic():
            self.filter(pk=user.pk).update(monthly_limit_kopecks=kopecks)
            Budget.objects.this_month().of(user).update(limit_kopecks=kopecks)

    def deactivate(self, user: User, *, by: User) -> None:
        """Close the account: nothing is deleted, and what was queued is canceled."""
        with transaction.atomic():
            self.filter(pk=user.pk).update(is_active=False)
            # Else a session from before would come back to life with the account.
            self.end_sessions(user)
        # By itself, so that nothing that is wrong there keeps the account open.
        Task.objects.cancel_all(user, by=by)

    def set_preferences(self, user: User, *, language: str, theme: str, time_zone: str) -> None:
        """How pages look and speak to the user; empty: as browser and installation have it."""
        self.filter(pk=user.pk).update(language=language, theme=theme, time_zone=time_zone)

    def change_password(self, user: User, password: str) -> None:
        """Set the password, which ends every session: a view keeps its own."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def activate(self, user: User) -> bool:
        """Open a closed account again; False when it was open."""
        return self.filter(pk=user.pk, is_active=False).update(is_active=True) == 1

    # Coming and going

    def visit(self, user: User) -> None:
        """The user is here: noted once every few minutes, and as a new visit after an absence."""
        now, seen = timezone.now(), user.seen_at
        if seen is not None and now - seen < NOTED_EVERY:
            return
        noted: dict[str, datetime] = {"seen_at": now}
        if seen is not None and now - seen >= AWAY_AFTER:
            noted |= {"left_at": seen, "back_at": now}
        # Of several requests at once, the first one's visit counts.
        if self.filter(pk=user.pk, seen_at=seen).update(**noted):
            for name, value in noted.items():
                setattr(user, name, value)
        else:
            user.refresh_from_db(fields=["seen_at", "left_at", "back_at"])

    def hear(self, user: User) -> None:
        """What happened while the user was away has been read: it is told no more."""
        self.filter(pk=user.pk).update(heard_back_at=F("back_at"))

    def recall(self, user: User) -> None:
        """It is told again, until there is something newer."""
        self.filter(pk=user.pk).update(heard_back_at=None)

    # Whose prompts are refused

    def held(self) -> QuerySet[User]:
        """Whose sending is held now, after refusals of content."""
        return self.filter(held_until__gt=timezone.now())

    def lock_owners(self, tasks: Iterable[int]) -> None:
        """Take the owners of tasks before these and before money: a press takes them so too."""
        owners = self.filter(pk__in=Task.objects.filter(pk__in=tasks).values("owner"))
        list(owners.select_for_update(no_key=True).order_by("pk").values_list("pk"))

    def count_refusal(self, task_id: int) -> bool:
        """Hold its owner's sending when this refusal of content is one too many; whether it did.

        For the transaction of the refusal, after `lock_owners`: of several refusals at once each
        sees those before it. What was refused before an earlier hold ended counts no more.
        """
        owner = self.get(pk__in=Task.objects.filter(pk=task_id).values("owner"))
        if owner.is_held:
            return False
        now = timezone.now()
        span = timedelta(seconds=settings.REFUSED_SECONDS)
        refused = owner.refusals_since(now - span).count()
        if refused < settings.REFUSED_TIMES:
            return False
        self.filter(pk=owner.pk).update(held_until=now + span)
        log_on_commit(log, logging.WARNING, "sending-held", user=owner.pk, refusals=refused)
        return True

    def lift_hold(self, user: User, *, by: User) -> bool:
        """Let them send again, and count anew; an administrator's act. False when none stands."""
        lifted = self.held().filter(pk=user.pk).update(held_until=timezone.now())
        if lifted:
            log_on_commit(log, logging.WARNING, "hold-lifted", user=user.pk, by=by.pk)
        return lifted == 1

    def end_sessions(self, user: User) -> None:
        """Log the user out everywhere; a view keeps its own by `update_session_auth_hash`."""
        self.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.refresh_from_db(fields=["session_epoch"])

    def one_time_link(self, user: User) -> str:
        """A path that sets the user's password, once, within PASSWORD_RESET_TIMEOUT.

        Nothing is stored. Older links become void, and the sessions end: whoever cannot come in
        has none that is worth keeping, and whoever took the account loses theirs.
        """
        self.end_sessions(user)
        return self.reset_link(user)

    def reset_link(self, user: User) -> str:
        """Such a path for mail: anybody may ask for it, so that nothing ends before it is used."""
        uidb64 = urlsafe_base64_encode(force_bytes(user.pk))
        return reverse("password_set", args=[uidb64, one_time_tokens.make_token(user)])

    def with_mail(self, email: str) -> list[User]:
        """Active users of this very address, also those who have no password yet."""
        # The database's idea of the same letters is wider than a mail server's.
        found = self.filter(email__iexact=email, is_active=True)
        return [user for user in found if _folded(user.email) == _folded(email)]

    def is_taken(self, username: str) -> bool:
        """Whether somebody has this name, in whatever case: to the eye the two would be one."""
        # SQLite knows the cases of ASCII alone.
        names = self.values_list("username", flat=True).iterator()
        return any(_folded(name) == _folded(username) for name in names)

    def spelled(self, name: str) -> User | None:
        """Whose name it is, whatever the case of its letters: SQLite folds ASCII alone."""
        if found := self.filter(username__iexact=name).first():
            return found
        if name.isascii():
            return None
        names = self.values_list("pk", "username").iterator()
        pk = next((pk for pk, other in names if fold(other) == fold(name)), None)
        return self.filter(pk=pk).first() if pk is not None else None

    def matching(self, words: str) -> QuerySet[User]:
        """Whose names or mail hold every word, whatever the case of its letters."""
        wanted = fold(words).split()
        texts = self.values_list("pk", "username", "email", "first_name", "last_name").iterator()
        return self.filter(
            pk__in=[
                pk for pk, *text in texts if all(word in fold(" ".join(text)) for word in wanted)
            ]
        )

    def named_by(self, uidb64: str) -> User | None:
        """The active user whom a one-time link names; its token is yet to be checked."""
        try:
            pk = int(urlsafe_base64_decode(uidb64))
        except ValueError:
            return None
        return self.filter(pk=pk, is_active=True).first() if 0 < pk < 2**63 else None

    def use_one_time_link(self, user: User, token: str, password: str) -> User | None:
        """Set the password and end the sessions; None when the token was used in the meantime."""
        with transaction.atomic():
            locked = self.select_for_update().filter(pk=user.pk, is_active=True).first()
            if locked is None or not one_time_tokens.check_token(locked, token):
                return None
            self.change_password(locked, password)
            return locked


class User(AbstractUser):
    """A person with a login. Never deleted while anything of theirs is kept: deactivated."""

    monthly_limit_kopecks = models.PositiveBigIntegerField(
        _("monthly limit, kopecks"), null=True, blank=True
    )
    # Empty: as the browser asks, or by the installation's own.
    language = models.CharField(_("language"), max_length=8, blank=True, choices=settings.LANGUAGES)
    theme = models.CharField(_("theme"), max_length=5, blank=True, choices=Theme)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # Part of what a session is signed with: raising it ends all of them.
    session_epoch = models.PositiveIntegerField(_("session epoch"), default=0, editable=False)
    # Round robin: whoever was served longest ago comes next.
    last_sent_at = models.DateTimeField(_("last sent at"), null=True, editable=False)

    # After refusals of content. A moment in the past is the end of the last hold.
    held_until = models.DateTimeField(_("sending held until"), null=True, editable=False)

    # When something was last asked for by them; the time they were away last; and which return it
    # was (its `back_at`) of whose absence they have read.
    seen_at = models.DateTimeField(_("last seen at"), null=True, editable=False)
    left_at = models.DateTimeField(_("left at"), null=True, editable=False)
    back_at = models.DateTimeField(_("back at"), null=True, editable=False)
    heard_back_at = models.DateTimeField(_("heard at return"), null=True, editable=False)

    objects: ClassVar[StudioUserManager] = StudioUserManager()

    @property
    def zone(self) -> ZoneInfo | None:
        """The chosen time zone; None, which is the installation's, when this system has it not."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else None
        except (KeyError, ValueError, OSError):
            return None

    @property
    def is_held(self) -> bool:
        """Whether their sending is held: what they have queued waits."""
        return self.held_until is not None and self.held_until > timezone.now()

    def refusals_since(self, when: datetime) -> TaskQuerySet:
        """Their refusals of content that may still lead to a hold, or have led to this one."""
        refused = Task.objects.of(self).content_refused().filter(ended_at__gte=when)
        if self.held_until is None or self.is_held:
            return refused
        return refused.filter(ended_at__gt=self.held_until)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is signed with, also with an older SECRET_KEY: password and epoch."""
        password: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        value = f"{password}.{self.session_epoch}"
        return salted_hmac("gallery.User.sessions", value, secret=secret).hexdigest()
