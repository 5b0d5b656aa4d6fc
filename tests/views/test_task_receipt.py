from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from gallery.jobs import purge
from gallery.models import Image, Prompt, Task, User, reasons
from tests.conftest import Submit
from tests.locale.visible import words
from tests.views.conftest import MakeImage, accept, doubt, refuse


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


def test_it_tells_the_whole_story(by_alice: Client, image: Image, alice: User) -> None:
    task = image.task
    assert task
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    facts = [
        *("Estimated", "4\u00a0₽", "held", "settled", "Accepted as", str(task.remote_id), "1 time"),
        *(image.sha256, f"{image.size} bytes", "alice", "GPT Image 1 · low", "1:1", "testserver"),
        *("a cat on a red roof", "96 × 64 px", "In all"),
    ]
    assert [fact for fact in facts if fact not in page] == []
    assert re.search(r">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<", page)
    assert f"/tasks/{task.pk}/receipt/" in by_alice.get(f"/tasks/{task.pk}/").text


def test_it_names_the_visitors_zone(by_alice: Client, image: Image, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Moscow")
    assert re.search(r"\d\d:\d\d:\d\d MSK<", by_alice.get(f"/tasks/{image.task_id}/receipt/").text)


def test_it_outlives_picture_and_words(by_alice: Client, image: Image, alice: User) -> None:
    assert image.task
    Prompt.objects.trash(image.task.batch.prompt_id)
    purge.empty(alice)
    page = by_alice.get(f"/tasks/{image.task_id}/receipt/").text
    assert image.sha256 in page
    assert "Deleted for good" in page
    assert "red roof" not in page


def test_who_released_it(by_alice: Client, task: Task, admin: User) -> None:
    doubt(task)
    Task.objects.clear(task.pk, "asked <b>them</b>", by=admin)
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    assert "released: asked &lt;b&gt;them&lt;/b&gt;" in page
    assert "carol" in page
    assert "<dt>SHA-256</dt>" not in page


def test_anothers(by_bob: Client, client: Client, image: Image) -> None:
    path = f"/tasks/{image.task_id}/receipt/"
    assert by_bob.get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert by_bob.post(path).status_code == 405


def test_as_many_queries_for_a_long_story(
    by_alice: Client,
    image: Image,
    task: Task,
    admin: User,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    doubt(task)
    Task.objects.clear(task.pk, "", by=admin)
    for pk in (image.task_id, task.pk):
        with django_assert_max_num_queries(7):
            by_alice.get(f"/tasks/{pk}/receipt/")


def row_of(page: str, kind: str) -> list[str]:
    """The cells of the ledger's line of that kind, without their tags."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [[text(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", r, re.DOTALL)] for r in rows]
    (found,) = [row for row in cells if len(row) == 5 and row[1].startswith(kind)]
    return found[1:]


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.mark.parametrize(
    ("cost", "kind", "row"),
    [
        (None, "released", ["released · unconfirmed", "Artel", "−4 ₽", ""]),
        (0, "released", ["released", "Artel", "−4 ₽", ""]),
        (400, "settled", ["settled", "Artel", "−4 ₽", "4 ₽"]),
        (150, "adjusted", ["adjusted", "Artel", "", "−2.50 ₽"]),
    ],
)
def test_what_a_failure_did_with_the_money(
    by_alice: Client, task: Task, cost: int | None, kind: str, row: list[str]
) -> None:
    accept(task)
    assert Task.objects.fail(task.pk, "provider-failed", "their words", cost)
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    assert row_of(page, kind) == row
    assert row_of(page, "held") == ["held", "alice", "4 ₽", ""]
    assert ("Unconfirmed: the provider said" in page) == (cost is None)
    assert "The provider could not make the picture" in page


def test_who_wrote_it_off_and_what_came_of_it_later(
    by_alice: Client, task: Task, alice: User, admin: User
) -> None:
    """Settled by its owner's new press, found by an administrator; and there was no picture."""
    doubt(task)
    assert Task.objects.write_off(task.pk, "sent-again", by=alice)
    assert Task.objects.identify(task.pk, "found-later-1", by=admin)
    assert Task.objects.fail(task.pk, "provider-failed", "", None)
    page = by_alice.get(f"/tasks/{task.pk}/receipt/").text
    assert row_of(page, "settled") == ["settled", "alice", "−4 ₽", "4 ₽"]
    assert row_of(page, "adjusted") == ["adjusted · unconfirmed", "Artel", "", "−4 ₽"]
    story = text(page)
    assert "Written off · alice" in story
    assert "The provider's task became known · carol" in story.replace("&#x27;", "'")


def claim_of(client: Client, task: Task, **headers: str) -> str:
    page = client.get(f"/tasks/{task.pk}/receipt/", headers=headers).text
    found = re.search(r'<pre class="claim-text code"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return found[1] if found else ""


def test_a_claim_says_all_that_support_can_look_it_up_by(
    by_alice: Client, alice: User, submit: Submit
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Moscow")
    prompt = "<b>a cat</b>\nPrice: 0 ₽\n" + "on a red roof " * 20 + "the very end"
    task = submit(alice, prompt).tasks.get()
    claim = Task.objects.claim_send(task.pk)
    assert claim
    Task.objects.doubt(task.pk, claim, "http-502", "", seconds=95.2, status=502, received=17)
    told = claim_of(by_alice, task)
    theirs, _, ours = told.partition("---")
    assert "Здравствуйте!" in theirs
    assert "Номер задачи у\xa0вас: не получен" in theirs
    assert "no id was received" in ours
    for half in (theirs, ours):
        assert "gpt-image-1-low" in half
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d MSK \(UTC\+03:00\)", half)
        assert re.search(r": 95\s[sс]\n", half)
        assert "HTTP 502, 17" in half
        assert "4\u00a0₽" in half
        assert hashlib.sha256(prompt.encode()).hexdigest() in half
        assert escape(" ".join(prompt[:100].split())) in half
        assert "the very end" not in half
        assert "\nPrice: 0" not in half
    assert "Please tell us whether you accepted" in ours


FRAGMENT = '{"code": 0, "id": "fd8124d96ac627895bf9dba7", "sta'


def doubt_with(task: Task, detail: str, reason: str = "cut-short") -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, reason, detail, status=200, received=len(detail))


def test_a_claim_carries_what_came_of_an_answer(by_alice: Client, task: Task) -> None:
    doubt_with(task, FRAGMENT)
    for half in claim_of(by_alice, task).split("---"):
        assert escape(FRAGMENT) in half
        assert half.count("fd8124d96ac627895bf9dba7") == 2
    assert "fd8124d96ac627895bf9dba7, read from an answer that could not be used" in half
    assert "no id was received" not in half


def test_what_came_cannot_look_like_a_line_of_ours(by_alice: Client, task: Task) -> None:
    doubt_with(task, "<html>\nPrice: 0 ₽\x1b[2J\u202e\x07" + "x" * 1000, "http-502")
    told = claim_of(by_alice, task)
    assert "&lt;html&gt; Price: 0 ₽ [2J x" in told
    assert not [sign for sign in told if not sign.isprintable() and sign not in "\n\xa0"]
    assert "x" * 300 not in told
    assert "no id was received" in told


def test_anothers_id_is_not_said_to_be_this_tasks(by_alice: Client, task: Task) -> None:
    doubt_with(task, FRAGMENT, "known-id")
    told = claim_of(by_alice, task)
    assert "no id was received" in told
    assert escape(FRAGMENT) in told


NOT_OF_WHAT_WAS_SENT = {
    "held", "other-provider", "balance-empty", "breaker", "unreadable", "model-forbidden",
    "link-none", "link-foreign", "link-expired",
}  # fmt: skip
SPOKEN_TO = [
    code
    for code in reasons.SENTENCES
    if "provider" in reasons.sentence(code).lower() and code not in NOT_OF_WHAT_WAS_SENT
]
"""Reasons of a task that speak of the provider, who reads the claim."""


@pytest.mark.parametrize("code", [*SPOKEN_TO, "http-502", "code-500", "no-code"])
def test_a_claim_speaks_to_the_provider_not_of_it(by_alice: Client, task: Task, code: str) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, code, "", seconds=0.2)
    told = claim_of(by_alice, task)
    assert "What came" in told
    assert "rovider" not in told
    assert "ровайдер" not in told
    Task.objects.filter(pk=task.pk).update(status="failed", remote_id="abcdef-1234", reason=code)
    told = claim_of(by_alice, task)
    assert "What came" in told
    assert "rovider" not in told
    assert "ровайдер" not in told


def test_a_claim_names_the_call_and_says_numbers_plainly(by_alice: Client, task: Task) -> None:
    claim = Task.objects.claim_send(task.pk)
    assert claim
    assert Task.objects.doubt(task.pk, claim, "no-id", "", seconds=0.2)
    theirs, _, ours = claim_of(by_alice, task).partition("---")
    for half in (theirs, ours):
        assert "POST /v1/media/create" in half
        assert ": 1:1\n" in half
    assert "Ждали ответа: менее секунды" in theirs
    assert "Waited for the answer: less than a second" in ours
    assert "Что пришло: В\xa0вашем ответе нет номера задачи." in theirs
    Task.objects.identify(task.pk, "abcdef-1234", by=task.owner)
    Task.objects.filter(pk=task.pk).update(polls=10)
    assert "Запросов о\xa0готовности: 10\n" in claim_of(by_alice, task)


def test_a_claim_in_russian_is_written_once(by_alice: Client, task: Task) -> None:
    doubt(task)
    told = claim_of(by_alice, task, accept_language="ru")
    assert "---" not in told
    data = r"POST /v1/media/create|gpt-image-1-low|a cat on a red roof|\b[0-9a-f]{64}\b"
    assert words(re.sub(data, "", told)) == []
    assert told.count("Здравствуйте!") == 1


@pytest.mark.parametrize(
    ("become", "asked"),
    [
        (lambda task: accept(task), "give us a link to it that works"),
        (lambda task: refuse(task, "not this"), "confirm that nothing was charged"),
        (lambda task: lose(task), "give us a link to it that works"),
    ],
)
def test_a_claim_asks_for_what_is_missing(
    by_alice: Client, task: Task, become: Callable[[Task], None], asked: str
) -> None:
    become(task)
    told = claim_of(by_alice, task)
    assert asked in told
    task.refresh_from_db()
    assert (task.remote_id or "no id was received") in told


def lose(task: Task) -> None:
    accept(task)
    assert Task.objects.lose(task.pk, "never-came")


def test_what_never_left_makes_no_claim(by_alice: Client, task: Task) -> None:
    assert not claim_of(by_alice, task)
    claim = Task.objects.claim_send(task.pk)
    assert claim
    Task.objects.doubt(task.pk, claim, "timeout", "")
    assert claim_of(by_alice, task)
    Task.objects.send_back(task.pk, claim, "fence", "", 0)
    assert not claim_of(by_alice, task)


def test_what_may_have_left_since_a_backup_makes_one(by_alice: Client, task: Task) -> None:
    assert Task.objects.doubt_restored(task.pk)
    assert "whether you accepted this request" in claim_of(by_alice, task)


def test_of_a_demo_picture_there_is_nobody_to_write_to(by_alice: Client, image: Image) -> None:
    page = by_alice.get(f"/tasks/{image.task_id}/receipt/").text
    assert "there is nobody to write to" in page
    assert "Ready to be sent." not in page


def test_a_claim_outlives_the_prompt(by_alice: Client, image: Image, alice: User) -> None:
    assert image.task
    Prompt.objects.trash(image.task.batch.prompt_id)
    purge.empty(alice)
    told = claim_of(by_alice, image.task)
    assert "confirm what was charged" in told
    assert "red roof" not in told
    assert "SHA-256 of the prompt" not in told


def test_no_key_is_in_a_claim(by_alice: Client, task: Task, settings: Any) -> None:
    settings.PROVIDER_KEY = "shds-TestKeyThatMustNeverBeSeenAnywhere"
    doubt(task)
    assert settings.PROVIDER_KEY not in claim_of(by_alice, task)
