"""What the provider may have said, as values.

One class for each row of the outcome table; callers tell them apart with ``match`` or
``isinstance``. ``reason`` is a short code that may be stored; ``detail`` is the remote's own text,
cut and without the key, which is data wherever it is shown.
"""

from dataclasses import dataclass, field

WORKING_WORDS = frozenset({"idle", "processing", "running", "queued"})
"""What the API says of a task under way. Any other word is taken for one, and noted as new."""
UNREADABLE = frozenset({"not-json", "no-code", "other-task", "no-status"})
"""Why a whole answer to a question about a task told nothing: its shape is not the API's."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left this machine: it may be tried again freely.

    Reasons: ``dns``, ``refused``, ``unreachable``, ``connect-timeout``, ``tls``, ``fence``.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """The API declined for now: ``code-6``, ``http-429``, ``http-425`` or ``http-503``.

    ``retry_after`` is in seconds, between 1 and 900, or None when the API named no time.
    """

    reason: str
    detail: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class OperatorRefusal:
    """Only whoever runs the installation can mend this: ``key-refused`` or ``balance-empty``."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ModelRefusal:
    """The organisation forbids this model (code 7)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite refusal of this request: ``content-refused`` or ``request-refused``."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Echo:
    """What an answer about a task repeats of its create, by which one task is told from another.

    The model that it names too is wrong in the API's own examples, and is not carried.
    """

    prompt: str | None = field(default=None, repr=False)
    """Whole and as it came: to be compared, never to be kept."""
    words: str = ""
    """The prompt's beginning, fit to be stored and shown as data."""
    created_at: float | None = None
    """Seconds since 1970, by the provider's clock."""


SILENT = Echo()
"""An answer that repeats nothing."""


@dataclass(frozen=True, slots=True)
class Working:
    """Not ready yet. ``word`` is the API's own status word (``done`` when the link is missing)."""

    word: str
    echo: Echo = field(default=SILENT, compare=False)

    @property
    def is_understood(self) -> bool:
        """Whether its word is one of those that the API is known to say of work under way."""
        return self.word in WORKING_WORDS


@dataclass(frozen=True, slots=True)
class Ready:
    """The picture can be fetched from ``url``, which dies within 24 to 48 hours."""

    url: str
    cost_kopecks: int | None = None
    echo: Echo = field(default=SILENT, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The task ended with no picture. ``cost_kopecks`` is what the API says it kept, if it says."""

    detail: str = ""
    code: int | None = None
    cost_kopecks: int | None = None
    echo: Echo = field(default=SILENT, compare=False)

    @property
    def reason(self) -> str:
        """``content-refused`` (codes 1001 and 1002, which may endanger the key) or
        ``provider-failed``."""
        return "content-refused" if self.code in (1001, 1002) else "provider-failed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The create was taken and is paid for; ``then`` is what its status said at once."""

    remote_id: str
    then: Working | Ready | Failed


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may or may not have been taken: it must never be sent again by itself.

    Reasons: ``timeout``, ``reset``, ``cut-short``, ``redirect``, ``not-http``, ``too-large``,
    ``not-json``, ``no-code``, ``no-id``, ``code-<n>``, ``http-<n>``.
    ``http_status`` is None when no status line was read; ``bytes_received`` counts the bytes of
    the answer that arrived.
    """

    reason: str
    detail: str = ""
    http_status: int | None = None
    bytes_received: int = 0


@dataclass(frozen=True, slots=True)
class NoSuchTask:
    """The API does not know this task (code 4, or a 404 with an envelope)."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Network trouble or garbage while reading: nothing was learned, and asking is free."""

    reason: str
    detail: str = ""
    retry_after: float | None = None

    @property
    def is_understood(self) -> bool:
        """False when a whole answer came whose shape is none that the API is known to have."""
        return self.reason not in UNREADABLE


@dataclass(frozen=True, slots=True)
class Balance:
    """Money left, which may be negative, and the credit limit, in kopecks."""

    kopecks: int
    credit_kopecks: int = 0


@dataclass(frozen=True, slots=True)
class Models:
    """What may be ordered, by remote id, in kopecks a picture; None: a price that is no number.

    ``date`` is the provider's own time, in seconds since 1970, where it told it.
    """

    prices: dict[str, int | None]
    date: float | None = None


CreateOutcome = NotSent | Later | OperatorRefusal | ModelRefusal | Refused | Accepted | Unknown
ResultOutcome = Working | Ready | Failed | NoSuchTask | AskAgain | OperatorRefusal
BalanceOutcome = Balance | AskAgain | OperatorRefusal
ModelsOutcome = Models | AskAgain | OperatorRefusal
