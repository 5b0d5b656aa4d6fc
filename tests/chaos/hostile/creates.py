"""How a create may be answered.

`charged` is the truth: the provider accepted it and bills it. `outcome` is the class of the outcome
table in which Artel must see it, or several with a bar between, where the network decides. Of an
accepted one `state` says where the task stands then, if it is not rendering. A picture can be had
of whatever was charged and did not fail: of an unknown one when an administrator gives its id.

Nobody is so hostile here as to charge behind a definite refusal in the API's own envelope: what
such a one says is taken as proof, and there is none better.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import Document, House, as_json
from .wire import NOTHING, Line, chunked, head, http

HTML = b"<!doctype html><title>Bad Gateway</title><h1>502 Bad Gateway</h1>"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
CHUNKED = head(200, {"Transfer-Encoding": "chunked"})
MEGABYTE = 1024 * 1024


@dataclass
class Create:
    """A create that arrived, and is in the book."""

    line: Line
    house: House
    entry: Entry

    @property
    def document(self) -> Document:
        """The right answer."""
        return self.house.accepted(self.entry)

    @property
    def body(self) -> bytes:
        return as_json(self.document)

    def split(self) -> tuple[bytes, bytes]:
        """The right answer, every byte of it, as head and body."""
        top, _, body = http(200, self.document).partition(b"\r\n\r\n")
        return top + b"\r\n\r\n", body

    def tell(self, *parts: bytes) -> None:
        """Send an answer from which the caller learns the task's id."""
        self.line.send(*parts)
        self.house.tell(self.entry.id)

    def tell_state(self) -> None:
        """Answer with how the task stands by the book."""
        self.tell(http(200, self.house.state(self.entry)))

    def fail(self, code: int = 0, cost_kopecks: int | None = None) -> None:
        """The task ends with no picture, and the answer says so."""
        self.entry = self.house.book.end(
            self.entry.id, failed=True, failure_code=code, cost_kopecks=cost_kopecks
        )
        self.tell_state()


CREATES: Table[Create] = Table("create")
behaviour = CREATES.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Create], prompt: str, model: str) -> None:
    """Write the create down, then do as the behaviour says."""
    if not chosen.unread:
        line.take()
    entry = house.create(prompt, model, chosen.name, charged=bool(chosen.expects["charged"]))
    chosen.act(Create(line, house, entry))


def says(
    name: str,
    sentence: str,
    status: int | str,
    body: object,
    headers: Any = NOTHING,
    **expects: Any,
) -> None:
    """A whole answer that is the same whatever was asked; `body` is bytes, or made to JSON."""
    data = http(status, body, headers)
    CREATES.add(name, sentence, lambda call: call.line.send(data), **expects)


def after(
    name: str,
    sentence: str,
    begin: Callable[[Create], bytes],
    end: Callable[[Line], None],
    **expects: Any,
) -> None:
    """A part of an answer (each after the charge), and then an end of the connection."""

    def act(call: Create) -> None:
        call.line.send(begin(call))
        end(call.line)

    CREATES.add(name, sentence, act, outcome="unknown", charged=True, **expects)


def alters(name: str, sentence: str, change: Callable[[Create], Document], **expects: Any) -> None:
    """The right answer to a charged create, with some of it changed."""
    CREATES.add(
        name,
        sentence,
        lambda call: call.tell(http(200, call.document | change(call))),
        charged=True,
        **expects,
    )


def spoils(name: str, sentence: str, spoil: Callable[[Create], bytes], **expects: Any) -> None:
    """Bytes that are not the right answer, though the create was charged: unknown."""
    CREATES.add(
        name,
        sentence,
        lambda call: call.line.send(spoil(call)),
        **({"outcome": "unknown"} | expects),
        charged=True,
    )


# Accepted, however oddly


@behaviour(outcome="accepted", charged=True)
def accepts(call: Create) -> None:
    """Charges and answers as documented."""
    call.tell(http(200, call.document))


@behaviour(outcome="accepted", charged=True, state="saving")
def accepts_done_at_once(call: Create) -> None:
    """Charges, and the picture is there already."""
    call.tell(http(200, call.document | {"status": "done", "url": call.house.link(call.entry)}))


@behaviour(outcome="accepted", charged=True, state="failed", reason="provider-failed")
def fails_at_once(call: Create) -> None:
    """Accepts, fails at once and returns the money."""
    call.fail()


@behaviour(outcome="accepted", charged=True, state="failed", reason="provider-failed")
def fails_at_once_and_keeps_the_money(call: Create) -> None:
    """Accepts, fails at once and names what it kept."""
    call.fail(cost_kopecks=call.entry.price_kopecks)


@behaviour(outcome="accepted", charged=True, state="failed", reason="content-refused")
def refuses_the_content_of_a_task(call: Create) -> None:
    """Accepts, and fails at once for its content, with an id and code 1001 together."""
    call.fail(code=1001)


@behaviour(outcome="accepted", charged=True)
def accepts_in_chunks(call: Create) -> None:
    """Charges and answers in two chunks."""
    call.tell(chunked(call.body))


@behaviour(outcome="accepted", charged=True)
def accepts_until_close(call: Create) -> None:
    """Charges and answers by HTTP/1.0 without a length: the answer ends with the connection."""
    call.tell(b"HTTP/1.0 200 OK\r\n\r\n", call.body)


@behaviour(outcome="accepted", charged=True)
def accepts_after_a_continue(call: Create) -> None:
    """Charges, says 100 Continue and 103 unasked, and answers."""
    call.tell(CONTINUE, EARLY_HINTS, http(200, call.document))


@behaviour(outcome="accepted", charged=True)
def accepts_packed(call: Create) -> None:
    """Charges, and a proxy packs the answer though nobody asked for that."""
    call.tell(http(200, gzip.compress(call.body), {"Content-Encoding": "gzip"}))


@behaviour(outcome="accepted", charged=True)
def accepts_in_broken_letters(call: Create) -> None:
    """Charges, and answers with a byte order mark and a prompt that is no UTF-8."""
    echoed = as_json(call.document | {"prompt": "?"}).replace(b'"?"', b'"\xff\xfe\xc3("')
    call.tell(http(200, b"\xef\xbb\xbf" + echoed))


@behaviour(outcome="accepted", charged=True)
def accepts_by_small_pieces(call: Create) -> None:
    """Charges, and answers a byte at a time, but in time."""
    call.line.drip(b"".join(call.split()), pause=0.0005)
    call.tell()


@behaviour(outcome="accepted", charged=True)
def accepts_late(call: Create) -> None:
    """Charges, and answers rightly after most of a second."""
    if call.line.wait(0.7):
        call.tell(http(200, call.document))


@behaviour(outcome="accepted|unknown", charged=True, unread=True)
def accepts_before_it_reads(call: Create) -> None:
    """Charges, answers, and closes with the request unread: a reset may overtake the answer."""
    call.tell(http(200, call.document))


@behaviour(outcome="accepted", charged=True)
def accepts_and_adds_a_refusal(call: Create) -> None:
    """Charges and accepts, and a second answer, to nobody, follows at once."""
    call.tell(http(200, call.document) + http(400, {"code": 3, "message": "not yours"}))


@behaviour(outcome="accepted", charged=True)
def accepts_and_resets(call: Create) -> None:
    """Charges, answers whole, and then resets the connection instead of closing it."""
    call.tell(http(200, call.document))
    call.line.reset_when_read()


@behaviour(outcome="accepted", charged=True)
def accepts_and_stays(call: Create) -> None:
    """Charges, answers whole, and keeps the connection open though close was asked for."""
    call.tell(http(200, call.document, {"Connection": "keep-alive"}))
    call.line.hang()


alters("accepts-with-an-odd-word", "Charges, and says a status that nobody documented.",
       lambda call: {"status": "dreaming"}, outcome="accepted")  # fmt: skip
alters("accepts-without-a-word", "Charges, and gives an id without a status.",
       lambda call: {"status": None}, outcome="accepted")  # fmt: skip
alters("accepts-done-without-a-link", "Charges, and says done where no link is.",
       lambda call: {"status": "done", "url": None}, outcome="accepted")  # fmt: skip
alters("accepts-done-with-a-script", "Charges, and says done with a javascript: link.",
       lambda call: {"status": "done", "url": "javascript:alert(1)"},
       outcome="accepted")  # fmt: skip
alters("accepts-another-model", "Charges, and echoes another model and another prompt.",
       lambda call: {"model": "another", "prompt": "another's"}, outcome="accepted")  # fmt: skip
alters("accepts-much", "Charges, and the answer holds half a megabyte of an unknown field.",
       lambda call: {"padding": "x" * 500_000}, outcome="accepted")  # fmt: skip
alters("accepts-with-nul", "Charges, and the answer's texts hold NUL, surrogates and the key.",
       lambda call: {"message": f"\x00 \ud800 {call.house.key}"}, outcome="accepted")  # fmt: skip

# Answers on 2xx that name no task, or not this one

for name, sentence, wrong in (
    ("no-id", "Charges, and forgets to tell the id.", None),
    ("id-too-short", "Charges, and tells an id of seven letters.", "a1b2c3d"),
    ("id-too-long", "Charges, and tells an id of 129 letters.", "a" * 129),
    ("id-with-bad-letters", "Charges, and tells an id that is a path.", "../../etc/passwd"),
    ("id-of-other-letters", "Charges, and tells an id in Cyrillic letters.", "знаки-знаки"),
    ("id-that-is-a-number", "Charges, and tells the id as a number.", 123456789012),
    ("id-in-a-list", "Charges, and tells the id in a list.", ["687fab1e49832bb77d34db47"]),
):
    alters(name, sentence, lambda call, wrong=wrong: {"id": wrong},  # type: ignore[misc]
           outcome="unknown", reason="no-id")  # fmt: skip

alters("id-that-is-the-key", "Charges, and tells our own key as the id.",
       lambda call: {"id": call.house.key}, outcome="unknown", reason="no-id")  # fmt: skip


@behaviour(outcome="unknown", charged=True, reason="known-id", needs_another=True)
def known_id(call: Create) -> None:
    """Charges, and tells the id that it told last, which is another task's."""
    call.line.send(http(200, call.document | {"id": call.house.told}))


spoils("two-ids", "Charges, and tells two different ids under one name.",
       lambda call: http(200, call.body[:-1] + b', "id": "0123456789abcdef01234567"}'),
       reason="not-json")  # fmt: skip
spoils("two-codes", "Charges, and tells two different codes.",
       lambda call: http(200, call.body[:-1] + b', "code": 6}'), reason="not-json")  # fmt: skip
spoils("code-as-text", "Charges, and tells its code as a text.",
       lambda call: http(200, call.document | {"code": "0"}), reason="no-code")  # fmt: skip
spoils("code-as-truth", "Charges, and tells false for code 0.",
       lambda call: http(200, call.document | {"code": False}), reason="no-code")  # fmt: skip
spoils("refusal-of-a-living-task", "Charges, and answers code 6 together with an idle task.",
       lambda call: http(200, call.document | {"code": 6}), reason="code-6")  # fmt: skip
spoils("balance-refusal-of-a-living-task", "Charges, and answers code 5 with an idle task.",
       lambda call: http(200, call.document | {"code": 5}), reason="code-5")  # fmt: skip
spoils("busy-with-a-living-task", "Charges, and answers 429 together with an idle task.",
       lambda call: http(429, call.document | {"code": 6}), reason="http-429")  # fmt: skip

# Bodies that are no answer

spoils("page-on-200", "Charges, and answers 200 with a page.",
       lambda call: http(200, HTML), reason="not-json")  # fmt: skip
spoils("empty-200", "Charges, and answers 200 with nothing.", lambda call: http(200, b""),
       reason="not-json")  # fmt: skip
spoils("empty-204", "Charges, and answers 204.", lambda call: head(204), reason="not-json")
spoils("json-in-a-list", "Charges, and wraps the answer in a list.",
       lambda call: http(200, [call.document]), reason="not-json")  # fmt: skip
spoils("json-and-more", "Charges, and garbage follows the JSON within the body.",
       lambda call: http(200, call.body + b"}]"), reason="not-json")  # fmt: skip
spoils("json-in-utf-16", "Charges, and answers in UTF-16.",
       lambda call: http(200, call.body.decode().encode("utf-16")), reason="not-json")  # fmt: skip
spoils("json-with-nan", "Charges, and the answer holds NaN.",
       lambda call: http(200, call.body[:-1] + b', "cost": NaN}'), reason="not-json")  # fmt: skip
spoils("deep-json", "Charges, and nests the answer 100,000 deep.",
       lambda call: http(200, b'{"a":' * 100_000 + call.body), reason="not-json")  # fmt: skip
spoils("nul-bytes", "Charges, and the body is NUL bytes of the right length.",
       lambda call: http(200, bytes(len(call.body))), reason="not-json")  # fmt: skip
spoils("half-a-json-framed", "Charges, and half the answer comes as if it were whole.",
       lambda call: http(200, call.body[: len(call.body) // 2]), reason="not-json")  # fmt: skip
spoils("too-much", "Charges, and the answer is larger than a megabyte.",
       lambda call: http(200, call.body + b" " * (MEGABYTE + 1)), reason="too-large")  # fmt: skip
spoils("gzip-bomb", "Charges, and a small packed answer unpacks to 50 megabytes.",
       lambda call: http(200, gzip.compress(bytes(50 * MEGABYTE)), {"Content-Encoding": "gzip"}),
       reason="too-large")  # fmt: skip
spoils("half-a-gzip", "Charges, and the packed answer ends too early.",
       lambda call: http(200, gzip.compress(call.body)[:-12], {"Content-Encoding": "gzip"}),
       reason="cut-short")  # fmt: skip
spoils("packed-by-nobody-knows-what", "Charges, and packs the answer in an unknown way.",
       lambda call: http(200, call.body, {"Content-Encoding": "br"}), reason="encoded")  # fmt: skip

# Broken HTTP

spoils("length-too-long", "Charges, and announces more bytes than come.",
       lambda call: http(200, call.document, {"Content-Length": "5000"}),
       reason="cut-short")  # fmt: skip
spoils("length-too-short", "Charges, and announces fewer bytes than come.",
       lambda call: http(200, call.document, {"Content-Length": "40"}),
       reason="not-json")  # fmt: skip
spoils("length-absurd", "Charges, and announces more bytes than there are.",
       lambda call: http(200, call.document, {"Content-Length": "9" * 20}),
       reason="cut-short")  # fmt: skip
spoils("broken-chunk", "Charges, and a chunk's length is no number.",
       lambda call: CHUNKED + b"zz\r\n" + call.body, reason="cut-short")  # fmt: skip
spoils("negative-chunk", "Charges, and a chunk's length is negative.",
       lambda call: CHUNKED + b"-5\r\n" + call.body, reason="not-http")  # fmt: skip
spoils("no-last-chunk", "Charges, and the chunk that ends the answer never comes.",
       lambda call: chunked(call.body)[:-5], reason="cut-short")  # fmt: skip
spoils("no-such-version", "Charges, and answers by a version of HTTP that nobody knows.",
       lambda call: http(200, call.document).replace(b"HTTP/1.1", b"HTTP/7.3"),
       reason="not-http")  # fmt: skip
spoils("not-http", "Charges, and greets like a mail server.",
       lambda call: b"220 mail.example ESMTP\r\n", reason="not-http")  # fmt: skip
spoils("body-alone", "Charges, and sends the JSON without HTTP around it.",
       lambda call: call.body, reason="not-http")  # fmt: skip
spoils("tls-alert", "Charges, and speaks TLS on a plain port.",
       lambda call: b"\x15\x03\x01\x00\x02\x02\x46", reason="not-http")  # fmt: skip
spoils("many-headers", "Charges, and sends two hundred headers.",
       lambda call: http(200, call.document, {f"A{n}": "b" for n in range(200)}),
       reason="not-http")  # fmt: skip
spoils("huge-header", "Charges, and one header has 70,000 letters.",
       lambda call: http(200, call.document, {"A": "b" * 70_000}), reason="not-http")  # fmt: skip
spoils("endless-continue", "Charges, and says 100 Continue sixty thousand times.",
       lambda call: CONTINUE * 60_000, reason="too-large|reset")  # fmt: skip

# Silence, at each point, in each manner


def _nothing(call: Create) -> bytes:
    return b""


def _status_line(call: Create) -> bytes:
    return b"HTTP/1.1 200 OK\r\n"


def _half_the_headers(call: Create) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le"


def _the_headers(call: Create) -> bytes:
    return call.split()[0]


def _half_the_answer(call: Create) -> bytes:
    top, body = call.split()
    return top + body[: len(body) // 2]


def _all_but_a_byte(call: Create) -> bytes:
    return http(200, call.document)[:-1]


def _busy(line: Line) -> None:
    line.drip(b"X-Wait: a little\r\n" * 100, 1.0)


for point, words, begin in (
    ("before-any-byte", "without a byte", _nothing),
    ("after-the-status-line", "after the status line", _status_line),
    ("after-half-the-headers", "in the middle of the headers", _half_the_headers),
    ("after-the-headers", "after the headers", _the_headers),
    ("after-half-the-json", "in the middle of the answer", _half_the_answer),
    ("before-the-last-byte", "just before the last byte", _all_but_a_byte),
):
    after(f"drops-{point}", f"Charges, and closes {words}.", begin, Line.close)
    after(f"resets-{point}", f"Charges, and resets {words}.", begin, Line.reset_when_read)
    after(f"hangs-{point}", f"Charges, and falls silent {words}.", begin, Line.hang,
          slow=True, reason="timeout")  # fmt: skip

after("says-no-more", "Charges, ends its half of the connection, and goes on listening.", _nothing,
      Line.say_no_more, reason="reset")  # fmt: skip
after("resets-at-once", "Charges, and resets with half the answer on its way.", _half_the_answer,
      Line.reset)  # fmt: skip
after("drips-headers", "Charges, and sends a byte of endless headers each second.", _status_line,
      _busy, slow=True, reason="timeout")  # fmt: skip


@behaviour(outcome="unknown", charged=True, slow=True, reason="timeout")
def drips(call: Create) -> None:
    """Charges, and sends the right answer at a byte each second."""
    call.line.drip(b"".join(call.split()))


@behaviour(outcome="unknown", charged=True, slow=True, reason="timeout")
def drips_spaces(call: Create) -> None:
    """Charges, and sends a space each tenth of a second before a JSON that never comes."""
    call.line.send(b"HTTP/1.1 200 OK\r\n\r\n")
    call.line.drip(b" " * 6000, 0.1)


@behaviour(outcome="unknown", charged=True, slow=True, reason="timeout")
def answers_too_late(call: Create) -> None:
    """Charges, and answers rightly when nobody waits any more."""
    if call.line.wait(60):
        call.tell(http(200, call.document))


@behaviour(outcome="unknown", charged=True, unread=True)
def resets_before_it_reads(call: Create) -> None:
    """Charges, though it resets the connection before it has read the request."""
    call.line.reset()


# Statuses

says("302-to-a-trap", "Charges, and sends the caller elsewhere by 302.", 302, b"",
     {"Location": "/trap"}, outcome="unknown", charged=True, reason="redirect")  # fmt: skip
for status in (301, 303, 307, 308):
    says(f"{status}-to-itself", f"Charges, and answers {status} to the same address.", status, b"",
         {"Location": "/v1/media/create"},
         outcome="unknown", charged=True, reason="redirect")  # fmt: skip


@behaviour(outcome="unknown", charged=True, reason="redirect")
def redirects_to_loopback(call: Create) -> None:
    """Charges, and answers 307 to another loopback address."""
    target = {"Location": f"http://{call.house.trap}/v1/media/create"}
    call.line.send(http(307, call.document, target))


for status in (400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504):
    says(f"{status}-page", f"Charges, and a proxy answers {status} with its page.", status, HTML,
         outcome="unknown", charged=True, reason=f"http-{status}")  # fmt: skip
for status in (405, 408, 409, 418, 500, 502, 504):
    error = {"message": f"Status {status}", "type": "api_error", "code": None}
    says(f"{status}-envelope", f"Charges, and answers {status} in the API's own shape.", status,
         {"error": error}, outcome="unknown", charged=True, reason=f"http-{status}")  # fmt: skip
spoils("502-with-the-answer", "Charges, and answers rightly, but with status 502.",
       lambda call: http(502, call.document), reason="http-502")  # fmt: skip

says("503-gateway", "Charges, and a gateway that lost the answer says 503 in its own shape.", 503,
     {"statusCode": 503, "error": "Service Unavailable", "message": "upstream closed"},
     outcome="unknown", charged=True, reason="http-503")  # fmt: skip
for status in (400, 401, 429, 503):
    says(f"{status}-internal-error", f"Charges, and says {status} and an internal error.", status,
         {"code": 500, "message": "Internal error"},
         outcome="unknown", charged=True, reason=f"http-{status}")  # fmt: skip
spoils("busy-with-an-id", "Charges, and answers code 6 together with the id, and no word.",
       lambda call: http(200, {"code": 6, "id": call.document["id"]}), reason="code-6")  # fmt: skip

# Codes of which nobody knows whether they are charged, or that nobody documented

for code in (1, 4, 77, 500, -1):
    says(f"code-{code}", f"Charges, and answers code {code}.", 200,
         {"code": code, "message": "Internal error"},
         outcome="unknown", charged=True, reason=f"code-{code}")  # fmt: skip
says("code-absurd", "Charges, and answers a code of thirty digits.", 200, {"code": 10**30},
     outcome="unknown", charged=True, reason="code-absurd")  # fmt: skip

# Definite answers, which charge nothing: later

for name, words, told, waits in (
    ("", "", {}, {}),
    ("-retry-at-once", " after no seconds", {"Retry-After": "0"}, {"waits": 1}),
    ("-retry-next-month", " after 30 days", {"Retry-After": str(30 * 86400)}, {"waits": 900}),
    ("-retry-at-a-date", " at a date", {"Retry-After": formatdate(4e9, usegmt=True)},
     {"waits": 900}),
    ("-retry-in-the-past", " at a date gone by", {"Retry-After": formatdate(1e9, usegmt=True)},
     {"waits": 1}),
    ("-retry-whenever", ", whenever that is", {"Retry-After": "soon; \xff maybe"}, {}),
):  # fmt: skip
    says(f"429{name}", f"Refuses for too many requests, to be tried again{words}.", 429,
         {"code": 6, "message": "Slow down"}, told,
         outcome="later", charged=False, reason="http-429", **waits)  # fmt: skip
says("425", "Refuses as too early.", 425, {"error": "Too early"},
     outcome="later", charged=False, reason="http-425")  # fmt: skip
says("503-envelope", "Refuses as not available, in the API's own shape.", 503,
     {"error": {"message": "Overloaded"}}, {"Retry-After": "2"},
     outcome="later", charged=False, reason="http-503")  # fmt: skip
says("code-6", "Refuses for heavy load.", 200, {"code": 6, "message": "Heavy load"},
     outcome="later", charged=False, reason="code-6")  # fmt: skip

# ... operator

OPERATOR: tuple[tuple[str, str, int, Document, str], ...] = (
    ("code-2", "Refuses the key.", 200, {"code": 2}, "key-refused"),
    ("code-5", "Refuses for want of money.", 200, {"code": 5}, "balance-empty"),
    ("401", "Refuses the key by status.", 401, {"error": {"message": "Bad key"}}, "key-refused"),
    ("402", "Refuses for want of money by status.", 402, {"error": "Pay"}, "balance-empty"),
    ("403", "Forbids the key.", 403, {"code": 2, "message": "Forbidden"}, "key-refused"),
)
for name, sentence, status, body, reason in OPERATOR:
    says(name, sentence, status, body, outcome="operator", charged=False, reason=reason)

# ... model

says("code-7", "Forbids the model.", 200, {"code": 7, "message": "Not this model"},
     outcome="model", charged=False, reason="model-forbidden")  # fmt: skip

# ... refused

ISSUES = [{"path": ["ar"], "message": "Not a ratio"}, {"path": None}, 7]
REFUSED: tuple[tuple[str, str, int, Document, str], ...] = (
    ("code-3", "Refuses the request by its schema.", 200,
     {"code": 3, "message": "Schema", "issues": ISSUES}, "request-refused"),
    ("code-99", "Knows no such method.", 200, {"code": 99, "message": "No"}, "request-refused"),
    ("code-1001", "Refuses the content.", 200, {"code": 1001}, "content-refused"),
    ("code-1002", "Refuses the picture's content.", 200, {"code": 1002}, "content-refused"),
    ("400", "Refuses the request by status.", 400, {"error": {"message": "Bad"}},
     "request-refused"),
    ("400-content", "Refuses the content by status and code.", 400, {"code": 1001},
     "content-refused"),
    ("404", "Knows no such method by status.", 404, {"code": 99}, "request-refused"),
    ("413", "Refuses the request as too large.", 413, {"error": "Too large"}, "request-refused"),
    ("422", "Refuses the request as not understood.", 422, {"error": {"message": "Bad"}},
     "request-refused"),
)  # fmt: skip
for name, sentence, status, body, reason in REFUSED:
    says(name, sentence, status, body, outcome="refused", charged=False, reason=reason)


@behaviour(outcome="refused", charged=False, reason="request-refused")
def echoes_the_key(call: Create) -> None:
    """Refuses, and shows the key in every text that it has."""
    key = call.house.key
    issues = [{"path": [key], "message": key}]
    told = {"code": 3, "message": f"Bad {key}", "error": {"message": key}, "issues": issues}
    call.line.send(http(200, told, {"X-Key": key}))


@behaviour(outcome="refused|unknown", charged=False, unread=True)
def refuses_before_it_reads(call: Create) -> None:
    """Refuses as too large and closes with the request unread: a reset may overtake the answer."""
    call.line.send(http(413, {"error": "Too large"}))


@behaviour(outcome="unknown", charged=False)
def drops_and_charges_nothing(call: Create) -> None:
    """Closes without a byte, and has not charged: an administrator will find that out."""
    call.line.close()
