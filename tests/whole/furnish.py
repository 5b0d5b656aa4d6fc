"""Fills a new installation as months of use would: people, pictures, money, tasks in every state.

Runs inside the installation (`manage.py shell`), before it is started, and only by the models' own
verbs; only the clock is put back for some of it. Prints what the pages' addresses need.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client
from django.utils import timezone

from gallery.archive import store, thumbnails
from gallery.archive.inspect import inspect
from gallery.demo.pictures import paint, to_webp
from gallery.jobs import likenesses, pump
from gallery.jobs import zip as zips
from gallery.models import (
    Balance,
    Batch,
    Budget,
    Change,
    Charge,
    Collection,
    Comparison,
    Event,
    Image,
    ImageModel,
    Order,
    Pause,
    Question,
    SavedSearch,
    StoredFile,
    Studio,
    Tag,
    Task,
    User,
    Zip,
)
from tests.trash import trash

if TYPE_CHECKING:
    from gallery.models import Prompt

PASSWORD = "wonderland-1865"
TINY = 0.25
"""Pictures of a smaller scale are looked at by programs alone."""

PROMPTS = [
    ("A lighthouse above a stormy sea at dusk, thick oil paint", "16:9"),
    ("Лиса спит в библиотеке под лампой, тёплый свет, масло", "1:1"),
    ("Papercut canyon, seven layers, hard light from the left", "3:4"),
    ("Туман над берёзовым лесом на рассвете, вид сверху", "16:9"),
    ("Botanical plate of a fern and its spores, cream paper", "3:4"),
    ("Neon city in the rain, seen from a tram, 35 mm", "9:16"),
    ("Северное сияние над замёрзшим озером, долгая выдержка", "21:9"),
    ("A ginger cat on a window sill, watching snow", "1:1"),
    ("Glass balloons over a mint horizon, studio light", "4:3"),
    ("Дюны после бури, длинные тени, ни одного следа", "16:9"),
    ("Saturn rising behind a ridge, risograph, two inks", "9:16"),
    ("Terrazzo pattern in lavender and moss, seamless", "1:1"),
    ("Горы в тумане, слои, тушь на рисовой бумаге", "4:3"),
    ("A woven carpet of autumn leaves, macro", "1:1"),
    ("Букет полевых трав в стеклянной банке, утренний свет", "3:4"),
    ("Wind drawn as ribbons over a wheat field", "21:9"),
]
LONG = (
    "Рентгеноэлектрокардиографический кабинет превысокомногорассмотрительствующего"
    " частнопредпринимательского достопримечательностенаблюдателя:"
    " тысячедевятьсотвосьмидесятидевятимиллиметровый светочувствительный фотоэкспонометр"
    " на подоконнике, за окном человеконенавистничествующий ноябрь и фонари вдоль набережной,"
    " плёночное зерно, приглушённые тона, вид сквозь мокрое стекло, глубина резкости в три пальца"
)
LINKS = (
    "https://storage.yandexcloud.net/artel/sketches/a-lighthouse-in-pencil-second-version.png",
    "https://xn--80aesfpebagmfblc0a.xn--p1ai/uploads/2026/11/%D1%8D%D1%81%D0%BA%D0%B8%D0%B7.webp",
)


class Furnisher:
    def __init__(self, scale: float, pictures: int) -> None:
        self.scale = scale
        self.pictures = pictures
        self.known: dict[tuple[str, str], bytes] = {}
        self.topped_up = self.taken = 0
        self.found: dict[str, Any] = {"sessions": {}, "ids": {}, "links": {}}

    def run(self) -> dict[str, Any]:
        Studio.objects.current()
        Studio.objects.filter(pk=1).update(undo_send_seconds=0)
        for remote_id in ("google-imagen-3", "flux-schnell"):
            ImageModel.objects.switch_on(ImageModel.objects.get(remote_id=remote_id).pk)
        self.model = ImageModel.objects.get(remote_id="google-imagen-3")
        Budget.objects.set_purse(1_000_000)
        self.keeper = self.person("keeper", is_staff=True, is_superuser=True)
        self.person("novice")
        self.beginner()
        self.collector()
        self.member()
        self.hasty()
        self.guests()
        self.doubts()
        self.pauses()
        while likenesses.catch_up():
            pass
        return self.found

    # People

    def person(self, name: str, **fields: Any) -> User:
        called = {"member": "Елизавета-Константинопольская"}.get(name, name)
        user = User.objects.create_user(called, f"{name}@artel.example", PASSWORD, **fields)
        client = Client()
        client.force_login(user)
        self.found["sessions"][name] = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.found["ids"][name] = user.pk
        return user

    def beginner(self) -> None:
        """One picture, and nothing besides."""
        owner = self.person("beginner")
        (task,) = self.submit(owner, *PROMPTS[7])
        self.finish(task)

    def collector(self) -> None:
        """Hundreds of pictures of every shape."""
        owner = self.person("collector")
        User.objects.set_limit(owner, 500_000)
        left = self.pictures
        for number in itertools.count():
            text, ratio = PROMPTS[number % len(PROMPTS)]
            if number >= len(PROMPTS):
                text = f"{text}, no. {number // len(PROMPTS) + 1}"
            with self.earlier(days=left / self.pictures * timezone.localtime().day):
                tasks = self.submit(owner, text, ratio, min(left, 1 + number * 5 % 8))
                for task in tasks:
                    self.finish(task)
            left -= len(tasks)
            if left:
                with self.earlier(days=left / self.pictures * timezone.localtime().day):
                    is_odd = number == 3  # somebody else used the key, and nobody has said so
                    row = self.read(
                        topped_up=4_000_000 if left < self.pictures / 2 else 0,
                        taken=700 if is_odd else 0,
                    )
                    if is_odd:
                        self.ids(unexplained=row.pk)
            if not left:
                break
        own = Image.objects.of(owner).order_by("-pk")
        pks = list(own.values_list("pk", flat=True))
        Change.objects.rate(owner, own.filter(pk__in=pks[::3]), 4)
        for name, those in (("Для печати", pks[::4]), ("Открытки к Новому году", pks[1:30])):
            made, _is_new = Collection.objects.named(owner, name)
            Change.objects.collect(owner, own.filter(pk__in=those), made)
        for name, line in {"Лучшие": "rating:>=4", LONG[:80]: "forest -night"}.items():
            SavedSearch.objects.keep(owner, name, line, "")

    def someone_with(self, pictures: int) -> tuple[str, str, list[int]]:
        """The newest picture first. Each is another; what the next person has are the same."""
        name = f"collector-{User.objects.count()}"
        text = f"A red fox in the snow, for {name}"
        tasks = self.submit(self.person(name), text, "1:1", pictures)
        for number, task in enumerate(tasks):
            recipe = f"fox {number}", "1:1"
            if recipe not in self.known:
                self.known[recipe] = to_webp(paint(*recipe, seed=str(number), scale=0.1))
            self.known[text, "1:1"] = self.known[recipe]
            self.finish(task)
        images = Image.objects.of(User.objects.get(username=name)).order_by("-pk")
        return name, self.found["sessions"][name], list(images.values_list("pk", flat=True))

    @contextmanager
    def earlier(self, days: float) -> Iterator[None]:
        """What is done within was done so many days ago, but in this month: its money too."""
        real = timezone.now
        month = timezone.localtime().replace(day=1, hour=0, minute=0, second=1)
        shift = min(timedelta(days=days), timezone.now() - month)
        with patch.object(timezone, "now", lambda: real() - shift):
            yield

    def member(self) -> None:
        """Everything that a member may meet: each state, a recipe edited twice, long words."""
        owner = self.person("member")
        User.objects.set_limit(owner, 60_000)
        images = [
            self.finish(task)
            for text, ratio in PROMPTS[:6]
            for task in self.submit(owner, text, ratio)
        ]
        first = self.submit(owner, *PROMPTS[8])
        parent = first[0].batch.prompt
        with_links = ImageModel.objects.get(remote_id="gpt-image-1-medium")
        (task,) = self.submit(owner, LONG, "4:3", references=LINKS, parent=parent, model=with_links)
        image = self.finish(task)
        self.submit(owner, f"{LONG}, ночь", "4:3", parent=task.batch.prompt)
        self.ids(image=image.pk, prompt=task.batch.prompt_id, done=task.pk, older=images[-1].pk)
        self.choose(owner)
        self.come_late(images[-1])
        self.trash(images[:1])
        self.trash_together(owner, images[1:3])
        states = (
            "queued",
            "sending",
            "rendering",
            "saving",
            "overdue",
            "failed",
            "unknown",
            "lost",
        )
        for text, ratio in ((LONG, "3:4"), PROMPTS[0]):
            tasks = self.submit(owner, text, ratio, len(states))
            for state, task in zip(states, tasks, strict=True):
                getattr(self, f"become_{state}")(task)
                self.ids(**{state: task.pk})
        for task in first:
            Task.objects.cancel(task.pk, by=owner)
            self.ids(canceled=task.pk)
        self.zips(owner)

    def zips(self, owner: User) -> None:
        """One that is there, one that failed, and one that is being made for ever."""
        pictures = Image.objects.of(owner).in_gallery().order_by("-pk")
        self.ids(zipped=zips.begin(owner, pictures).pk)
        while pump.has_work("zip"):
            zips.run()
        now = timezone.now()
        failed, building = (Zip.objects.begin(owner, [1] * n, 1, "ru") for n in (40, 500))
        claim = Zip.objects.claim(failed.pk)
        assert claim
        assert Zip.objects.fail(failed.pk, claim, "disk")
        assert Zip.objects.claim(building.pk)
        Zip.objects.filter(pk=building.pk).update(done=180, claimed_until=now + timedelta(days=1))
        self.ids(building=building.pk)

    def choose(self, owner: User) -> None:
        """Stars, hearts, tags and a collection, with names of every length."""
        own = Image.objects.of(owner).order_by("pk")
        pks = list(own.values_list("pk", flat=True))
        Change.objects.rate(owner, own.filter(pk__in=pks[2:5]), 4)
        Change.objects.favour(owner, own.filter(pk__in=pks[3:]), True)
        Change.objects.tag(owner, own.filter(pk__in=pks[2:]), ["туман", "морской берег"])
        Change.objects.tag(owner, own.filter(pk__in=pks[-1:]), ["fox", LONG[35:84]])
        for name in ("Для печати", LONG[:97]):
            made, _is_new = Collection.objects.named(owner, name)
            Change.objects.collect(owner, own, made)
            self.ids(collection=made.pk)
        self.ids(tag=Tag.objects.get(owner=owner, name="fox").pk)

    def hasty(self) -> None:
        """Somebody whose sending is held, whose limit is nearly reached, and who asks twice."""
        owner = self.person("hasty")
        User.objects.set_limit(owner, 4_100)
        (task,) = self.submit(owner, *PROMPTS[9])
        self.finish(task)
        self.ids(had=task.batch.prompt_id)
        for task in self.submit(owner, *PROMPTS[13], 3):
            self.become_failed(task)
        self.submit(owner, *PROMPTS[10])

    def guests(self) -> None:
        """People whom an administrator sees: one at the limit, one who left."""
        Studio.objects.filter(pk=1).update(signup_open=True)
        forgetful = self.person("forgetful")
        self.found["links"]["one_time_link"] = User.objects.one_time_link(forgetful)
        guest = self.person("guest")
        # What follows happens while they are away.
        User.objects.filter(pk=guest.pk).update(seen_at=timezone.now() - timedelta(hours=2))
        for text, ratio in PROMPTS[4:8]:
            for task in self.submit(guest, text, ratio):
                self.finish(task)
        User.objects.set_limit(guest, 4_000)
        Group.objects.create(name="Бухгалтерия").permissions.set(
            Permission.objects.filter(codename__in=("view_charge", "view_budget"))
        )
        left = self.person("left")
        User.objects.deactivate(left, by=self.keeper)
        LogEntry.objects.log_actions(
            self.keeper.pk,
            User.objects.filter(pk=left.pk),
            CHANGE,
            "Deactivated",
            single_object=True,
        )

    # Money at the provider

    def read(self, *, topped_up: int = 0, taken: int = 0) -> Balance:
        """A reading of what is left, by the ledger; and of what was `taken` besides."""
        self.topped_up = max(self.topped_up, topped_up)
        self.taken += taken
        now = timezone.now()
        lines = Charge.objects.filter(created_at__lte=now).exclude(spent_kopecks=0)
        spent = sum(lines.values_list("spent_kopecks", flat=True))
        left = 2_345_600 + self.topped_up - spent - self.taken
        self.found["balance"] = left / 100
        row = Balance.objects.record(now, left, 0)
        Balance.objects.filter(pk=row.pk).update(ledger_kopecks=spent)
        return row

    def doubts(self) -> None:
        """Two unknowns, of which one was charged; for the other an id was given that is none."""
        charged, free = Task.objects.unknown().order_by("pk")
        minutes = 1 / 24 / 60
        with self.earlier(days=50 * minutes):
            self.read()
        self.sent_earlier(charged, 45)
        with self.earlier(days=25 * minutes):
            self.read(taken=charged.price_kopecks)
        self.sent_earlier(free, 22)
        with self.earlier(days=3 * minutes):
            self.read()
        self.read()
        Event.objects.record(
            charged.pk, "owner-note", actor=charged.owner, note="В выписке его нет: я проверила."
        )
        Comparison.objects.renew()
        free.refresh_from_db()
        assert Question.objects.ask(free, "687fab1e49832bb77d34db47", by=self.keeper)
        words = "A red tram in the snow, film grain"
        asked = Question.objects.get(task=free)
        Question.objects.hear(asked.pk, asked.remote_id, words, words, timezone.now())
        self.ids(charged=charged.pk, doubted=free.pk)

    def pauses(self) -> None:
        """One that the machinery made by itself, and one of an administrator's."""
        for begun, ended, reason, by, note in (
            (3.2, 3, "balance-empty", None, ""),
            (2, 1.5, "by-hand", self.keeper, "До конца месяца печатаем только согласованное."),
        ):
            with self.earlier(days=begun):
                Pause.objects.begin(timezone.now(), reason, by, note)
            with self.earlier(days=ended):
                Pause.objects.end(timezone.now(), self.keeper)

    def sent_earlier(self, task: Task, minutes: int) -> None:
        when = timezone.now() - timedelta(minutes=minutes)
        Task.objects.filter(pk=task.pk).update(sent_at=when)
        doubt = Event.objects.filter(task=task, kind="unknown")
        facts = {"reason": "timeout", "seconds": 180.2, "status": 200, "received": 48}
        doubt.update(created_at=when + timedelta(minutes=3), facts=facts)

    # Tasks

    def submit(
        self,
        owner: User,
        text: str,
        ratio: str,
        count: int = 1,
        *,
        references: tuple[str, ...] = (),
        parent: Prompt | None = None,
        model: ImageModel | None = None,
    ) -> list[Task]:
        chosen = model or self.model
        token = uuid.uuid4()
        order = Order(
            token, count, chosen.price_kopecks, chosen, text=text, ratio=ratio,
            references=references, parent=parent,
        )  # fmt: skip
        return list(Batch.objects.submit(owner, order).tasks.order_by("position"))

    def finish(self, task: Task) -> Image:
        self.become_rendering(task)
        Task.objects.ready(task.pk, "https://storage.yandexcloud.net/one.webp", task.price_kopecks)
        claim = Task.objects.claim_save(task.pk)
        assert claim
        assert Task.objects.keep(task.pk, claim, self.painted(task))
        took = 6 + task.pk * 7 % 20
        Task.objects.filter(pk=task.pk).update(accepted_at=timezone.now() - timedelta(seconds=took))
        return Image.objects.get(task=task)

    def picture(self, prompt: Prompt, number: int) -> bytes:
        """A picture of its own, now and then one once more; tiny ones are the same by recipe."""
        recipe = prompt.text.split(", no. ")[0], prompt.ratio
        is_twin = self.scale <= TINY or number % 60 == 0
        if not is_twin or recipe not in self.known:
            painted = paint(prompt.text, prompt.ratio, seed=str(number), scale=self.scale)
            self.known[recipe] = to_webp(painted)
        return self.known[recipe]

    def painted(self, task: Task) -> StoredFile:
        picture = self.picture(task.batch.prompt, task.pk)
        root = settings.DATA_DIR
        name = f"originals/{timezone.now():%Y/%m}/task-{task.pk}.webp"
        with store.receive(root) as incoming:
            incoming.write(picture)
            store.keep(incoming, root, name)
        thumbnails.make(root / name, root, name)
        known = inspect(root / name)
        return StoredFile(
            name=name,
            sha256=incoming.sha256,
            size=incoming.size,
            mime=known.mime,
            width=known.width,
            height=known.height,
            color=known.color,
        )

    def claim(self, task: Task) -> uuid.UUID:
        claim = Task.objects.claim_send(task.pk)
        assert claim
        return claim

    def become_queued(self, task: Task) -> None:
        self.due(task)

    def become_sending(self, task: Task) -> None:
        self.claim(task)
        Task.objects.filter(pk=task.pk).update(claimed_until=timezone.now() + timedelta(minutes=50))

    def become_rendering(self, task: Task) -> None:
        Task.objects.accept(task.pk, self.claim(task), uuid.uuid4().hex[:24])
        self.due(task)

    def become_saving(self, task: Task) -> None:
        self.become_rendering(task)
        Task.objects.ready(task.pk, "https://storage.yandexcloud.net/one.webp", None)
        self.due(task)
        # A picture that is late to be saved would pause spending.
        Task.objects.filter(pk=task.pk).update(ready_at=timezone.now() + timedelta(days=1))

    def become_overdue(self, task: Task) -> None:
        """Ready for hours, and its link is of no use."""
        self.become_rendering(task)
        long_ago = timezone.now() - timedelta(hours=7)
        Task.objects.filter(pk=task.pk).update(ready_at=long_ago, reason="gone", saves=5)

    def come_late(self, image: Image) -> None:
        sent_at = timezone.now() - timedelta(hours=3, minutes=10)
        assert image.task_id
        Task.objects.filter(pk=image.task_id).update(sent_at=sent_at, accepted_at=sent_at)
        self.ids(late=image.task_id)

    def become_failed(self, task: Task) -> None:
        words = "The prompt was refused: violence/graphic (см. правила, п. 4.2)"
        Task.objects.refuse(task.pk, self.claim(task), "content-refused", words)

    def become_unknown(self, task: Task) -> None:
        facts = {"seconds": 180.2, "status": 502, "received": 1234}
        Task.objects.doubt(task.pk, self.claim(task), "http-502", "", **facts)
        Task.objects.filter(pk=task.pk).update(claimed_until=None)
        words = "В выписке провайдера за этот час списаний нет, спрашивал у бухгалтерии."
        Task.objects.note(task.pk, words, by=task.owner)

    def become_lost(self, task: Task) -> None:
        self.become_rendering(task)
        Task.objects.lose(task.pk, "never-came")

    def due(self, task: Task, after: timedelta = timedelta(minutes=50)) -> None:
        """Left alone by the workers for so long: what is due in a day looks like a wrong clock."""
        Task.objects.filter(pk=task.pk).update(due_at=timezone.now() + after)

    def trash(self, images: list[Image]) -> None:
        for image in images:
            trash(image.pk)
            self.ids(trashed=image.pk)

    def trash_together(self, owner: User, images: list[Image]) -> None:
        Change.objects.trash(owner, Image.objects.filter(pk__in=[image.pk for image in images]))

    def ids(self, **found: int) -> None:
        self.found["ids"].update(found)


def collectors(people: int, pictures: int) -> None:
    """New people, each with so many pictures of one prompt: their names, sessions and pictures."""
    with transaction.atomic():
        furnisher = Furnisher(TINY, pictures)
        furnisher.model = ImageModel.objects.enabled().earliest("position")
        told = [furnisher.someone_with(pictures) for _ in range(people)]
    print(json.dumps(told))


def furnish(scale: float, pictures: int) -> None:
    with transaction.atomic():  # one wait for the disk instead of thousands
        found = Furnisher(scale, pictures).run()
    print(json.dumps(found))
