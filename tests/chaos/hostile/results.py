"""How a question about a task may be answered.

`outcome` is the state in which one such answer must leave a rendering task. Whatever was answered
before, once the right answer comes so does the picture, unless the task has failed: that the book
knows. `fetch` is why a link must not be followed, `pauses` why spending must stop.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import FILES, Document, House, as_json
from .wire import NOTHING, Line, chunked, head, http

HTML = b"<!doctype html><title>Bad Gateway</title><h1>502 Bad Gateway</h1>"
OTHER_ID = "0123456789abcdef01234567"


@dataclass
class Result:
    """A question about a task of the book; `before` counts those that came before it."""

    line: Line
    house: House
    task: Entry
    before: int

    @property
    def document(self) -> Document:
        """The right answer."""
        return self.house.state(self.task)

    @property
    def body(self) -> bytes:
        return as_json(self.document)

    def end(self, **facts: Any) -> Document:
        """Write the task's end down; the right answer from then on."""
        self.task = self.house.book.end(self.task.id, **facts)
        return self.document


RESULTS: Table[Result] = Table("result")
behaviour = RESULTS.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Result], task: Entry, before: int) -> None:
    chosen.act(Result(line, house, task, before))


def says(
    name: str, sentence: str, status: int | str, body: object, headers: Any = NOTHING, **more: Any
) -> None:
    """A whole answer that is the same whatever was asked."""
    data = http(status, body, headers)
    RESULTS.add(
        name, sentence, lambda call: call.line.send(data), **({"outcome": "rendering"} | more)
    )


def alters(name: str, sentence: str, change: Callable[[Result], Document], **more: Any) -> None:
    """The right answer, with some of it changed."""
    RESULTS.add(
        name,
        sentence,
        lambda call: call.line.send(http(200, call.document | change(call))),
        **({"outcome": "rendering"} | more),
    )


def spoils(name: str, sentence: str, spoil: Callable[[Result], bytes], **more: Any) -> None:
    """Bytes that are not quite the right answer."""
    RESULTS.add(
        name,
        sentence,
        lambda call: call.line.send(spoil(call)),
        **({"outcome": "rendering"} | more),
    )


# The right answer, however oddly


@behaviour(outcome="saving")
def tells(call: Result) -> None:
    """Answers as documented."""
    call.line.send(http(200, call.document))


spoils("tells-in-chunks", "Answers rightly, in two chunks.", lambda call: chunked(call.body),
       outcome="saving")  # fmt: skip
spoils("tells-until-close", "Answers rightly, by HTTP/1.0 without a length.",
       lambda call: b"HTTP/1.0 200 OK\r\n\r\n" + call.body, outcome="saving")  # fmt: skip
spoils("tells-packed", "Answers rightly, packed though nobody asked for that.",
       lambda call: http(200, gzip.compress(call.body), {"Content-Encoding": "gzip"}),
       outcome="saving")  # fmt: skip
spoils("tells-after-hints", "Answers rightly, after 100 Continue and 103 Early Hints.",
       lambda call: head(100) + head(103, {"Link": "</a>"}) + http(200, call.document),
       outcome="saving")  # fmt: skip
alters("tells-loudly", "Answers rightly, with the word in capitals and spaces around it.",
       lambda call: {"status": " DONE "}, outcome="saving")  # fmt: skip
alters("tells-no-id", "Answers rightly, but names no task.", lambda call: {"id": None},
       outcome="saving")  # fmt: skip
alters("echoes-another-prompt", "Answers rightly, with another's prompt and model beside it.",
       lambda call: {"prompt": "another's", "model": "another"}, outcome="saving")  # fmt: skip
alters("echoes-the-key", "Answers rightly, with the key in its message.",
       lambda call: {"message": f"for {call.house.key}"}, outcome="saving")  # fmt: skip

# Not ready, or so it says

for word in ("idle", "processing", "running", "queued", "dreaming", "успех", "x" * 5000):
    alters(f"says-{word[:12]}", f"Says {word[:12]}, whatever the truth.",
           lambda call, word=word: {"status": word, "url": None})  # type: ignore[misc]  # fmt: skip
alters("says-nothing", "Says no word at all.", lambda call: {"status": None})
alters("says-a-number", "Says a number for a word.", lambda call: {"status": 7})
alters("says-idle-with-a-link", "Says idle, and gives the link all the same.",
       lambda call: {"status": "idle"})  # fmt: skip


@behaviour(outcome="saving")
def done_then_idle(call: Result) -> None:
    """Says done with a link when asked first, idle when asked again, and so on in turn."""
    idle = {"status": "idle", "url": None}
    call.line.send(http(200, call.document | (idle if call.before % 2 else {})))


# Links

for name, words, link in (
    ("missing", "no link", None),
    ("empty", "an empty link", ""),
    ("relative", "a link without a host", FILES + "a.webp"),
    ("without-a-scheme", "a link without a scheme", "//storage.yandexcloud.net/a.webp"),
    ("a-script", "a javascript: link", "javascript:alert(1)"),
    ("a-file", "a file: link", "file:///etc/passwd"),
    ("ftp", "an ftp: link", "ftp://storage.yandexcloud.net/a.webp"),
    ("data", "the picture itself as a data: link", "data:image/webp;base64,UklGRg=="),
    ("broken", "a link with a line break in it", "http://storage.yandexcloud.net/\r\nX: y"),
    ("with-a-quote", "a link that ends an HTML attribute", 'http://a/"><script>alert(1)</script>'),
    ("very-long", "a link of 5,000 letters", "http://storage.yandexcloud.net/" + "a" * 5000),
    ("in-a-list", "a list of links", ["http://storage.yandexcloud.net/a.webp"]),
):
    alters(f"link-{name}", f"Says done with {words}.",
           lambda call, link=link: {"url": link})  # type: ignore[misc]  # fmt: skip
alters("link-with-the-key", "Says done with a link that holds our key.",
       lambda call: {"url": f"{call.house.link(call.task)}?key={call.house.key}"})  # fmt: skip


def _elsewhere(name: str, words: str, link: Callable[[Result], str], reason: str) -> None:
    alters(f"link-to-{name}", f"Says done with a link to {words}.",
           lambda call: {"url": link(call)}, outcome="saving", fetch=reason)  # fmt: skip


def _at(host: str) -> Callable[[Result], str]:
    return lambda call: call.house.link(call.task).replace("127.0.0.1", host)


_elsewhere("another-loopback", "another loopback address",
           lambda call: f"http://{call.house.trap}/trap.webp", "host-forbidden")  # fmt: skip
_elsewhere("another-port", "another port of the right host",
           lambda call: "http://127.0.0.1:9/trap.webp", "host-forbidden")  # fmt: skip
_elsewhere("itself-with-credentials", "the right place, with a user name before it",
           _at("user:pass@127.0.0.1"), "host-forbidden")  # fmt: skip
_elsewhere("a-user-named-like-the-host", "a trap, with the right host for a user name",
           lambda call: f"http://{call.house.host}@{call.house.trap}/trap.webp",
           "host-forbidden")  # fmt: skip
_elsewhere("localhost", "the right place by a name that is not on the list", _at("localhost"),
           "host-forbidden")  # fmt: skip
_elsewhere("a-number", "loopback written as a number", _at("2130706433"),
           "host-forbidden")  # fmt: skip
_elsewhere("half-an-address", "loopback written short", _at("127.1"), "host-forbidden")
_elsewhere("six", "loopback by IPv6", _at("[::1]"), "host-forbidden")
_elsewhere("mapped", "loopback by an IPv6 address that carries it", _at("[::ffff:127.0.0.1]"),
           "host-forbidden")  # fmt: skip
_elsewhere("metadata", "where clouds keep their secrets",
           lambda call: "http://169.254.169.254/latest/meta-data/", "host-forbidden")  # fmt: skip
_elsewhere("a-subdomain", "a host that only ends like an allowed one",
           lambda call: "https://evil.storage.yandexcloud.net/a.webp",
           "host-forbidden")  # fmt: skip
_elsewhere("unknown-port", "a port that is none",
           lambda call: "http://127.0.0.1:99999/a.webp", "host-forbidden")  # fmt: skip

# The end, with no picture

for word in ("failed", "error", "fail", "cancelled"):
    alters(f"says-{word}", f"The task has failed, by the word {word}, and is not billed.",
           lambda call, word=word: call.end(failed=True)  # type: ignore[misc]
           | {"status": word, "message": "Out of paint"},
           outcome="failed", reason="provider-failed")  # fmt: skip
alters("fails-and-keeps-the-money", "The task has failed, and its whole price was kept.",
       lambda call: call.end(failed=True, cost_kopecks=call.task.price_kopecks),
       outcome="failed", reason="provider-failed")  # fmt: skip
alters("fails-and-keeps-a-part", "The task has failed, and a quarter of its price was kept.",
       lambda call: call.end(failed=True, cost_kopecks=call.task.price_kopecks // 4),
       outcome="failed", reason="provider-failed")  # fmt: skip
alters("fails-for-its-content", "The task has failed for its content, with code 1001.",
       lambda call: call.end(failed=True, failure_code=1001),
       outcome="failed", reason="content-refused")  # fmt: skip
alters("fails-for-its-content-wordless", "The task has failed: code 1002, and no word.",
       lambda call: call.end(failed=True, failure_code=1002) | {"status": None},
       outcome="failed", reason="content-refused")  # fmt: skip
alters("fails-with-the-key", "The task has failed, and the message shows the key.",
       lambda call: call.end(failed=True) | {"message": f"no {call.house.key} \x00 here"},
       outcome="failed", reason="provider-failed")  # fmt: skip
spoils("fails-by-status", "The task has failed, and the answer's status is 422.",
       lambda call: http(422, call.end(failed=True)),
       outcome="failed", reason="provider-failed")  # fmt: skip
spoils("fails-on-500", "Says failed, but by a broken server's 500: nothing is proven.",
       lambda call: http(500, call.document | {"status": "failed"}))  # fmt: skip
spoils("error-about-the-question", "Says error and code 1, and names no task.",
       lambda call: http(200, {"code": 1, "status": "error"}))  # fmt: skip

# Not found

says("no-such-task", "Knows no such task.", 200, {"code": 4, "message": "Not found"})
says("no-such-task-by-status", "Knows no such task, by 404.", 404, {"error": {"message": "None"}})
says("no-such-task-by-both", "Knows no such task, by 404 and code 4.", 404, {"code": 4})
says("404-page", "A proxy knows no such page.", 404, HTML)
says("no-such-method", "Knows no such method.", 404, {"code": 99})
says("forgets", "Knows the task no more, for ever.", 200, {"code": 4}, for_ever=True)

# Another's answer

alters("another-task", "Tells of another task that is done.",
       lambda call: {"id": OTHER_ID})  # fmt: skip
alters("another-task-failed", "Tells of another task that has failed.",
       lambda call: {"id": OTHER_ID, "status": "failed"})  # fmt: skip
alters("a-number-for-an-id", "Tells of a task whose id is a number.", lambda call: {"id": 7})
spoils("two-words", "Says done and failed in one answer.",
       lambda call: http(200, call.body[:-1] + b', "status": "failed"}'))  # fmt: skip

# Costs

for name, words, cost, kopecks in (
    ("less", "less than its price", 3.5, 350),
    ("more", "more than its price", 5.25, 525),
    ("nothing", "nothing", 0, 0),
    ("a-fraction", "a fraction of a kopeck more", 4.004, 400),
):
    alters(f"costs-{name}", f"Says that the picture cost {words}.",
           lambda call, cost=cost, kopecks=kopecks: call.end(cost_kopecks=kopecks)  # type: ignore[misc]
           | {"cost": cost},
           outcome="saving")  # fmt: skip
for name, words, value in (
    ("less-than-nothing", "less than nothing", -4),
    ("the-world", "more than there is", 1e300),
    ("a-text", "a text", "4 roubles"),
    ("truth", "a truth value", True),
):
    alters(f"costs-{name}", f"Says that the picture cost {words}: it cost its price.",
           lambda call, value=value: {"cost": value}, outcome="saving")  # type: ignore[misc]  # fmt: skip

# Refusals of the question

for code in (1, 3, 6, 7, 99, 500, 77, -1):
    says(f"code-{code}", f"Answers the question with code {code}.", 200,
         {"code": code, "message": "No"})  # fmt: skip
says("code-2", "Refuses the key.", 200, {"code": 2}, pauses="key-refused")
says("code-5", "Asks for money before it answers.", 200, {"code": 5}, pauses="balance-empty")
says("401", "Refuses the key by status.", 401, {"error": "Bad key"}, pauses="key-refused")
says("403", "Forbids the key.", 403, {"code": 2}, pauses="key-refused")
says("402", "Asks for money by status.", 402, {"error": "Pay"}, pauses="balance-empty")
says("401-page", "A proxy wants a password.", 401, HTML)
says("429", "Has been asked too often.", 429, {"code": 6}, {"Retry-After": "7"}, waits=7)
says("429-next-month", "Has been asked too often, and wants a month of peace.", 429, {"code": 6},
     {"Retry-After": str(30 * 86400)}, waits=900)  # fmt: skip
for status in (500, 502, 503, 504):
    says(f"{status}-page", f"A proxy answers {status} with its page.", status, HTML)

# What is no answer

says("page-on-200", "Answers 200 with a page.", 200, HTML)
says("empty", "Answers 200 with nothing.", 200, b"")
spoils("empty-204", "Answers 204.", lambda call: head(204))
says("garbage", "Answers 200 with what is no JSON.", 200, b'{"code": 0, "status": \xff\x00 oops')
spoils("deep-json", "Nests the answer 100,000 deep.",
       lambda call: http(200, b'{"a":' * 100_000 + call.body))  # fmt: skip
spoils("json-in-utf-16", "Answers in UTF-16.",
       lambda call: http(200, call.body.decode().encode("utf-16")))  # fmt: skip
spoils("half-the-json", "Half the answer comes as if it were whole.",
       lambda call: http(200, call.body[: len(call.body) // 2]))  # fmt: skip
spoils("too-much", "The answer is larger than a megabyte.",
       lambda call: http(200, call.body + b" " * 1_100_000))  # fmt: skip
spoils("gzip-bomb", "A small packed answer unpacks to 50 megabytes.",
       lambda call: http(200, gzip.compress(bytes(50_000_000)),
                         {"Content-Encoding": "gzip"}))  # fmt: skip
says("302-to-a-trap", "Sends the caller elsewhere.", 302, b"", {"Location": "/trap"})


@behaviour(outcome="rendering")
def redirects_to_loopback(call: Result) -> None:
    """Answers 307 to another loopback address."""
    target = {"Location": f"http://{call.house.trap}/v1/media/result"}
    call.line.send(http(307, call.document, target))


# Broken HTTP, and silence

spoils("length-too-long", "Announces more bytes than come.",
       lambda call: http(200, call.document, {"Content-Length": "5000"}))  # fmt: skip
spoils("length-too-short", "Announces fewer bytes than come.",
       lambda call: http(200, call.document, {"Content-Length": "40"}))  # fmt: skip
spoils("broken-chunk", "A chunk's length is no number.",
       lambda call: head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n")  # fmt: skip
spoils("not-http", "Greets like a mail server.", lambda call: b"220 mail.example ESMTP\r\n")
spoils("huge-header", "One header has 70,000 letters.",
       lambda call: http(200, call.document, {"A": "b" * 70_000}))  # fmt: skip


def _half(call: Result) -> bytes:
    return http(200, call.document)[:-40]


def _nothing(call: Result) -> bytes:
    return b""


def _ends(name: str, words: str, begin: Callable[[Result], bytes]) -> None:
    for verb, end, slow in (
        ("drops", Line.close, False),
        ("resets", Line.reset_when_read, False),
        ("hangs", Line.hang, True),
    ):

        def act(call: Result, end: Callable[[Line], None] = end) -> None:
            call.line.send(begin(call))
            end(call.line)

        RESULTS.add(f"{verb}{name}", f"The line {verb} {words}.", act, slow=slow,
                    outcome="rendering")  # fmt: skip


_ends("", "without a byte", _nothing)
_ends("-half-way", "in the middle of the answer", _half)


@behaviour(outcome="rendering", slow=True)
def drips(call: Result) -> None:
    """Sends the right answer at a byte each second."""
    call.line.drip(http(200, call.document))


@behaviour(outcome="saving")
def adds_another_answer(call: Result) -> None:
    """Answers, keeps the connection, and adds an answer that names no task and says failed."""
    more = http(200, {"code": 0, "status": "failed", "message": "another's"})
    call.line.send(http(200, call.document, {"Connection": "keep-alive"}) + more)
    call.line.hang(0.5)
