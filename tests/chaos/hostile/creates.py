"""How a create may be answered.

`charged` is the truth: the provider accepted it and bills it. `outcome` is the class, or the
classes, of the outcome table in which Artel must see it. Of an accepted one `state` says where the
task stands then. A picture can be had of whatever was charged and did not fail: of an unknown one
when an administrator gives its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import Document, House, as_json
from .wire import Line, chunked, http

HTML = b"<!doctype html><title>Bad Gateway</title><h1>502 Bad Gateway</h1>"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


@dataclass
class Create:
    """A create that arrived, and is in the book."""

    line: Line
    house: House
    entry: Entry

    @property
    def document(self) -> Document:
        return self.house.accepted(self.entry)

    @property
    def body(self) -> bytes:
        return as_json(self.document)

    @property
    def whole(self) -> bytes:
        """The right answer, every byte of it."""
        return http(200, self.document)

    def split(self) -> tuple[bytes, bytes]:
        """The right answer as head and body."""
        top, _, body = self.whole.partition(b"\r\n\r\n")
        return top + b"\r\n\r\n", body

    def fail(self, code: int = 0, cost_kopecks: int | None = None) -> Document:
        """The task ends with no picture; the right answer that says so."""
        self.entry = self.house.book.end(
            self.entry.id, failed=True, failure_code=code, cost_kopecks=cost_kopecks
        )
        return self.house.state(self.entry)


CREATES: Table[Create] = Table("create")
behaviour = CREATES.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Create], prompt: str, model: str) -> None:
    """Write the create down, then do as the behaviour says."""
    if not chosen.unread:
        line.take()
    entry = house.create(prompt, model, chosen.name, charged=bool(chosen.expects["charged"]))
    chosen.act(Create(line, house, entry))


# Accepted, however oddly


@behaviour(outcome="accepted", charged=True)
def accepts(call: Create) -> None:
    """Charges and answers as documented."""
    call.line.send(call.whole)
    call.house.tell(call.entry.id)


@behaviour(outcome="accepted", charged=True)
def accepts_in_chunks(call: Create) -> None:
    """Charges and answers in two chunks."""
    call.line.send(chunked(call.body))


# Silence after the charge


@behaviour(outcome="unknown", charged=True)
def drops_before_any_byte(call: Create) -> None:
    """Charges, then closes without a byte."""
    call.line.close()


@behaviour(outcome="unknown", charged=True, slow=True)
def hangs_before_any_byte(call: Create) -> None:
    """Charges, then says nothing."""
    call.line.hang()


@behaviour(outcome="unknown", charged=True)
def half_the_json(call: Create) -> None:
    """Charges, then closes in the middle of an answer whose length was told."""
    top, body = call.split()
    call.line.send(top, body[: len(body) // 2])


def says(
    name: str,
    sentence: str,
    status: int | str,
    body: bytes | object,
    *,
    outcome: str,
    charged: bool,
    headers: dict[str, str] | None = None,
    **expects: Any,
) -> None:
    """A whole answer that is the same whatever was asked."""
    data = http(status, body, headers or {})
    CREATES.add(
        name,
        sentence,
        lambda call: call.line.send(data),
        outcome=outcome,
        charged=charged,
        **expects,
    )


says("502-page", "Charges, and a proxy in between answers with its page.", 502, HTML,
     outcome="unknown", charged=True, reason="http-502")  # fmt: skip
says("code-6", "Refuses for heavy load.", 200, {"code": 6, "message": "Heavy load"},
     outcome="later", charged=False, reason="code-6")  # fmt: skip
says("code-1001", "Refuses the content.", 200, {"code": 1001, "message": "Not that"},
     outcome="refused", charged=False, reason="content-refused")  # fmt: skip
