"""Whatever an answer holds, its reading never raises, never repeats what may be paid for, and
never shows the key."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.provider.answers import Accepted, Later, ModelRefusal, OperatorRefusal, Refused
from gallery.provider.envelope import to_kopecks
from gallery.provider.redaction import Redactor
from gallery.provider.verdicts import balance_outcome, create_outcome, result_outcome
from gallery.provider.wire import Answer

KEY = "shds-0123456789abcdefXYZ"
ID = "687fab1e49832bb77d34db47"
REDACT = Redactor(KEY)
QUICK = settings(max_examples=100, derandomize=True, database=None, deadline=None)

STATUSES = st.sampled_from([200, 201, 302, 400, 401, 402, 403, 404, 409, 422, 425, 429, 500, 503])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([KEY, f"bad {KEY}", ID, "done", "failed", "idle", "https://a/b"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)
CODES = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 99, 500, 1001, 1002]) | VALUES
NAMES = ["id", "status", "url", "cost", "message", "error", "issues", "balance", "creditLimit"]
BODIES = st.fixed_dictionaries({}, optional={"code": CODES} | dict.fromkeys(NAMES, VALUES)).map(
    lambda fields: json.dumps(fields).encode()
)


def check(answer: Answer) -> None:
    created = create_outcome(answer, REDACT)
    outcomes = (created, result_outcome(answer, ID, REDACT), balance_outcome(answer, REDACT))
    assert all(KEY not in repr(outcome) for outcome in outcomes)
    assert all(repr(outcome).encode() for outcome in outcomes)
    if isinstance(created, Accepted):
        assert 200 <= answer.status < 300
    if isinstance(created, Later | OperatorRefusal | ModelRefusal | Refused):
        assert answer.status < 300 or answer.status in (400, 401, 402, 403, 404, 422, 425, 429, 503)


@QUICK
@given(STATUSES, st.binary(max_size=200), st.text() | st.none())
def test_any_bytes(status: int, body: bytes, retry_after: str | None) -> None:
    check(Answer(status, body, retry_after))


@QUICK
@given(STATUSES, BODIES)
def test_any_json(status: int, body: bytes) -> None:
    check(Answer(status, body))


@QUICK
@given(
    st.sampled_from([0, 2, 3, 5, 6, 7, 99, 1001]), STATUSES, st.sampled_from(["idle", "done", "?"])
)
def test_a_living_task_is_never_sent_again(code: int, status: int, word: str) -> None:
    body: dict[str, Any] = {"code": code, "id": ID, "status": word}
    created = create_outcome(Answer(status, json.dumps(body).encode()), REDACT)
    assert not isinstance(created, Later | OperatorRefusal | ModelRefusal | Refused)


@QUICK
@given(st.integers() | st.decimals())
def test_roubles_are_whole_kopecks_or_nothing(roubles: object) -> None:
    kopecks = to_kopecks(roubles)
    assert kopecks is None or isinstance(kopecks, int)


@QUICK
@given(st.text(alphabet="shd-0123456789abcdefXYZ .", max_size=80))
def test_no_piece_of_eight_is_left(text: str) -> None:
    shown = REDACT.text(f"{text}{KEY[3:19]}{text}{KEY.lower()}{text}").lower()
    assert all(KEY[at : at + 8].lower() not in shown for at in range(len(KEY) - 7))
