"""What a behaviour is: a name, one sentence, what it does, and what must follow from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Call = TypeVar("Call")


@dataclass(frozen=True, eq=False)
class Behaviour(Generic[Call]):
    """One way to answer one kind of call.

    `expects` is what the tests demand of Artel after it, by the words of its table's module.
    `unread` answers before the request is read. `slow` lasts until the caller gives up.
    """

    name: str
    sentence: str
    act: Callable[[Call], None]
    expects: dict[str, Any] = field(default_factory=dict)
    unread: bool = False
    slow: bool = False

    @property
    def outcome(self) -> str:
        """The class by which a Mix picks it."""
        return str(self.expects["outcome"])


class Table(Generic[Call]):
    """The behaviours of one kind of call, by name. The first one is the right way to answer."""

    def __init__(self, on: str) -> None:
        self.on = on
        self.behaviours: dict[str, Behaviour[Call]] = {}

    @property
    def right(self) -> Behaviour[Call]:
        return next(iter(self.behaviours.values()))

    def add(
        self,
        name: str,
        sentence: str,
        act: Callable[[Call], None],
        *,
        unread: bool = False,
        slow: bool = False,
        **expects: Any,
    ) -> None:
        assert name not in self.behaviours, name
        assert sentence, name
        self.behaviours[name] = Behaviour(name, sentence, act, expects, unread, slow)

    def behaviour(
        self, *, unread: bool = False, slow: bool = False, **expects: Any
    ) -> Callable[[Callable[[Call], None]], Callable[[Call], None]]:
        """Adds a function under its own name, with its docstring as the sentence."""

        def add(act: Callable[[Call], None]) -> Callable[[Call], None]:
            name, sentence = act.__name__.replace("_", "-"), " ".join((act.__doc__ or "").split())
            self.add(name, sentence, act, unread=unread, slow=slow, **expects)
            return act

        return add

    def __getitem__(self, name: str) -> Behaviour[Call]:
        try:
            return self.behaviours[name]
        except KeyError:
            known = ", ".join(self.behaviours)
            raise ValueError(f"behaviour of {self.on}: one of {known}") from None
