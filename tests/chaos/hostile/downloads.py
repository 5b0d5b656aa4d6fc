"""How the download of a picture may be answered.

`outcome` is the state in which one such answer must leave a task that is being saved: done with
exactly the bytes that were sent, or rendering again for `reason`. `apart`: the bytes were paid
for, so they lie in quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass

from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import House, picture
from .wire import Line, http


@dataclass
class Download:
    """A request for the file of a task of the book."""

    line: Line
    house: House
    task: Entry
    before: int

    @property
    def picture(self) -> bytes:
        return picture(self.task.id)

    def give(self, content: bytes, kind: str = "image/webp") -> None:
        """Hand out a good file, and write down that it is one."""
        self.house.hand_out(self.task, content)
        self.line.send(http(200, content, {"Content-Type": kind}))


DOWNLOADS: Table[Download] = Table("download")
behaviour = DOWNLOADS.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Download], task: Entry, before: int) -> None:
    chosen.act(Download(line, house, task, before))


@behaviour(outcome="done")
def serves(call: Download) -> None:
    """Sends the picture."""
    call.give(call.picture)


@behaviour(outcome="done")
def png(call: Download) -> None:
    """Sends the picture as png, and calls it webp."""
    call.give(picture(call.task.id, "PNG"))


@behaviour(outcome="rendering", reason="download-failed")
def truncated(call: Download) -> None:
    """Sends half of the file, though the whole length was told."""
    whole = http(200, call.picture)
    call.line.send(whole[: -len(call.picture) // 2])


@behaviour(outcome="rendering", reason="gone")
def gone(call: Download) -> None:
    """Says that there is no such file, as for an expired link."""
    call.line.send(http(404, b"<Error><Code>NoSuchKey</Code></Error>"))
