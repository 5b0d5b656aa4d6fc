"""The hostile provider itself: its book is true after any kill, and chance repeats itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY
from urllib.error import HTTPError

import pytest

from gallery.provider.answers import (
    Accepted,
    CreateOutcome,
    OperatorRefusal,
    Ready,
    Unknown,
)
from gallery.provider.client import Client, clock
from tests.chaos.hostile import HostileProvider
from tests.chaos.hostile.charges import BOOK, Book, Create, charges, creates, served
from tests.chaos.hostile.rules import TABLES, Mix

KEY = "shds-HostileTestsKey"


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[HostileProvider]:
    with HostileProvider(tmp_path / "hostile", KEY) as provider:
        yield provider


def create(provider: HostileProvider, prompt: str, *, key: str = KEY) -> CreateOutcome:
    client = Client(provider.url, key)
    try:
        return client.create(
            model="gpt-image-1-low",
            prompt=prompt,
            ar="1:1",
            images=[],
            deadline=clock() + 5,
            may_send=lambda: True,
        )
    finally:
        client.close()


def test_the_book_is_true_after_a_kill(hostile: HostileProvider) -> None:
    """Each answer that anybody has seen is in the book, whenever the provider was killed."""
    told: list[str] = []

    def keep_asking() -> None:
        for number in range(2000):
            found = create(hostile, f"kill {number}")
            if not isinstance(found, Accepted):
                return
            told.append(found.remote_id)

    asking = [threading.Thread(target=keep_asking) for _ in range(2)]
    for thread in asking:
        thread.start()
    while len(told) < 20:
        time.sleep(0.01)
    hostile.kill()
    for thread in asking:
        thread.join()
    kept = {charge.id for charge in charges(hostile.folder)}
    assert set(told) <= kept
    hostile.start()
    client = Client(hostile.url, KEY)
    assert isinstance(client.result(told[0]), Ready)
    client.close()
    assert isinstance(create(hostile, "kill 0"), Accepted)
    assert [entry.attempt for entry in hostile.creates("kill 0")][-1] >= 2


def test_a_torn_line_was_never_told_and_is_cut_off(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.write_create(Create(1.0, "a", "m", "accepts", 1, True, "id-1", 400))
    book.close()
    with (tmp_path / BOOK).open("ab") as file:
        file.write(b'{"kind": "create", "prompt": "torn')
    assert [entry.id for entry in charges(tmp_path)] == ["id-1"]
    again = Book(tmp_path)
    again.write_create(Create(2.0, "b", "m", "code-6", again.attempt("b"), False))
    again.end("id-1", failed=True)
    again.hand_out("id-1", "abc")
    again.close()
    assert [(entry.prompt, entry.charged) for entry in creates(tmp_path)] == [
        ("a", True),
        ("b", False),
    ]
    assert charges(tmp_path)[0].billed_kopecks == 0
    assert served(tmp_path) == {"id-1": {"abc"}}


def test_rules_outlive_a_kill_and_are_used_in_order(hostile: HostileProvider) -> None:
    hostile.rule("create", "drops-after-half-the-json", match="kept", times=1)
    hostile.kill()
    hostile.start()
    assert isinstance(create(hostile, "kept"), Unknown)
    assert isinstance(create(hostile, "kept"), Accepted)
    assert [entry.behaviour for entry in hostile.charges("kept")] == [
        "drops-after-half-the-json",
        "accepts",
    ]
    with pytest.raises(HTTPError):
        hostile.rule("create", "no-such-behaviour")


def test_chance_repeats_itself() -> None:
    weights = {"create": {"accepts": 1, "unknown": 2}}
    picks = [
        [Mix(seed, weights).pick("create", f"prompt {n}", 0).name for n in range(50)]
        for seed in (1, 1, 2)
    ]
    assert picks[0] == picks[1] != picks[2]
    outcomes = {TABLES["create"][name].outcome for name in picks[0]}
    assert outcomes == {"accepted", "unknown"}
    quick = Mix(1, {"create": {"unknown": 1}}, quick=True)
    assert not any(quick.pick("create", str(n), 0).slow for n in range(300))
    with pytest.raises(ValueError, match="nonsense"):
        Mix(1, {"create": {"nonsense": 1}})


def test_a_mix_decides_where_no_rule_does(hostile: HostileProvider) -> None:
    hostile.mix(7, create={"drops-after-half-the-json": 1})
    hostile.rule("create", "accepts", match="ruled")
    assert isinstance(create(hostile, "chance"), Unknown)
    assert isinstance(create(hostile, "ruled"), Accepted)
    hostile.no_mix()
    assert isinstance(create(hostile, "chance"), Accepted)


def test_a_wrong_key_is_refused_and_charges_nothing(hostile: HostileProvider) -> None:
    assert create(hostile, "well", key="shds-another") == OperatorRefusal("key-refused", ANY)
    assert hostile.creates() == []
