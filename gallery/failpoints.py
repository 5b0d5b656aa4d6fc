"""Named moments at which tests hurt a process: kill it, stop it, let its disk or database fail.

An installation has no way to arm them: nothing but the tests' own settings calls `arm`. Unarmed,
a failpoint is one comparison.
"""

from collections.abc import Callable

_react: Callable[[str], object] | None = None


def arm(react: Callable[[str], object] | None) -> None:
    """Call `react` with the name of every failpoint that this process passes from now on."""
    global _react
    _react = react


def failpoint(name: str) -> None:
    """The process has come to this moment."""
    if _react is not None:
        _react(name)
