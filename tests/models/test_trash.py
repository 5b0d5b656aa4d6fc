"""The trash: what goes in, what comes back, and what cannot go in yet."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from gallery.models import (
    Charge,
    Image,
    Order,
    Prompt,
    PromptTrashed,
    Reference,
    StoredFile,
    Task,
    User,
)
from tests.conftest import Submit
from tests.trash import restore, trash
from tests.views.conftest import accept, doubt


def finish(task: Task) -> Image:
    """Its picture, of which only the row is looked at here."""
    accept(task)
    Task.objects.ready(task.pk, "https://pictures.example/one.webp", None)
    claim = Task.objects.claim_save(task.pk)
    assert claim
    file = StoredFile(f"originals/{task.pk}.webp", "0" * 64, 1, "image/webp", 96, 64, "#705030")
    assert Task.objects.keep(task.pk, claim, file)
    return Image.objects.get(task=task)


@pytest.fixture
def image(alice: User, submit: Submit) -> Image:
    return finish(submit(alice).tasks.get())


def test_a_picture_goes_and_comes_back_once(image: Image) -> None:
    assert trash(image.pk)
    assert not trash(image.pk)
    assert not Image.objects.in_gallery().exists()
    assert list(Image.objects.in_trash()) == [image]
    assert restore(image.pk)
    assert not restore(image.pk)
    assert list(Image.objects.in_gallery()) == [image]


def test_a_purged_picture_keeps_its_hash_and_never_comes_back(image: Image) -> None:
    assert Image.objects.filter(pk=image.pk).purge() == 0, "only what is in the trash is purged"
    trash(image.pk)
    assert Image.objects.filter(pk=image.pk).purge() == 1
    assert not restore(image.pk)
    assert not trash(image.pk)
    gone = Image.objects.purged().get()
    assert (gone.sha256, gone.created_at) == (image.sha256, image.created_at)
    assert not Image.objects.with_file().exists()


def test_a_restore_wins_against_a_purge_that_chose_it_before(image: Image) -> None:
    trash(image.pk)
    chosen = list(Image.objects.trashed_before(timezone.now()).values_list("pk", flat=True))
    restore(image.pk)
    assert Image.objects.trashed_before(timezone.now()).filter(pk__in=chosen).purge() == 0
    assert Image.objects.in_gallery().exists()


def test_a_prompt_takes_its_pictures_along_and_brings_back_just_those(
    alice: User, submit: Submit
) -> None:
    tasks = list(submit(alice, count=3).tasks.all())
    before, one, two = (finish(task) for task in tasks)
    prompt = tasks[0].batch.prompt
    other = finish(submit(alice, "another").tasks.get())
    trash(before.pk)
    assert Prompt.objects.trash(prompt.pk)
    prompt.refresh_from_db()
    assert not Prompt.objects.kept().filter(pk=prompt.pk).exists()
    stamps = dict(Image.objects.values_list("pk", "trashed_at"))
    assert stamps[one.pk] == stamps[two.pk] == prompt.trashed_at
    assert stamps[other.pk] is None
    assert list(Image.objects.trashed_alone()) == [before]
    assert Prompt.objects.restore(prompt.pk)
    assert not Prompt.objects.restore(prompt.pk)
    assert set(Image.objects.in_gallery()) == {one, two, other}
    assert list(Image.objects.in_trash()) == [before]


def test_a_prompt_with_work_under_way_stays(task: Task) -> None:
    prompt = task.batch.prompt_id
    assert not Prompt.objects.trash(prompt), "queued"
    doubt(task)
    assert not Prompt.objects.trash(prompt), "unknown"
    Task.objects.write_off(task.pk, "given-up", by=task.owner)
    assert Prompt.objects.trash(prompt)


def test_a_deleted_prompt_is_not_run_again(image: Image, alice: User, submit: Submit) -> None:
    assert image.task
    prompt = image.task.batch.prompt
    Prompt.objects.trash(prompt.pk)
    lines = Charge.objects.count()
    with pytest.raises(PromptTrashed):
        submit(alice, text="", ratio="", prompt=prompt)
    assert Charge.objects.count() == lines
    Prompt.objects.restore(prompt.pk)
    assert Order.rerun(prompt, token=image.task.batch.form_token, count=1, price_kopecks=1).prompt


def test_a_purged_prompt_has_no_words_and_keeps_its_receipts(
    image: Image, alice: User, submit: Submit
) -> None:
    batch = submit(alice, "secret words", references=("https://a.example/secret.png",))
    Task.objects.cancel(batch.tasks.get().pk, by=alice)
    prompt = batch.prompt
    assert not Prompt.objects.purge(prompt.pk), "only what is in the trash is purged"
    Prompt.objects.trash(prompt.pk)
    assert Prompt.objects.purge(prompt.pk)
    assert not Prompt.objects.restore(prompt.pk)
    prompt.refresh_from_db()
    assert (prompt.text, prompt.search_text) == ("", "")
    assert prompt.created_at
    assert not Reference.objects.filter(prompt=prompt).exists()
    assert Charge.objects.filter(task__batch=batch).count() == 2
    assert Prompt.objects.exclude(pk=prompt.pk).get().text


def test_a_prompt_whose_lost_task_is_asked_again_keeps_its_words(task: Task) -> None:
    accept(task)
    Task.objects.lose(task.pk, "never-came")
    assert Prompt.objects.trash(task.batch.prompt_id)
    Task.objects.ask_again(task.pk, by=task.owner)
    assert not Prompt.objects.purge(task.batch.prompt_id)
    assert not Prompt.objects.trashed_before(timezone.now()).at_rest().exists()


def test_trashed_before(image: Image) -> None:
    trash(image.pk)
    now = timezone.now()
    assert Image.objects.trashed_before(now).exists()
    assert not Image.objects.trashed_before(now - timedelta(seconds=60)).exists()


@pytest.mark.django_db(transaction=True)
def test_restore_and_purge_at_once_have_one_winner(alice: User, submit: Submit) -> None:
    images = [finish(task) for task in submit(alice, count=8).tasks.all()]
    for image in images:
        trash(image.pk)
        barrier, won = threading.Barrier(2), list[str]()

        def run(name: str, pk: int = image.pk) -> None:
            barrier.wait()  # noqa: B023 - joined before the next turn
            act = restore if name == "restore" else _purge
            if act(pk):
                won.append(name)  # noqa: B023
            connection.close()

        threads = [threading.Thread(target=run, args=(name,)) for name in ("restore", "purge")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        image.refresh_from_db()
        assert image.is_purged == (won == ["purge"])
        assert image.is_trashed == image.is_purged


def _purge(pk: int) -> bool:
    return Image.objects.filter(pk=pk).purge() == 1
