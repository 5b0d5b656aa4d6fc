"""What can go wrong with a download. Every error carries a ``reason`` code that may be stored."""


class DownloadError(Exception):
    """No file was fetched. ``reason`` is a short code, ``detail`` a text for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Forbidden(DownloadError):
    """We will not fetch this link: ``host-``, ``address-`` or ``scheme-forbidden``."""


class Gone(DownloadError):
    """The link is dead (403, 404, 410): a fresh one must be asked for."""


class BadAnswer(DownloadError):
    """Not a file: ``http-<n>``, ``redirect``, ``not-http``, ``empty``, ``encoded``."""


class TooLarge(DownloadError):
    """More bytes than allowed, announced or sent."""


class Interrupted(DownloadError):
    """The network: ``dns``, ``refused``, ``unreachable``, ``connect-timeout``, ``tls``,
    ``timeout``, ``reset``, ``cut-short``."""
