"""Links of reference pictures."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LINK = 2000
"""Characters of a reference link: what every server takes."""


def check_link(link: str) -> None:
    """Raise ValidationError unless the link is one that the provider could fetch. We never do."""
    try:
        parts = urlsplit(link)
        host, login = parts.hostname, "@" in parts.netloc
        _port = parts.port
    except ValueError:
        host, login, parts = None, False, urlsplit("")
    if len(link) > MAX_LINK or not link.isprintable() or " " in link or "\\" in link:
        raise ValidationError(_("This is not a link: %s") % _shown(link))
    if parts.scheme not in {"http", "https"} or not host:
        raise ValidationError(_("A link begins with http:// or https://: %s") % _shown(link))
    if login:
        raise ValidationError(_("A link must not carry a login: %s") % _shown(link))


def _shown(link: str) -> str:
    return link if len(link) <= 60 else f"{link[:59]}…"
