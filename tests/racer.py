"""One of several processes that do the same at the same time: `python -m tests.racer DATABASE`.

Each line of its standard input names one of the deeds below and what to do it to; it answers with a
line that says how each try went. A line without tries starts it.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.models import F  # noqa: E402

from gallery.models import (  # noqa: E402
    Batch,
    Budget,
    ImageModel,
    Order,
    Prompt,
    Task,
    User,
)
from gallery.models.budget import OverLimit  # noqa: E402

PRICE = 100


@cache
def alice() -> User:
    return User.objects.get(username="alice")


@cache
def model() -> ImageModel:
    return ImageModel.objects.get(remote_id="gpt-image-1-low")


def hold(whose: str) -> bool:
    """Hold a price. Each UPDATE by itself is to keep the limit, so no transaction is around."""
    try:
        Budget.objects.hold(alice(), PRICE, demo=True)
    except OverLimit:
        return False
    return True


def hold_naively(whose: str) -> bool:
    """The guard off: look whether it fits in the purse or the user's limit, then write the sum."""
    purse, own = Budget.objects.open_month(alice(), demo=True)
    row = {"purse": purse, "user": own}[whose]
    left = row.left_kopecks
    if left is None or left < PRICE:
        return False
    Budget.objects.filter(pk=row.pk).update(held_kopecks=F("held_kopecks") + PRICE)
    return True


def press(token: str) -> bool:
    """Order with a form token."""
    order = Order(uuid.UUID(token), 1, model().price_kopecks, model(), text="a race", ratio="1:1")
    Batch.objects.submit(alice(), order)
    return True


def press_naively(token: str) -> bool:
    """The guard off: the token is no key of the table, and only looked for."""
    if Batch.objects.filter(content_hash=token).exists():
        return False
    Batch.objects.create(
        owner=alice(),
        prompt=Prompt.objects.get(),
        form_token=uuid.uuid4(),
        content_hash=token,
        count=1,
        price_kopecks=PRICE,
    )
    return True


def claim_send(task: int) -> bool:
    return Task.objects.claim_send(task) is not None


def claim_save(task: int) -> bool:
    return Task.objects.claim_save(task) is not None


def claim_naively(task: int) -> bool:
    """The guard off: look whether it is free, then take it."""
    if not Task.objects.filter(pk=task, claim=None).exists():
        return False
    Task.objects.filter(pk=task).update(claim=uuid.uuid4())
    return True


DEEDS: dict[str, Callable[[Any], bool]] = {
    deed.__name__: deed
    for deed in (
        hold,
        hold_naively,
        press,
        press_naively,
        claim_send,
        claim_save,
        claim_naively,
    )
}


def main(lines: Iterable[str]) -> None:
    connection.settings_dict["NAME"] = sys.argv[1]
    connection.ensure_connection()
    for line in lines:
        told = json.loads(line)
        deed = DEEDS[told["deed"]]
        # Each race has rows of its own.
        alice.cache_clear()
        model.cache_clear()
        found = [deed(one) for one in told["tries"]]
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.stdin)
