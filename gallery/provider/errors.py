"""What can go wrong on the wire. Every error carries a ``reason`` code that may be stored."""


class WireError(Exception):
    """``reason`` is a short code, ``detail`` a text for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class NotConnected(WireError):
    """No connection, so no byte left: ``dns``, ``refused``, ``unreachable``,
    ``connect-timeout``, ``tls``."""


class Broken(WireError):
    """The answer could not be read whole: ``timeout``, ``reset``, ``cut-short``, ``too-large``,
    ``not-http``, ``encoded``. ``status`` is the HTTP status, if that much arrived."""

    def __init__(self, reason: str, detail: str = "", status: int | None = None) -> None:
        super().__init__(reason, detail)
        self.status = status


class DownloadError(WireError):
    """No file was fetched."""


class Forbidden(DownloadError):
    """We will not fetch this link: ``host-``, ``address-`` or ``scheme-forbidden``."""


class Gone(DownloadError):
    """The link is dead (``gone``: 403, 404, 410); a fresh one must be asked for."""


class BadAnswer(DownloadError):
    """Not a file: ``http-<n>``, ``redirect``, ``not-http``, ``empty``, ``encoded``."""


class TooLarge(DownloadError):
    """More bytes than allowed, announced or sent (``too-large``)."""


class Interrupted(DownloadError):
    """The network: ``dns``, ``refused``, ``unreachable``, ``connect-timeout``, ``tls``,
    ``timeout``, ``reset``, ``cut-short``."""
