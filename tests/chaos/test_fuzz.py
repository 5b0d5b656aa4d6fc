"""Answers to a create that chance has spoiled: no id made up, nothing let go, nothing raised.

Each run has another seed, which is printed; CHAOS_SEED repeats one.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gallery.models import ImageModel, Studio, Task, TaskStatus, User
from tests.chaos.conftest import Scene
from tests.conftest import KEY, Submit
from tests.invariants import check_money
from tests.provider.servers import Peer, http, serving

S = TaskStatus

SECONDS = 15.0
SEED = int(os.environ.get("CHAOS_SEED") or time.time_ns() % 2**32)
ID = "PLACE-OF-THE-ID-24-CHARS"

DEFINITE = re.compile(
    rb"HTTP/\S*\s+\+?0*4(?:0[0-4]|13|22|25|29)|HTTP/\S*\s+\+?0*503"
    rb'|"code"\s*:\s*0*(?:2|3|5|6|7|99|1001|1002)\D'
)
"""By these alone may a create be queued again or refused, whatever else an answer holds."""


def answers() -> st.SearchStrategy[tuple[int, bytes]]:
    """Status and body of right answers of every class, with the place of the id."""
    accepted = st.builds(
        lambda word, url: (
            200,
            _json({"code": 0, "id": ID, "status": word, "url": url, "message": KEY}),
        ),
        st.sampled_from(["idle", "done", "failed", "processing", "error", None, 7]),
        st.sampled_from([None, "https://storage.yandexcloud.net/a.webp", "javascript:1"]),
    )
    others = st.builds(
        lambda status, code, extra: (status, _json({"code": code, "message": "No", **extra})),
        st.sampled_from([200, 201, 302, 400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503]),
        st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 99, 500, 1001, 1002]),
        st.sampled_from([{}, {"id": ID}, {"id": ID, "status": "idle"}, {"error": {"code": 1}}]),
    )
    return accepted | others


def _json(document: dict[str, Any]) -> bytes:
    """Spaces follow: half of the body may be a whole JSON."""
    return json.dumps(document).encode() + b" " * 40


Change = Callable[[bytes], bytes]


def changes() -> st.SearchStrategy[Change]:
    """One thing that may go wrong with bytes, at a place from 0 to 1."""
    places = st.floats(0, 1)
    pieces = st.binary(max_size=12) | st.sampled_from(
        [b"\r\n\r\n", b"{", b"}", b'"', b"\x00", b'"id": "', b"HTTP/1.1 200 OK\r\n", b', "code": 6']
    )

    def at(place: float, data: bytes) -> int:
        return int(place * len(data))

    cut = st.builds(lambda place: lambda data: data[: at(place, data)], places)
    insert = st.builds(
        lambda place, piece: lambda data: data[: at(place, data)] + piece + data[at(place, data) :],
        places,
        pieces,
    )
    replace = st.builds(
        lambda place, piece: (
            lambda data: data[: at(place, data)] + piece + data[at(place, data) + len(piece) :]
        ),
        places,
        pieces,
    )
    remove = st.builds(
        lambda place, length: (
            lambda data: data[: at(place, data)] + data[at(place, data) + length :]
        ),
        places,
        st.integers(1, 40),
    )
    twice = st.just(lambda data: data + data)
    return st.one_of(cut, insert, replace, remove, twice)


class Answering:
    """A server that says what it is told to, and closes or resets."""

    def __init__(self) -> None:
        self.data = b""
        self.resets = False
        self.asked = 0

    def __call__(self, peer: Peer) -> None:
        peer.request()
        self.asked += 1
        peer.send(self.data)
        if self.resets:
            peer.reset()


def fresh_id(number: int) -> str:
    return f"{number:024x}"


def _comes_first(data: bytes, one: str, other: str) -> bool:
    found = data.find(f'"{one}"'.encode())
    return 0 <= found < data.find(f'"{other}"'.encode())


def judge(task: Task, data: bytes, identity: str) -> None:
    """What the bytes alone allow."""
    assert task.status != S.SENDING, "nothing came out of it"
    if task.remote_id is not None:
        assert task.status in (S.RENDERING, S.SAVING, S.FAILED)
        # Only a changed id can be taken for another: none is made up, none comes from the text.
        assert f'"{task.remote_id}"'.encode() in data
        assert task.remote_id == identity or not _comes_first(data, identity, task.remote_id)
    elif task.status in (S.QUEUED, S.FAILED):
        assert DEFINITE.search(data), (task.status, task.reason)
    else:
        assert task.status == S.UNKNOWN


def let_go() -> None:
    """Open every gate that an answer has closed."""
    Studio.objects.filter(pk=1).update(paused_at=None, pause_reason="")
    ImageModel.objects.update(is_enabled=True)
    User.objects.update(held_until=None)  # by refusals of content


@pytest.fixture
def answering(scene: Scene, settings: Any) -> Any:
    script = Answering()
    with serving(script) as server:
        settings.PROVIDER = settings.PROVIDER_URL = f"{server.url}/v1"
        yield script


def test_spoiled_answers(scene: Scene, answering: Answering, submit: Submit, alice: User) -> None:
    print(f"CHAOS_SEED={SEED}")
    until = time.monotonic() + SECONDS
    number = 0

    @seed(SEED)
    @settings(
        max_examples=600,
        deadline=None,
        database=None,
        print_blob=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        answers(),
        st.lists(changes(), max_size=3),  # before the body is framed, and so not seen by its length
        st.lists(changes(), max_size=2),  # on the wire
        st.booleans(),
    )
    def spoil(
        answer: tuple[int, bytes], inside: list[Change], outside: list[Change], resets: bool
    ) -> None:
        nonlocal number
        if time.monotonic() > until:
            return
        number += 1
        identity = fresh_id(number)
        status, body = answer
        body = body.replace(ID.encode(), identity.encode())
        data = whole = http(status, reduce(lambda data, change: change(data), inside, body))
        for change in outside:
            data = change(data)
        answering.data, answering.resets = data, resets
        let_go()
        before = answering.asked
        sent = scene.send(submit(alice, f"spoiled {SEED} {number}").tasks.get())
        assert answering.asked == before + 1
        judge(sent, data, identity)
        if len(data) < len(whole) and whole.startswith(data):
            assert sent.status == S.UNKNOWN, "cut short, and yet believed"
        assert KEY not in sent.detail

    spoil()
    assert number > 30, "too few to mean anything"
    check_money()
    assert KEY not in scene.log.text


def test_every_cut_of_a_right_answer_is_unknown(
    scene: Scene, answering: Answering, submit: Submit, alice: User
) -> None:
    """Of lengths up to the last byte but one: only the whole may be believed, though its JSON is
    complete before its spaces are.
    """
    accepted = json.dumps({"code": 0, "id": fresh_id(1), "status": "idle"}).encode()
    whole = http(200, accepted + b" " * 12)
    for length in range(0, len(whole) + 1, 3):
        answering.data = whole[: length if length < len(whole) - 2 else len(whole) - 1]
        sent = scene.send(submit(alice, f"cut {SEED} {length}").tasks.get())
        assert (sent.status, sent.remote_id) == (S.UNKNOWN, None), length
    answering.data = whole
    sent = scene.send(submit(alice, f"cut {SEED} whole").tasks.get())
    assert (sent.status, sent.remote_id) == (S.RENDERING, fresh_id(1))
    check_money()
