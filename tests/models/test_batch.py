"""One press, one batch: whole or not at all, once for each token, at the price agreed to."""

from __future__ import annotations

import uuid

import pytest

from gallery.models import (
    Batch,
    BatchKind,
    BeyondBudget,
    Budget,
    Charge,
    ImageModel,
    Left,
    ModelOff,
    NoLongerUnknown,
    Order,
    PriceChanged,
    Prompt,
    Task,
    TaskStatus,
    TokenReused,
    User,
)
from tests.conftest import Submit
from tests.invariants import check_money
from tests.models.test_task import claim_is_over, unknown


def test_a_batch_is_accepted_whole(submit: Submit, alice: User) -> None:
    batch = submit(alice, count=8, references=("https://a.example/1.png",))
    assert batch.tasks.count() == 8
    assert batch.total_kopecks == 3200
    assert batch.prompt.reference_urls == ["https://a.example/1.png"]
    purse, own = Budget.objects.order_by("user")
    assert (purse.held_kopecks, own.held_kopecks) == (3200, 3200)
    check_money()


def test_the_same_token_and_content_give_the_first_result(submit: Submit, alice: User) -> None:
    token = uuid.uuid4()
    first = submit(alice, token=token)
    assert submit(alice, token=token) == first
    assert Task.objects.count() == 1
    assert Prompt.objects.count() == 1


def test_a_replay_is_recognised_though_the_price_has_changed(
    submit: Submit, alice: User, image_model: ImageModel
) -> None:
    token = uuid.uuid4()
    first = submit(alice, token=token)
    ImageModel.objects.filter(pk=image_model.pk).update(price_kopecks=500)
    assert submit(alice, token=token) == first


def test_the_same_token_with_other_content_is_refused(submit: Submit, alice: User) -> None:
    token = uuid.uuid4()
    submit(alice, token=token)
    with pytest.raises(TokenReused):
        submit(alice, "another", token=token)
    with pytest.raises(TokenReused):
        submit(alice, count=2, token=token)
    assert Task.objects.count() == 1


def test_tokens_of_two_people_do_not_meet(submit: Submit, alice: User, bob: User) -> None:
    token = uuid.uuid4()
    assert submit(alice, token=token) != submit(bob, "another", token=token)


def test_a_stale_or_forged_price_is_refused_with_todays(submit: Submit, alice: User) -> None:
    with pytest.raises(PriceChanged) as refusal:
        submit(alice, price_kopecks=1)
    assert refusal.value.price_kopecks == 400
    assert not Batch.objects.exists()
    assert not Prompt.objects.exists()


def test_a_model_that_is_off_is_refused(
    submit: Submit, alice: User, image_model: ImageModel
) -> None:
    ImageModel.objects.switch_off(image_model.pk, "by-hand")
    with pytest.raises(ModelOff):
        submit(alice)
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("whose", ["purse", "user"])
def test_beyond_a_limit_nothing_is_held_and_it_says_how_many_fit(
    submit: Submit, alice: User, whose: str
) -> None:
    if whose == "purse":
        Budget.objects.set_purse(1000)
    else:
        User.objects.set_limit(alice, 1000)
        alice.refresh_from_db()
    with pytest.raises(BeyondBudget) as refusal:
        submit(alice, count=3)
    assert (refusal.value.whose, refusal.value.fits) == (whose, 2)
    assert not Charge.objects.exists()
    assert not Prompt.objects.exists()
    submit(alice, count=2)
    with pytest.raises(BeyondBudget) as refusal:
        submit(alice)
    assert refusal.value.fits == 0
    check_money()


@pytest.mark.parametrize(
    ("purse", "own", "whose", "fits"),
    [
        (1000, 500, "user", 1),
        (500, 1000, "purse", 1),
        (800, 800, "user", 2),
        (100, 2000, "purse", 0),
        (None, 900, "user", 2),
        (900, None, "purse", 2),
    ],
)
def test_what_is_said_to_fit_fits_both_limits(
    submit: Submit, alice: User, purse: int | None, own: int | None, whose: str, fits: int
) -> None:
    Budget.objects.set_purse(purse)
    User.objects.set_limit(alice, own)
    alice.refresh_from_db()
    left = Budget.objects.left(alice, demo=True)
    assert left
    assert not Budget.objects.exists(), "a look writes nothing"
    assert left == Left(whose, min(one for one in (purse, own) if one is not None))
    with pytest.raises(BeyondBudget) as refusal:
        submit(alice, count=8)
    assert (refusal.value.whose, refusal.value.fits) == (whose, fits)
    if fits:
        submit(alice, count=fits)
        rest = Budget.objects.left(alice, demo=True)
        assert rest
        assert rest.kopecks < 400
    check_money()


def test_without_a_limit_nothing_is_said_to_be_left(submit: Submit, alice: User) -> None:
    assert Budget.objects.left(alice, demo=True) is None
    submit(alice)
    assert Budget.objects.left(alice, demo=True) is None


def test_demo_money_leaves_real_money_alone(submit: Submit, alice: User) -> None:
    User.objects.set_limit(alice, 1000)
    alice.refresh_from_db()
    submit(alice, count=2)
    assert Budget.objects.left(alice, demo=True) == Left("user", 200)
    assert Budget.objects.left(alice, demo=False) == Left("user", 1000)


def test_a_limit_that_was_lowered_below_what_is_held_leaves_nothing(
    submit: Submit, alice: User
) -> None:
    submit(alice, count=3)
    User.objects.set_limit(alice, 500)
    assert Budget.objects.left(alice, demo=True) == Left("user", 0)
    with pytest.raises(BeyondBudget) as refusal:
        submit(alice)
    assert refusal.value.fits == 0


def test_a_limit_set_in_mid_month_holds_at_once(submit: Submit, alice: User) -> None:
    submit(alice, count=2)
    User.objects.set_limit(alice, 400)
    with pytest.raises(BeyondBudget):
        submit(alice)
    User.objects.set_limit(alice, None)
    submit(alice)
    check_money()


def test_rerun_is_a_new_batch_of_the_same_prompt(submit: Submit, alice: User) -> None:
    prompt = submit(alice).prompt
    order = Order.rerun(prompt, token=uuid.uuid4(), count=2, price_kopecks=400)
    batch = Batch.objects.submit(alice, order)
    assert (batch.kind, batch.prompt, batch.tasks.count()) == (BatchKind.RERUN, prompt, 2)


def test_an_edited_prompt_knows_its_parent(submit: Submit, alice: User) -> None:
    parent = submit(alice).prompt
    child = submit(alice, "a dog", parent=parent).prompt
    assert list(parent.children.all()) == [child]


def test_sending_again_writes_the_unknown_task_off(task: Task, alice: User) -> None:
    unknown(task)
    order = Order.again(task, token=uuid.uuid4(), price_kopecks=400)
    with pytest.raises(NoLongerUnknown):
        Batch.objects.submit(alice, order)
    assert Batch.objects.count() == 1, "the first send may still be under way"
    claim_is_over(task)
    batch = Batch.objects.submit(alice, order)
    assert batch.kind == BatchKind.AGAIN
    task.refresh_from_db()
    assert task.status == TaskStatus.WRITTEN_OFF
    check_money()


def test_a_limit_that_is_set_meanwhile_counts(submit: Submit, alice: User) -> None:
    stale = User.objects.get(pk=alice.pk)
    User.objects.set_limit(alice, 500)
    with pytest.raises(BeyondBudget):
        submit(stale, count=2)
    submit(stale)
    assert Budget.objects.get(user=alice).limit_kopecks == 500
