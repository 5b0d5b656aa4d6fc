"""What the log is told of a change, once the change is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

if TYPE_CHECKING:
    import structlog


def log_on_commit(log: structlog.stdlib.BoundLogger, level: int, event: str, **facts: Any) -> None:
    """Tell the log, unless it is rolled back: then it did not happen.

    A log that cannot be written to is no reason to tell anybody that what is committed failed.
    """

    # A function of its own: of a callback that fails Django wants a name, which a partial has not.
    def tell() -> None:
        log.log(level, event, **facts)

    transaction.on_commit(tell, robust=True)
