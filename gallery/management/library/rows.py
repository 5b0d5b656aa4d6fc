"""The rows of a library, many at once, such that everything the house promises of rows holds."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from gallery.archive import store
from gallery.models import (
    DEMO,
    Batch,
    Budget,
    Charge,
    ChargeKind,
    Collection,
    Image,
    ImageModel,
    Membership,
    Prompt,
    Tag,
    Tagging,
    Task,
    TaskStatus,
    fold,
)
from gallery.models.prompt import recipe_hash

from .pour import pour
from .sketch import draw, pixels
from .texts import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from gallery.models import User

PROMPTS_AT_ONCE = 1000
"""Prompts, with their pictures, in one transaction: nobody else waits longer to write."""
MONTHS = 24
PER_PROMPT = (1, 1, 2, 4, 4, 4, 4, 8, 8)
FULL_SIZE = 1024
COLORS = ("#705030", "#30506f", "#8a8f7a", "#c8a060", "#2b3340", "#9c4f3f", "#5f7f66")
TAGS = ("poster", "cover", "draft", "client", "texture", "ёлка", "обложка", "черновик", "заказ",
        "winter", "portrait", "icon", "печать", "night city", "sketch", "banner")  # fmt: skip
COLLECTIONS = ("Best of the year", "Зимний каталог", "For the website", "Calendar", "Обложки",
               "Client: Polar Tea", "Референсы", "To print")  # fmt: skip
MODELS = 6
WITH_OWN_DATES = (Prompt, Batch, Task, Charge, Image)


@contextmanager
def own_dates() -> Iterator[None]:
    """Rows keep the date that they are given, for the length of this."""
    fields: list[Any] = [kind._meta.get_field("created_at") for kind in WITH_OWN_DATES]
    for field in fields:
        field.auto_now_add = False
    try:
        yield
    finally:
        for field in fields:
            field.auto_now_add = True


class Librarian:
    """Adds a library to what one user has: the newest pictures with files, the others without.

    A picture without a file shows its colour, as one does whose thumbnail is still to come.
    """

    def __init__(self, user: User, *, seed: int = 7) -> None:
        self.user = user
        self.dice = Random(seed)  # noqa: S311 - for texts and dates
        self.writer = Writer(self.dice)
        self.models = list(ImageModel.objects.order_by("-is_enabled", "position")[:MODELS])
        self.now = timezone.now()
        self.made = 0

    def build(self, images: int, sample: int) -> Iterator[int]:
        """Make them, oldest first, and tell after each transaction how many there are."""
        self.images, self.sample = images, min(sample, images)
        self.tags = [self._own(Tag, name) for name in TAGS]
        self.collections = [self._own(Collection, name) for name in COLLECTIONS]
        with own_dates():
            while self.made < images:
                with transaction.atomic():
                    self._some()
                yield self.made
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _own(self, kind: Any, name: str) -> Any:
        return kind.objects.get_or_create(owner=self.user, key=fold(name), defaults={"name": name})[
            0
        ]

    def _when(self, number: int) -> datetime:
        """Later ones are closer together: people come to like it."""
        age = 1 - ((number + 1) / self.images) ** 0.6
        return self.now - timedelta(days=MONTHS * 30.4 * age)

    def _some(self) -> None:
        counts: list[int] = []
        left = self.images - self.made
        while left and len(counts) < PROMPTS_AT_ONCE:
            counts.append(min(left, self.dice.choice(PER_PROMPT)))
            left -= counts[-1]
        batches = self._batches(counts)
        tasks = pour(list(self._tasks(batches)))
        self._pay(tasks)
        pictures = pour(
            [self._picture(task, number) for number, task in enumerate(tasks, self.made)]
        )
        self._choose(pictures)
        self.made += len(tasks)

    def _batches(self, counts: list[int]) -> list[Batch]:
        prompts, dates, number = [], [], self.made
        for count in counts:
            model = self.dice.choice(self.models)
            ratio = self.dice.choice(model.ratios)
            text = self.writer.prompt(number / self.images)
            dates.append(self._when(number))
            prompts.append(
                Prompt(
                    owner=self.user, text=text, search_text=fold(text), model=model, ratio=ratio,
                    recipe_hash=recipe_hash(model.pk, text, ratio, []), created_at=dates[-1],
                )
            )  # fmt: skip
            number += count
        return Batch.objects.bulk_create(
            Batch(
                owner=self.user, prompt=prompt, form_token=uuid.uuid4(), content_hash="",
                count=count, price_kopecks=prompt.model.price_kopecks, created_at=when,
            )
            for prompt, count, when in zip(
                Prompt.objects.bulk_create(prompts), counts, dates, strict=True
            )
        )  # fmt: skip

    def _tasks(self, batches: list[Batch]) -> Iterator[Task]:
        for batch in batches:
            sent = batch.created_at + timedelta(seconds=5)
            for position in range(batch.count):
                ready = sent + timedelta(seconds=self.dice.uniform(6, 60))
                cheaper = self.dice.random() < 0.03
                yield Task(
                    batch=batch, owner=self.user, model=batch.prompt.model, position=position,
                    provider=DEMO, price_kopecks=batch.price_kopecks, status=TaskStatus.DONE,
                    created_at=batch.created_at, due_at=sent, attempts=1, sent_at=sent,
                    remote_id=f"library-{uuid.uuid4().hex}", accepted_at=sent, polls=1,
                    ready_at=ready, saves=1, ended_at=ready,
                    cost_kopecks=batch.price_kopecks // 2 if cheaper else None,
                )  # fmt: skip

    # Money

    def _pay(self, tasks: Sequence[Task]) -> None:
        """Each held, settled, and adjusted when it cost something else; and the months' sums."""
        spent: dict[date, int] = {}
        lines = []
        for task in tasks:
            month = timezone.localtime(task.created_at, timezone.get_default_timezone())
            of = month.date().replace(day=1)
            line = {"task": task, "user": self.user, "month": of, "demo": True}
            price, cost = task.price_kopecks, _cost(task)
            at = _end(task)
            lines += [
                Charge(
                    kind=ChargeKind.HOLD, held_kopecks=price, spent_kopecks=0,
                    created_at=task.created_at, **line,
                ),
                Charge(
                    kind=ChargeKind.SETTLE, held_kopecks=-price, spent_kopecks=price,
                    created_at=at, **line,
                ),
            ]  # fmt: skip
            if cost != price:
                lines.append(
                    Charge(
                        kind=ChargeKind.ADJUST, held_kopecks=0, spent_kopecks=cost - price,
                        created_at=at, **line,
                    )
                )  # fmt: skip
            spent[of] = spent.get(of, 0) + cost
        pour(lines)
        # This month's rows have the standing limits; months that are over have none to keep to.
        Budget.objects.open_month(self.user, demo=True)
        for of, kopecks in spent.items():
            for whose in (None, self.user):
                Budget.objects.get_or_create(month=of, user=whose, demo=True)
            Budget.objects.book(self.user.pk, of, demo=True, held=0, spent=kopecks)

    # Pictures

    def _picture(self, task: Task, number: int) -> Image:
        prompt = task.batch.prompt
        image = Image(
            owner=self.user, task=task, prompt=prompt, model=prompt.model, ratio=prompt.ratio,
            cost_kopecks=_cost(task), demo=True, mime="image/webp", created_at=_end(task),
            favourite=self.dice.random() < 0.05, rating=self._rating(),
            file=f"originals/library/{self.user.pk}-{task.pk % 1000:03}/{task.pk}.webp",
            color=self.dice.choice(COLORS), sha256=f"{self.dice.getrandbits(256):064x}",
            size=self.dice.randrange(200_000, 2_000_000),
        )  # fmt: skip
        width, height = pixels(prompt.ratio)
        image.width, image.height = (
            round(edge * FULL_SIZE / max(width, height)) for edge in (width, height)
        )
        if number >= self.images - self.sample:
            self._draw(image, prompt.text, number, (width, height))
        return image

    def _draw(self, image: Image, words: str, number: int, size: tuple[int, int]) -> None:
        with store.receive(settings.DATA_DIR) as incoming:
            incoming.write(draw(words, number, size))
            store.keep(incoming, settings.DATA_DIR, image.file)
        image.sha256, image.size = incoming.sha256, incoming.size
        image.width, image.height = size

    def _rating(self) -> int:
        return self.dice.choice((0, 0, 0, 0, 0, 1, 2, 3, 3, 4, 4, 5))

    def _choose(self, pictures: Sequence[Image]) -> None:
        """Tags on some, and some in collections; a few words and names have most of them."""
        taggings, memberships = [], []
        for place, image in enumerate(pictures, self.made):
            if self.dice.random() < 0.3:
                few = {self._likely(self.tags) for _ in range(self.dice.randrange(1, 4))}
                taggings += [Tagging(tag=tag, image=image) for tag in few]
            if self.dice.random() < 0.06:
                memberships.append(
                    Membership(
                        collection=self._likely(self.collections), image=image, place=place * 1000
                    )
                )
        pour(taggings)
        pour(memberships)

    def _likely(self, rows: list[Any]) -> Any:
        return rows[int(len(rows) * self.dice.random() ** 2)]


def _cost(task: Task) -> int:
    return task.price_kopecks if task.cost_kopecks is None else task.cost_kopecks


def _end(task: Task) -> datetime:
    assert task.ended_at
    return task.ended_at
