"""What an answer means: the outcome table, and the words of a result."""

import re
import time
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from gallery.provider.answers import (
    Accepted,
    AskAgain,
    Balance,
    BalanceOutcome,
    CreateOutcome,
    Failed,
    Later,
    ModelRefusal,
    Models,
    ModelsOutcome,
    NoSuchTask,
    OperatorRefusal,
    Ready,
    Refused,
    ResultOutcome,
    Unknown,
    Working,
)
from gallery.provider.envelope import (
    Envelope,
    code_reason,
    cost_kopecks,
    echo,
    link,
    message,
    read_envelope,
    read_object,
    remote_id,
    status_word,
    storable_code,
    to_kopecks,
)
from gallery.provider.redaction import Redactor
from gallery.provider.wire import Answer

DONE = "done"
INTERNAL_ERRORS = frozenset({1, 500})
"""Codes of which it is not documented whether a create that is answered so is charged."""
FAILED_WORDS = frozenset({"failed", "error", "fail", "cancelled", "canceled"})
_SHORTEST_WAIT, _LONGEST_WAIT = 1.0, 900.0
_LONGEST_MODEL = 100


class _Verdict(Enum):
    LATER = auto()
    KEY = auto()
    BALANCE = auto()
    MODEL = auto()
    CONTENT = auto()
    REQUEST = auto()


_SENT_AGAIN = frozenset({_Verdict.LATER, _Verdict.KEY, _Verdict.BALANCE, _Verdict.MODEL})

_BY_CODE = {
    6: _Verdict.LATER,
    2: _Verdict.KEY,
    5: _Verdict.BALANCE,
    7: _Verdict.MODEL,
    1001: _Verdict.CONTENT,
    1002: _Verdict.CONTENT,
    3: _Verdict.REQUEST,
    99: _Verdict.REQUEST,
}
_BY_STATUS = {
    425: _Verdict.LATER,
    429: _Verdict.LATER,
    503: _Verdict.LATER,
    401: _Verdict.KEY,
    403: _Verdict.KEY,
    402: _Verdict.BALANCE,
    400: _Verdict.REQUEST,
    404: _Verdict.REQUEST,
    413: _Verdict.REQUEST,
    422: _Verdict.REQUEST,
}


def create_outcome(answer: Answer, redact: Redactor) -> CreateOutcome:
    """The row of the outcome table that a create's whole answer belongs to.

    An answer that leaves it open that the task was taken is never a refusal, whatever its code or
    status say besides: non-acceptance is not proven. An id with a failed word on 2xx is a task that
    was accepted and failed at once, whatever the code.
    """
    fields = read_object(answer.body)
    envelope = read_envelope(fields)
    if envelope is None:
        return _unknown(answer, _without_envelope(answer, fields), redact)
    accepted = _accepted(answer, envelope, redact)
    if accepted is not None:
        return accepted
    verdict = _verdict(answer, envelope)
    if verdict is None or _may_have_been_taken(verdict, answer, envelope, redact):
        return _unknown(answer, _contradiction(answer, envelope), redact)
    return _refusal(verdict, answer, envelope, redact)


def _accepted(answer: Answer, envelope: Envelope, redact: Redactor) -> Accepted | None:
    task = remote_id(envelope.fields, redact)
    if task is None or not _is_success(answer):
        return None
    if envelope.code == 0:
        return Accepted(task, _task_state(envelope, redact))
    if status_word(envelope.fields) in FAILED_WORDS:
        return Accepted(task, _failed(envelope, redact))
    return None


def _verdict(answer: Answer, envelope: Envelope) -> _Verdict | None:
    if _is_success(answer):
        return None if envelope.code is None else _BY_CODE.get(envelope.code)
    verdict = _BY_STATUS.get(answer.status)
    if verdict is _Verdict.REQUEST and _BY_CODE.get(envelope.code or 0) is _Verdict.CONTENT:
        return _Verdict.CONTENT  # the same class, and repeats of it endanger the key
    return verdict


def _may_have_been_taken(
    verdict: _Verdict, answer: Answer, envelope: Envelope, redact: Redactor
) -> bool:
    """Whether something beside the refusal leaves it open that the task was accepted: an id, when
    it would be sent again or its word is that of a living task; the code of an internal error; a
    503 that says so of what stands behind whoever wrote it.
    """
    if remote_id(envelope.fields, redact) is not None:
        word = status_word(envelope.fields)
        if verdict in _SENT_AGAIN or (word and word not in FAILED_WORDS):
            return True
    if envelope.code in INTERNAL_ERRORS:
        return True
    return answer.status == 503 and (envelope.code == 0 or _is_a_gateways(envelope))


def _is_a_gateways(envelope: Envelope) -> bool:
    """Web servers and frameworks have an ``error`` too: with the number of the status beside it, or
    its standard words. They write it when what they passed the request on to breaks in the middle.
    """
    if envelope.code is not None:
        return False
    fields, phrase = envelope.fields, HTTPStatus.SERVICE_UNAVAILABLE.phrase
    numbered = "statusCode" in fields or isinstance(fields.get("status"), int)
    error = fields.get("error")
    return numbered or (isinstance(error, str) and error.strip().lower() == phrase.lower())


def _refusal(
    verdict: _Verdict, answer: Answer, envelope: Envelope, redact: Redactor
) -> Later | OperatorRefusal | ModelRefusal | Refused:
    detail = message(envelope.fields, redact)
    match verdict:
        case _Verdict.LATER:
            reason = "code-6" if _is_success(answer) else f"http-{answer.status}"
            return Later(reason, detail, retry_seconds(answer.retry_after))
        case _Verdict.KEY:
            return OperatorRefusal("key-refused", detail)
        case _Verdict.BALANCE:
            return OperatorRefusal("balance-empty", detail)
        case _Verdict.MODEL:
            return ModelRefusal(detail)
        case _Verdict.CONTENT:
            return Refused("content-refused", detail)
        case _Verdict.REQUEST:
            return Refused("request-refused", detail)


def _contradiction(answer: Answer, envelope: Envelope) -> str:
    if not _is_success(answer):
        return _status_reason(answer)
    if envelope.code is None:
        return "no-code"
    return "no-id" if envelope.code == 0 else code_reason(envelope.code)


def _without_envelope(answer: Answer, fields: dict[str, Any] | None) -> str:
    if not _is_success(answer):
        return _status_reason(answer)
    return "not-json" if fields is None else "no-code"


def _status_reason(answer: Answer) -> str:
    return "redirect" if 300 <= answer.status < 400 else f"http-{answer.status}"


def _unknown(answer: Answer, reason: str, redact: Redactor) -> Unknown:
    # The beginning of the answer is kept: it may hold the id by which an administrator heals this.
    detail = redact.text(answer.body.decode("utf-8", "replace"))
    return Unknown(reason, detail, answer.status, answer.bytes_received)


def result_outcome(answer: Answer, asked: str, redact: Redactor) -> ResultOutcome:
    """What a whole answer to a question about the task ``asked`` says; no answer is an error."""
    fields = read_object(answer.body)
    envelope = read_envelope(fields)
    if envelope is None:
        return _ask_again(answer, _without_envelope(answer, fields), "")
    if envelope.fields.get("id") not in (None, asked):
        return _ask_again(answer, "other-task", "")
    if _has_ended(answer, envelope):
        return _failed(envelope, redact)
    if _is_success(answer) and envelope.code == 0:
        state = _task_state(envelope, redact)
        return state if state != Working("") else _ask_again(answer, "no-status", "")
    return _no_state(answer, envelope, redact)


def _has_ended(answer: Answer, envelope: Envelope) -> bool:
    """A failed word, or refused content with no word; from a listed status or 2xx."""
    if not _is_success(answer) and _BY_STATUS.get(answer.status) is not _Verdict.REQUEST:
        return False
    word = status_word(envelope.fields)
    content = _BY_CODE.get(envelope.code or 0) is _Verdict.CONTENT
    if word not in FAILED_WORDS:
        return content and not word
    # "status": "error" beside another code may be about the question; with an id it is the task.
    return content or bool(envelope.fields.get("id")) or envelope.code == 0


def _no_state(answer: Answer, envelope: Envelope, redact: Redactor) -> ResultOutcome:
    detail = message(envelope.fields, redact)
    if _is_missing(answer, envelope):
        return NoSuchTask(detail)
    match _verdict(answer, envelope):
        case _Verdict.KEY:
            return OperatorRefusal("key-refused", detail)
        case _Verdict.BALANCE:
            return OperatorRefusal("balance-empty", detail)
        case _:
            return _ask_again(answer, _contradiction(answer, envelope), detail)


def _is_missing(answer: Answer, envelope: Envelope) -> bool:
    """Code 4, or a 404 that does not say "no such method" (99): that would be our own mistake."""
    if envelope.code == 4:
        return _is_success(answer) or _BY_STATUS.get(answer.status) is _Verdict.REQUEST
    return answer.status == 404 and envelope.code != 99


def balance_outcome(answer: Answer, redact: Redactor) -> BalanceOutcome:
    """The balance; its documented answer carries no ``code``, so a number is enough."""
    fields = read_object(answer.body)
    envelope = read_envelope(fields)
    if envelope is not None and (envelope.code != 0 or not _is_success(answer)):
        outcome = _no_state(answer, envelope, redact)
        return (
            outcome if isinstance(outcome, OperatorRefusal) else _refused_balance(answer, outcome)
        )
    if fields is None or not _is_success(answer):
        return _ask_again(answer, _without_envelope(answer, fields), "")
    kopecks = to_kopecks(fields.get("balance"))
    if kopecks is None:
        return _ask_again(answer, "no-balance", "")
    return Balance(kopecks, to_kopecks(fields.get("creditLimit")) or 0)


def models_outcome(answer: Answer, redact: Redactor) -> ModelsOutcome:
    """The price list, as far as it can be read: ``models[]`` with ``id`` and ``price``."""
    fields = read_object(answer.body)
    envelope = read_envelope(fields)
    if envelope is not None and (envelope.code != 0 or not _is_success(answer)):
        outcome = _no_state(answer, envelope, redact)
        if isinstance(outcome, OperatorRefusal | AskAgain):
            return outcome
        return _ask_again(answer, "no-models", "")
    listed = fields.get("models") if fields is not None and _is_success(answer) else None
    if not isinstance(listed, list):
        return _ask_again(answer, "no-models", "")
    prices = {
        item["id"][:_LONGEST_MODEL]: to_kopecks(item.get("price"))
        for item in listed
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    }
    return Models(prices, http_date(answer.date))


def http_date(header: str | None) -> float | None:
    """A Date header as seconds since 1970; None when it says nothing."""
    try:
        return parsedate_to_datetime(header or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _refused_balance(answer: Answer, outcome: ResultOutcome) -> AskAgain:
    return outcome if isinstance(outcome, AskAgain) else _ask_again(answer, "no-balance", "")


def _task_state(envelope: Envelope, redact: Redactor) -> Working | Ready | Failed:
    word = status_word(envelope.fields)
    if word in FAILED_WORDS:
        return _failed(envelope, redact)
    url = link(envelope.fields, redact) if word == DONE else None
    told = echo(envelope.fields, redact)
    if url is None:
        return Working(redact.text(word), told)
    return Ready(url, cost_kopecks(envelope.fields), told)


def _failed(envelope: Envelope, redact: Redactor) -> Failed:
    detail = message(envelope.fields, redact)
    code, cost = storable_code(envelope.code), cost_kopecks(envelope.fields)
    return Failed(detail, code, cost, echo(envelope.fields, redact))


def _ask_again(answer: Answer, reason: str, detail: str) -> AskAgain:
    return AskAgain(reason, detail, retry_seconds(answer.retry_after))


def retry_seconds(header: str | None) -> float | None:
    """Retry-After as seconds from 1 to 900: a number or a date; None when it says nothing."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]+", text):
        seconds = float(text[:9]) if len(text) <= 9 else _LONGEST_WAIT
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300
