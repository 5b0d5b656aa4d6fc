"""The same recipe once more: asked about first, found by an index, never in anybody else's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import (
    AskFirst,
    Batch,
    BeyondBudget,
    Budget,
    Image,
    ImageModel,
    Order,
    Precedent,
    Prompt,
    Task,
    User,
)
from gallery.models.prompt import recipe_hash
from tests.conftest import Submit
from tests.invariants import check_money
from tests.models.test_task import FILE, rendering, sending, unknown
from tests.trash import restore, trash

LINKS = ("https://a.example/1.png", "https://a.example/2.png")


@pytest.fixture
def ask(submit: Submit) -> Callable[..., Batch]:
    """A press of the composer, which is asked about."""

    def _ask(owner: User, text: str = "a cat on a red roof", **order: Any) -> Batch:
        return submit(owner, text, insists=order.pop("insists", ""), **order)

    return _ask


def finished(task: Task) -> Image:
    rendering(task, uuid.uuid4().hex)
    assert Task.objects.ready(task.pk, "https://a.example/x.webp", None)
    claim = Task.objects.claim_save(task.pk)
    assert claim
    file = FILE.__class__(**{**vars(FILE), "name": f"originals/{task.pk}.webp"})
    assert Task.objects.keep(task.pk, claim, file)
    return Image.objects.get(task=task)


def asked(call: Callable[[], Batch]) -> Precedent:
    before = (Batch.objects.count(), Prompt.objects.count(), Task.objects.count())
    money = list(Budget.objects.values_list("held_kopecks", "spent_kopecks"))
    with pytest.raises(AskFirst) as refusal:
        call()
    assert before == (Batch.objects.count(), Prompt.objects.count(), Task.objects.count())
    assert money == list(Budget.objects.values_list("held_kopecks", "spent_kopecks"))
    return refusal.value.precedent


def test_what_was_never_made_is_not_asked_about(ask: Callable[..., Batch], alice: User) -> None:
    assert ask(alice).tasks.count() == 1


def test_pictures_open_and_unknown_tasks_are_told_apart(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    tasks = list(submit(alice, count=5).tasks.all())
    finished(tasks[0])
    finished(tasks[1])
    unknown(tasks[2])
    Task.objects.cancel(tasks[3].pk, by=alice)
    found = asked(lambda: ask(alice))
    assert (found.pictures, found.under_way, found.unknown, found.refused_at) == (2, 1, 1, None)
    assert found.prompts == (tasks[0].batch.prompt_id,)
    check_money()


@pytest.mark.parametrize(
    "other",
    [
        {"text": "a cat on a red roof."},
        {"text": "A cat on a red roof"},
        {"ratio": "16:9"},
        {"references": LINKS},
        {"references": tuple(reversed(LINKS[:1]))},
        {"model": "gpt-image-1-high"},
    ],
)
def test_whatever_differs_is_another_recipe(
    ask: Callable[..., Batch], submit: Submit, alice: User, other: dict[str, Any]
) -> None:
    submit(alice)
    if "model" in other:
        other = {"model": ImageModel.objects.get(remote_id=other["model"])}
    assert ask(alice, **other).tasks.count() == 1


def test_the_order_of_references_matters(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    submit(alice, references=LINKS)
    asked(lambda: ask(alice, references=LINKS))
    assert ask(alice, references=LINKS[::-1])


def test_nobody_is_asked_about_anothers(
    ask: Callable[..., Batch], submit: Submit, alice: User, bob: User
) -> None:
    finished(submit(bob).tasks.get())
    assert ask(alice)


def test_what_lies_in_the_trash_is_given_up(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    image = finished(submit(alice).tasks.get())
    trash(image.pk)
    assert ask(alice)


def test_a_deleted_prompt_is_no_longer_shown_but_its_kept_picture_counts(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    image = finished(submit(alice).tasks.get())
    assert Prompt.objects.trash(image.task.batch.prompt_id)  # type: ignore[union-attr]
    assert restore(image.pk)
    found = asked(lambda: ask(alice))
    assert (found.pictures, found.prompts, found.picture) == (1, (), image.pk)


def test_a_purged_prompt_keeps_no_trace_of_its_words(submit: Submit, alice: User) -> None:
    image = finished(submit(alice).tasks.get())
    prompt = Prompt.objects.get()
    assert prompt.recipe_hash == recipe_hash(prompt.model_id, prompt.text, prompt.ratio, [])
    assert Prompt.objects.trash(prompt.pk)
    Image.objects.filter(pk=image.pk).purge()
    assert Prompt.objects.purge(prompt.pk)
    prompt.refresh_from_db()
    assert prompt.recipe_hash == ""
    assert not Prompt.objects.all().like(prompt.pk).exists()
    assert not Prompt.objects.of_recipe("").exists()


def test_demo_pictures_are_not_what_real_money_would_buy(
    ask: Callable[..., Batch], submit: Submit, alice: User, settings: Any
) -> None:
    finished(submit(alice).tasks.get())
    settings.PROVIDER, settings.IS_DEMO = "https://gptunnel.ru/v1", False
    assert ask(alice)


def test_who_insists_gets_it_and_the_answer_names_this_very_recipe(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    for text in ("one", "two"):
        submit(alice, text)
    answer = asked(lambda: ask(alice, "one")).answer
    other = asked(lambda: ask(alice, "two", insists=answer))
    assert other.recipe not in answer
    assert ask(alice, "one", insists=answer).tasks.count() == 1


def test_an_answer_to_one_question_is_none_to_another(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    task = submit(alice).tasks.get()
    answer = asked(lambda: ask(alice)).answer
    assert Task.objects.refuse(task.pk, sending(task), "content-refused", "")
    found = asked(lambda: ask(alice, insists=answer))
    assert found.questions == ("refused",)
    task.refresh_from_db()
    assert found.refused_at == task.ended_at
    assert ask(alice, insists=found.answer)


@pytest.mark.parametrize("forged", ["", ".", "yes", "owned.refused", "0" * 64, "x" * 100_000])
def test_a_forged_answer_is_none(
    ask: Callable[..., Batch], submit: Submit, alice: User, forged: str
) -> None:
    submit(alice)
    asked(lambda: ask(alice, insists=forged))


def test_money_is_refused_before_anybody_is_asked(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    """So that whoever insists meets no other refusal."""
    submit(alice)
    User.objects.set_limit(alice, 500)
    with pytest.raises(BeyondBudget):
        ask(alice)


def test_a_replay_is_the_first_result_and_asks_nothing(
    ask: Callable[..., Batch], submit: Submit, alice: User
) -> None:
    token = uuid.uuid4()
    first = ask(alice, token=token)
    assert ask(alice, token=token) == first
    found = asked(lambda: ask(alice))
    again = uuid.uuid4()
    second = ask(alice, token=again, insists=found.answer)
    assert ask(alice, token=again, insists=found.answer) == second
    assert Batch.objects.count() == 2


def test_a_rerun_and_sending_again_ask_nothing(submit: Submit, alice: User) -> None:
    task = submit(alice).tasks.get()
    prompt = task.batch.prompt
    rerun = Order.rerun(prompt, token=uuid.uuid4(), count=1, price_kopecks=400)
    assert Batch.objects.submit(alice, rerun)
    unknown(task)
    Task.objects.filter(pk=task.pk).update(claimed_until=None)
    again = Order.again(task, token=uuid.uuid4(), price_kopecks=400)
    assert Batch.objects.submit(alice, again)


def test_prompts_from_before_are_found_too(
    submit: Submit, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migration does as the model does, however many there are, and leaves the purged alone."""
    for n in range(5):
        submit(alice, f"Кот № {n} \N{CAT}", references=LINKS[: n % 3], ratio="16:9")
    made = dict(Prompt.objects.values_list("pk", "recipe_hash"))
    assert len(set(made.values())) == 5
    purged = min(made)
    Prompt.objects.update(recipe_hash="")
    Prompt.objects.filter(pk=purged).update(text="", purged_at=timezone.now())
    migration = import_module("gallery.migrations.0008_recipes_and_holds")
    monkeypatch.setattr(migration, "AT_ONCE", 2)
    migration.fill(apps, SimpleNamespace(connection=connection))
    assert dict(Prompt.objects.values_list("pk", "recipe_hash")) == made | {purged: ""}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("statistics", [True, False])
def test_the_look_goes_by_the_index_of_recipes(
    submit: Submit, alice: User, image_model: ImageModel, statistics: bool
) -> None:
    finished(submit(alice).tasks.get())
    submit(alice, "another", count=8)
    Prompt.objects.bulk_create(
        Prompt(
            owner=alice, text=f"no. {n}", search_text="", model=image_model, ratio="1:1",
            recipe_hash=recipe_hash(image_model.pk, f"no. {n}", "1:1", []),
        )
        for n in range(3000)
    )  # fmt: skip
    recipe = recipe_hash(image_model.pk, "a cat on a red roof", "1:1", [])
    if statistics:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        assert Precedent.find(alice, recipe).pictures == 1
    assert len(queries) == 2
    for query in queries.captured_queries:
        plan = explained(query["sql"])
        assert "USING INDEX prompt_of_recipe (owner_id=? AND recipe_hash=?)" in plan.replace(
            "COVERING ", ""
        ), plan
        assert "SCAN" not in plan.upper(), plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(str(row) for row in cursor.fetchall())
