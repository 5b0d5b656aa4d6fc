"""The remote API: creating a task, reading it, and the balance."""

import time
from collections.abc import Callable, Sequence

from gallery.provider.answers import BalanceOutcome, CreateOutcome, ResultOutcome


def clock() -> float:
    """Seconds that only go forward, also while the machine sleeps where the system counts that."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Client:
    """One provider with its key. Safe to share between threads; answers, never raises."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        connect_timeout: float = 10.0,
        result_timeout: float = 20.0,
        pool: int = 32,
    ) -> None:
        raise NotImplementedError

    def create(
        self,
        *,
        model: str,
        prompt: str,
        ar: str,
        images: Sequence[str],
        deadline: float,
        may_send: Callable[[], bool],
    ) -> CreateOutcome:
        raise NotImplementedError

    def result(self, remote_id: str) -> ResultOutcome:
        raise NotImplementedError

    def balance(self) -> BalanceOutcome:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
