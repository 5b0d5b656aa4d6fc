"""How a question about a task may be answered.

`outcome` is the state in which one such answer must leave a rendering task. `heals`, true unless
said otherwise: once the right answer comes, so does the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import House
from .wire import Line, http


@dataclass
class Result:
    """A question about a task of the book; `before` counts those that came before it."""

    line: Line
    house: House
    task: Entry
    before: int


RESULTS: Table[Result] = Table("result")
behaviour = RESULTS.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Result], task: Entry, before: int) -> None:
    chosen.act(Result(line, house, task, before))


@behaviour(outcome="saving")
def tells(call: Result) -> None:
    """Answers as documented."""
    call.line.send(http(200, call.house.state(call.task)))


@behaviour(outcome="rendering")
def drops(call: Result) -> None:
    """Closes without a byte."""
    call.line.close()


@behaviour(outcome="rendering")
def garbage(call: Result) -> None:
    """Answers 200 with what is no JSON."""
    call.line.send(http(200, b'{"code": 0, "status": \xff\x00 oops'))
