"""The ways in which a provider goes wrong, switched on by rules from the control call.

A rule is a JSON object: `on` (create, result, download), `behaviour` (a name from the tables at
the end), `match` (a part of the prompt; empty for all), `times` (how often; null for ever), and
what the behaviour takes besides. The first rule that matches answers instead of the server.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gallery.demo import spoiled
from gallery.demo.provider import Document, Order, Provider
from gallery.demo.tasks import Failure, Task
from gallery.demo.wire import Wire

FOREVER = 24 * 3600.0
RETRYABLE = (425, 429, 503)
MESSAGES = {
    1: "Internal error",
    2: "Invalid authorization token",
    3: "Request does not match the schema",
    4: "Task not found",
    5: "Insufficient balance",
    6: "Heavy load, try again later",
    7: "The model is forbidden by your organization",
    99: "Unknown method",
    500: "Internal server error",
    1001: "The request was refused by the content policy",
    1002: "The picture was refused by the content policy",
}


@dataclass
class Create:
    """A create that a rule answers."""

    wire: Wire
    rule: Rule
    provider: Provider
    order: Callable[[], Order]

    def accept(self, *, ready_in: float | None = None) -> Task:
        """Charge the create and begin its task, like the server without a fault."""
        return self.provider.accept(self.order(), ready_in=ready_in)

    def describe(self, task: Task) -> Document:
        """The answer that the server would give without a fault."""
        return self.provider.describe(task, self.wire.headers.get("Host", ""))


@dataclass
class Result:
    """A question about a task that a rule answers."""

    wire: Wire
    rule: Rule
    provider: Provider
    task: Task

    def describe(self) -> Document:
        """The answer that the server would give without a fault."""
        return self.provider.describe(self.task, self.wire.headers.get("Host", ""))


@dataclass
class Download:
    """A download that a rule answers."""

    wire: Wire
    rule: Rule
    provider: Provider
    task: Task

    def picture(self) -> bytes:
        """The right file."""
        return self.provider.picture(self.task)


Behaviour = Callable[[Any], None]


@dataclass
class Rule:
    """One switched-on fault."""

    on: str
    name: str
    behaviour: Behaviour
    match: str = ""
    times: int | None = None
    params: dict[str, Any] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)

    def run(self, exchange: Create | Result | Download) -> None:
        """Answer the exchange in the rule's way."""
        self.behaviour(exchange)

    def number(self, name: str, default: float) -> float:
        """A parameter that is a number."""
        return float(self.params.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A parameter that is a text."""
        return str(self.params.get(name, default))


class Faults:
    """The rules in force. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, description: Any) -> None:
        """Add a rule from its JSON object; ValueError says what is wrong with it."""
        params = dict(description)
        on, name = str(params.pop("on", "")), str(params.pop("behaviour", ""))
        match, times = str(params.pop("match", "")), params.pop("times", None)
        rule = Rule(on, name, find_behaviour(on, name), match, times and int(times), params)
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def take(self, on: str, prompt: str, identity: str = "") -> Rule | None:
        """The first rule for this exchange, used up by one; None when all is well."""
        with self._lock:
            for rule in self._rules:
                if rule.on == on and rule.match in prompt and rule.times != 0:
                    rule.times = None if rule.times is None else rule.times - 1
                    rule.uses[identity] += 1
                    return rule
        return None

    def describe(self) -> list[Document]:
        """The rules as JSON, with how often each was used."""
        with self._lock:
            return [
                {
                    "on": rule.on,
                    "behaviour": rule.name,
                    "match": rule.match,
                    "times": rule.times,
                    "used": rule.uses.total(),
                    **rule.params,
                }
                for rule in self._rules
            ]


def find_behaviour(on: str, name: str) -> Behaviour:
    """The behaviour of this name; ValueError lists the names when there is none."""
    table = TABLES.get(on)
    if table is None:
        raise ValueError(f"on: one of {', '.join(TABLES)}")
    if name in table:
        return table[name]
    family, _, number = name.rpartition("-")
    if family in NUMBERED and number.isdecimal():
        return partial(NUMBERED[family], number=int(number))
    raise ValueError(f"behaviour of {on}: one of {', '.join(table)}, code-<n>, http-<n>")


# Faults of any exchange


def answer_code(exchange: Create | Result | Download, number: int) -> None:
    """HTTP 200 with a code other than 0; `charge` accepts the create all the same."""
    _charge_if_told(exchange)
    document: Document = {"code": number, "message": MESSAGES.get(number, "Error")}
    if number == 3:
        document["issues"] = [{"path": ["prompt"], "message": "Refused by a rule"}]
    exchange.wire.answer(200, document | exchange.rule.params.get("document", {}))


def answer_http(exchange: Create | Result | Download, number: int) -> None:
    """An HTTP status with an envelope (or `document`), or a proxy's page when `html` is true."""
    _charge_if_told(exchange)
    headers = {}
    if number in RETRYABLE or "retry_after" in exchange.rule.params:
        headers["Retry-After"] = exchange.rule.text("retry_after", "1")
    if exchange.rule.params.get("html"):
        exchange.wire.answer_bytes(number, "text/html", spoiled.HTML, headers)
        return
    error = {"message": f"Refused with {number}", "type": "demo_error", "code": number}
    exchange.wire.answer(number, exchange.rule.params.get("document", {"error": error}), headers)


def drop(exchange: Create | Result | Download) -> None:
    """Close without an answer; `reset` does it rudely."""
    _charge_if_told(exchange)
    exchange.wire.hang_up(reset=bool(exchange.rule.params.get("reset")))


def hang(exchange: Create | Result | Download) -> None:
    """Say nothing for `seconds`, then close."""
    _charge_if_told(exchange)
    exchange.wire.wait(exchange.rule.number("seconds", FOREVER))
    exchange.wire.hang_up()


def html_502(exchange: Create | Result | Download) -> None:
    """A proxy's error page."""
    _charge_if_told(exchange)
    exchange.wire.answer_bytes(502, "text/html", spoiled.HTML)


def redirect(exchange: Create | Result | Download) -> None:
    """HTTP 307 to `url`, or to the same address: who follows it sends the request twice."""
    _charge_if_told(exchange)
    target = exchange.rule.text("url", exchange.wire.path)
    exchange.wire.answer_bytes(307, "text/html", b"", {"Location": target})


def _charge_if_told(exchange: Create | Result | Download) -> None:
    if isinstance(exchange, Create) and exchange.rule.params.get("charge"):
        exchange.accept()


# Faults of create


def charge_then(behaviour: Behaviour, exchange: Create) -> None:
    """Charge, and then go wrong."""
    exchange.rule.params["charge"] = True
    behaviour(exchange)


def half_a_document(exchange: Create) -> None:
    """Charge, and break off in the middle of a well-formed answer."""
    body = json.dumps(exchange.describe(exchange.accept())).encode()
    exchange.wire.answer_bytes(200, "application/json", body[: len(body) // 2])


def cut_document(exchange: Create) -> None:
    """Charge, and close in the middle of an answer whose length was told."""
    body = json.dumps(exchange.describe(exchange.accept())).encode()
    half = body[: len(body) // 2]
    exchange.wire.answer_bytes(200, "application/json", half, claimed_bytes=len(body))


def no_id(exchange: Create) -> None:
    """Charge, and forget to tell the id."""
    document = exchange.describe(exchange.accept())
    del document["id"]
    exchange.wire.answer(200, document)


def known_id(exchange: Create) -> None:
    """Charge, and answer with the id of an earlier task: `id`, or the oldest."""
    earlier = exchange.provider.tasks.all()
    task = exchange.accept()
    known = exchange.rule.text("id", earlier[0].id if earlier else task.id)
    exchange.wire.answer(200, exchange.describe(task) | {"id": known})


def done_at_once(exchange: Create) -> None:
    """Accept, and the picture is there."""
    exchange.wire.answer(200, exchange.describe(exchange.accept(ready_in=0)))


def failed_at_once(exchange: Create) -> None:
    """Accept, and fail with `code` and `message`; the money is returned unless `cost` says not."""
    task = exchange.provider.fail(exchange.accept(), _failure(exchange.rule), _cost(exchange.rule))
    exchange.wire.answer(200, exchange.describe(task))


def late(exchange: Create) -> None:
    """Charge at once, and answer rightly after `seconds`."""
    task = exchange.accept()
    if exchange.wire.wait(exchange.rule.number("seconds", 1)):
        exchange.wire.answer(200, exchange.describe(task))


def drip_create(exchange: Create) -> None:
    """Charge, and answer rightly, but a byte every `interval` seconds."""
    _drip_document(exchange, exchange.describe(exchange.accept()))


def _failure(rule: Rule) -> Failure:
    message = rule.text("message", "The picture could not be made")
    return Failure(int(rule.number("code", 0)), message)


def _cost(rule: Rule) -> int | None:
    return round(rule.number("cost", 0) * 100) if "cost" in rule.params else None


def _drip_document(exchange: Create | Result, document: Document) -> None:
    body = json.dumps(document).encode()
    head = exchange.wire.compose_head(200, "application/json", {"Content-Length": str(len(body))})
    exchange.wire.drip(head + body, exchange.rule.number("interval", 1))


# Faults of result


def altered(change: Callable[[Result], Document], exchange: Result) -> None:
    """The right answer, with some of it changed."""
    exchange.wire.answer(200, exchange.describe() | change(exchange))


def idle(exchange: Result) -> Document:
    """Still working, whatever the truth."""
    return {"status": "idle", "url": None}


def done_without_url(exchange: Result) -> Document:
    """Done, but the link is missing."""
    return {"status": "done", "url": None}


def unknown_word(exchange: Result) -> Document:
    """A status nobody has documented: `word`."""
    return {"status": exchange.rule.text("word", "dreaming"), "url": None}


def other_id(exchange: Result) -> Document:
    """An answer about another task: `id`."""
    return {"id": exchange.rule.text("id", "0123456789abcdef01234567")}


def done_then_idle(exchange: Result) -> None:
    """Done with a link when asked first, idle when asked again, and so on in turn."""
    if exchange.rule.uses[exchange.task.id] % 2:
        exchange.task = exchange.provider.finish(exchange.task)
        exchange.wire.answer(200, exchange.describe())
    else:
        altered(idle, exchange)


def garbage(exchange: Result) -> None:
    """HTTP 200 with something that is no JSON."""
    exchange.wire.answer_bytes(200, "application/json", b'{"code": 0, "status": \xff\x00 oops')


def html_200(exchange: Result) -> None:
    """HTTP 200 with a page."""
    exchange.wire.answer_bytes(200, "text/html", spoiled.HTML)


def failed(exchange: Result) -> None:
    """The task fails, now and for ever, with `code`, `message`, and perhaps a `cost` in roubles."""
    exchange.task = exchange.provider.fail(
        exchange.task, _failure(exchange.rule), _cost(exchange.rule)
    )
    exchange.wire.answer(200, exchange.describe())


def failed_with_cost(exchange: Result) -> None:
    """The task fails and its price, or `cost`, is kept."""
    exchange.rule.params.setdefault("cost", exchange.task.price_kopecks / 100)
    failed(exchange)


def done_with_cost(exchange: Result) -> None:
    """The right answer, which names the price, or `cost`, once it is done."""
    cost = exchange.rule.number("cost", exchange.task.price_kopecks / 100)
    exchange.task = exchange.provider.tell_cost(exchange.task, round(cost * 100))
    exchange.wire.answer(200, exchange.describe())


def drip_result(exchange: Result) -> None:
    """The right answer, a byte every `interval` seconds."""
    _drip_document(exchange, exchange.describe())


# Faults of a download


def send(content_type: str, body: Callable[[Download], bytes], exchange: Download) -> None:
    """A whole answer with this body; `content_type` may be told otherwise."""
    told = exchange.rule.text("content_type", content_type)
    exchange.wire.answer_bytes(200, told, body(exchange))


def truncated(exchange: Download) -> None:
    """Half of the file, though its whole length was told."""
    picture = exchange.picture()
    half = picture[: len(picture) // 2]
    exchange.wire.answer_bytes(200, "image/webp", half, claimed_bytes=len(picture))


def without_length(exchange: Download) -> None:
    """The right file, which ends when the connection does."""
    exchange.wire.close_connection = True
    head = exchange.wire.compose_head(200, "image/webp", {})
    exchange.wire.wfile.write(head + exchange.picture())


def drip_file(exchange: Download) -> None:
    """The right file, a byte every `interval` seconds."""
    picture = exchange.picture()
    length = {"Content-Length": str(len(picture))}
    head = exchange.wire.compose_head(200, "image/webp", length)
    exchange.wire.wfile.write(head)
    exchange.wire.drip(picture, exchange.rule.number("interval", 1))


def gone(exchange: Download) -> None:
    """404, as for an expired link."""
    error = {"message": "No such file", "code": "NoSuchKey"}
    exchange.wire.answer(404, {"error": error})


def endless(exchange: Download) -> None:
    """A file that never ends, as fast as the caller takes it."""
    exchange.wire.close_connection = True
    picture = exchange.picture()
    exchange.wire.wfile.write(exchange.wire.compose_head(200, "image/webp", {}) + picture)
    block = bytes(64 * 1024)
    while True:  # ends with the OSError of a caller that has hung up
        exchange.wire.wfile.write(block)


EVERYWHERE: dict[str, Behaviour] = {
    "drop": drop,
    "hang": hang,
    "http-502-html": html_502,
    "redirect-307": redirect,
}

CREATE: dict[str, Behaviour] = EVERYWHERE | {
    "charge-then-drop": partial(charge_then, drop),
    "charge-then-hang": partial(charge_then, hang),
    "charge-then-502": partial(charge_then, html_502),
    "charge-then-late": late,
    "half-json": half_a_document,
    "cut-short": cut_document,
    "no-id": no_id,
    "known-id": known_id,
    "done-at-once": done_at_once,
    "failed-at-once": failed_at_once,
    "drip": drip_create,
}

RESULT: dict[str, Behaviour] = EVERYWHERE | {
    "idle-forever": partial(altered, idle),
    "done-without-url": partial(altered, done_without_url),
    "done-then-idle": done_then_idle,
    "unknown-word": partial(altered, unknown_word),
    "not-found": partial(answer_code, number=4),
    "garbage": garbage,
    "html": html_200,
    "failed": failed,
    "failed-with-cost": failed_with_cost,
    "done-with-cost": done_with_cost,
    "other-id": partial(altered, other_id),
    "drip": drip_result,
}

DOWNLOAD: dict[str, Behaviour] = EVERYWHERE | {
    "redirect": redirect,
    "truncated": truncated,
    "damaged": partial(send, "image/webp", lambda it: spoiled.damage(it.picture())),
    "empty": partial(send, "image/webp", lambda it: b""),
    "html": partial(send, "text/html", lambda it: spoiled.HTML),
    "svg": partial(send, "image/svg+xml", lambda it: spoiled.SVG),
    "gif": partial(send, "image/gif", lambda it: spoiled.convert(it.picture(), "gif")),
    "bomb": partial(send, "image/png", lambda it: spoiled.bomb()),
    "png": partial(send, "image/png", lambda it: spoiled.convert(it.picture(), "png")),
    "jpeg": partial(send, "image/jpeg", lambda it: spoiled.convert(it.picture(), "jpeg")),
    "wrong-content-type": partial(send, "text/plain", Download.picture),
    "without-length": without_length,
    "drip": drip_file,
    "gone": gone,
    "endless": endless,
}

TABLES = {"create": CREATE, "result": RESULT, "download": DOWNLOAD}
NUMBERED: dict[str, Callable[..., None]] = {"code": answer_code, "http": answer_http}
