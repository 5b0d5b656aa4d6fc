"""Every page in Russian, with something in each state: no English word is left on any."""

from __future__ import annotations

import itertools
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.signals import request_finished
from django.db import close_old_connections
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from gallery.forms.profile import time_zones
from gallery.jobs.mail import send_reset_links
from gallery.models import (
    Balance,
    Budget,
    Comparison,
    Image,
    ImageModel,
    Prompt,
    Question,
    Studio,
    Task,
    User,
)
from gallery.models.comparison import WHY
from project import urls
from tests.conftest import Submit
from tests.locale.visible import visible, words
from tests.trash import trash
from tests.views.conftest import HTMX, accept, doubt, refuse

RUSSIAN = {"Accept-Language": "ru"}
LINK = re.compile(r"""(?:href|action|hx-get)=["']([^"']+)["']""")
DATA = re.compile(
    r"""
    [\w.+-]+@[\w.-]+                    # an address of mail
    | \b(?:image|text)/\w+              # a type
    | \b\w+(?:[./]\w[\w-]*)+\b          # a file, a function, a time zone
    | \b[0-9a-f]{8,}\b                  # a hash
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}
    | ^\{".*\}$                         # the facts of an event, as they are stored
    | \b(?:True|False)\b               # Django's pictures of yes and no
    | \b(?:testserver|WebP|PNG|JPEG|Python|Django|SQLite|PostgreSQL|Redis|English|demo|X)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What is written the same in every language, or was never ours to translate."""
PARTS = {
    f"/{path}/" for path in ("gallery/words", "gallery/line", "tags/words", "collections/words")
}
"""Parts of pages, which no language is said of."""
MOST = 400


def english(html: str, data: set[str] | None = None) -> list[str]:
    """The pieces of a page's text in which a Latin word is left."""
    texts = (text for text in visible(html) if text not in (data or ()))
    return [text for text in texts if words(DATA.sub(" ", text))]


@pytest.fixture(autouse=True)
def data_names(db: None) -> set[str]:
    """What is data: the provider's ids, and the places of the time zone database."""
    ImageModel.objects.update(label=Concat(Value("Модель "), "pk"))
    places = [name for _, zones in time_zones()[1:] for _, name in zones]
    ids = ImageModel.objects.values_list("remote_id", flat=True)
    return {*ids, *places}


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user(
        "алиса", "alice@example.org", "зазеркалье-1871", language="ru", monthly_limit_kopecks=900_00
    )


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser(
        "карина", "carol@example.org", "ключи-7-ключи", language="ru"
    )


@pytest.fixture
def house(alice: User, admin: User, submit: Submit, finish: Callable[[Task], Image]) -> None:
    """A task in every state; pictures in gallery and trash; refusals; a pause."""
    for owner in (alice, admin):
        kept = finish(submit(owner, "лиса в библиотеке").tasks.get())
        assert kept.task
        submit(owner, "ещё одна лиса", count=2, parent=kept.task.batch.prompt)
        link = ("https://xn--e1afmkfd.example/1.webp",)
        finish(submit(owner, "туман над лесом", references=link).tasks.get())
        canceled = submit(owner, "отменено").tasks.get()
        assert Task.objects.cancel(canceled.pk, by=owner)
        accept(submit(owner, "рисуется").tasks.get())
        saving = submit(owner, "сохраняется").tasks.get()
        accept(saving)
        Task.objects.ready(saving.pk, "https://pictures.example/one.webp", None)
        refuse(submit(owner, "нельзя").tasks.get(), "подробности")
        failed = submit(owner, "не вышло").tasks.get()
        accept(failed)
        Task.objects.fail(failed.pk, "provider-failed", "", None)
        doubt(submit(owner, "неизвестно").tasks.get())
        doubt(submit(owner, "ждём ответа").tasks.get(), over=False)
        given_up, cleared = (submit(owner, "списано").tasks.get() for _ in range(2))
        doubt(given_up)
        Task.objects.write_off(given_up.pk, "given-up", by=admin)
        doubt(cleared)
        Task.objects.clear(cleared.pk, "по выписке", by=admin)
        lost = submit(owner, "потеряно").tasks.get()
        accept(lost)
        Task.objects.lose(lost.pk, "never-came")
        trash(finish(submit(owner, "в корзину").tasks.get()).pk)
        thrown = finish(submit(owner, "промпт в корзину").tasks.get())
        assert thrown.task
        Prompt.objects.trash(thrown.task.batch.prompt_id)
    now = timezone.now()
    for kopecks, reason in ((100_000, ""), (90_000, ""), (None, "timeout")):
        if kopecks is None:
            Balance.objects.record_failure(now, reason)
        else:
            Balance.objects.record(now, kopecks, 500)
    for unknown, why in zip(Task.objects.unknown(), WHY, strict=False):
        Comparison.objects.create(
            task=unknown, why=why, others=3, doubtful=1, before_at=now, before_kopecks=100_000,
            after_at=now, after_kopecks=90_000,
        )  # fmt: skip
        assert Question.objects.ask(unknown, f"{unknown.pk:08}", by=admin)
        asked = Question.objects.get(task=unknown)
        Question.objects.hear(asked.pk, asked.remote_id, "чужой промпт", "чужой промпт", None)
    off = ImageModel.objects.filter(is_enabled=False).first()
    assert off
    ImageModel.objects.filter(pk=off.pk).update(off_reason="model-forbidden")
    Studio.objects.pause("balance-empty")


def links(html: str, page: str) -> Iterator[str]:
    for link in LINK.findall(unescape(html)):
        parts = urlsplit(urljoin(page, link))
        if not parts.netloc and parts.scheme == "" and not parts.path.startswith("/static/"):
            yield parts._replace(fragment="").geturl()


def crawl(person: Client, start: list[str], skip: re.Pattern[str], alike: int) -> dict[str, str]:
    """Every page that can be reached, whole and as htmx gets it."""
    seen: dict[str, str] = {}
    kinds: dict[str, int] = {}
    waiting = deque(start)
    while waiting:
        page = waiting.popleft()
        # Of pages that differ by a number, or by what they are filtered by, the first do.
        kind = re.sub(r"\d+", "0", page.partition("?")[0])
        if page in seen or skip.search(page) or kinds.get(kind, 0) >= alike:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        assert len(seen) < MOST, "the crawl does not end"
        seen[page] = ""
        for headers in ({}, HTMX):
            answer = person.get(page, headers=headers)
            if answer.streaming:  # a file
                request_finished.disconnect(close_old_connections)
                answer.close()
                request_finished.connect(close_old_connections)
            elif answer.status_code in {301, 302}:
                waiting.append(urljoin(page, answer["Location"]))
            elif answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
                is_part = urlsplit(page).path in PARTS or "/marks/" in page
                assert headers or is_part or '<html lang="ru"' in answer.text, page
                waiting.extend(links(answer.text, page))
                seen[page] += answer.text
    return seen


def report(pages: dict[str, str], data: set[str]) -> dict[str, list[str]]:
    """Each English text with the pages that have it, so that a fault in a frame is told once."""
    found: dict[str, list[str]] = {}
    for page, html in pages.items():
        for text in english(html, data):
            found.setdefault(text, []).append(page)
    return {text: where[:3] for text, where in found.items()}


def test_the_check_finds_english() -> None:
    assert english("<p>Привет, world</p>") == ["Привет, world"]
    assert english('<img alt="a cat">') == ["a cat"]
    assert english("<p>image/webp, 12 КБ · Artel · <code>GET</code></p>") == []


def test_a_member_s_pages(house: None, alice: User, data_names: set[str]) -> None:
    person = Client()
    person.force_login(alice)
    plain = [one for one in urls.urlpatterns if isinstance(one, URLPattern)]
    addresses = [reverse(str(one.name)) for one in plain if not one.pattern.converters]
    tasks = Task.objects.of(alice).values_list("pk", flat=True)
    addresses += [reverse("task_show", args=[pk]) for pk in tasks]
    pages = crawl(
        person, addresses, re.compile("/(admin|logout|healthz|original|thumbs)"), alike=25
    )
    assert len(pages) > 30
    told = "".join(pages.values()).replace("\xa0", " ")
    for text in ("Исход неизвестен", "Рисуется", "Списано в расход", "Потеряно", "Отменено"):
        assert text in told, text
    assert report(pages, data_names) == {}


def test_an_administrator_s_pages(house: None, admin: User, data_names: set[str]) -> None:
    person = Client()
    person.force_login(admin)
    pages = crawl(
        person,
        [reverse("admin:index")],
        re.compile("^/(?!admin)|/logout/|/jsi18n/|[?&]_?(o|e)="),
        alike=4,
    )
    assert len(pages) > 40
    assert report(pages, data_names) == {}


@pytest.fixture
def stranger(db: None) -> Client:
    return Client(headers=RUSSIAN)


def test_pages_without_a_login(stranger: Client, alice: User) -> None:
    Studio.objects.filter(pk=Studio.objects.current().pk).update(signup_open=True)
    token = Studio.objects.issue_setup_token()
    number = urlsafe_base64_encode(force_bytes(alice.pk))
    own = default_token_generator.make_token(alice)
    ways: dict[str, dict[str, str]] = {
        "/": {},
        reverse("login"): {"username": "алиса", "password": "не тот"},
        reverse("setup", args=[token]): {"username": "алиса", "password": "1"},
        reverse("password_set", args=[number, own]): {"password": "1", "repeated": "2"},
        reverse("password_set", args=["MQ", "no-such-token"]): {},
        reverse("signup"): {"username": "алиса", "password": "1", "email": "не адрес"},
        reverse("password_reset"): {"email": "не адрес"},
        reverse("password_reset_sent"): {},
        reverse("task_cancel", args=[1]): {"prompt": "набрано"},
        reverse("help_show"): {},
        "/no-such-page/": {},
    }
    pages = {}
    for path, data in ways.items():
        for headers in ({}, HTMX):
            pages[f"{path} {headers}"] = stranger.get(path, headers=headers, follow=True).text
            pages[f"POST {path} {headers}"] = stranger.post(path, data, headers=headers).text
    for _ in range(12):
        pages["throttled"] = stranger.post("/login/", ways[reverse("login")]).text
    assert "Слишком много попыток" in pages["throttled"]
    strict = Client(enforce_csrf_checks=True, headers=RUSSIAN)
    pages["csrf"] = strict.post("/login/", {"username": "алиса"}).text
    pages["csrf htmx"] = strict.post("/login/", headers=HTMX).text
    assert report(pages, set()) == {}


def test_an_administrator_s_deeds(house: None, admin: User, data_names: set[str]) -> None:
    """What the panel answers to its buttons and forms, pressed empty and filled in."""
    person = Client()
    person.force_login(admin)
    pages: dict[str, str] = {}

    def press(path: str, **data: str) -> None:
        pages[f"{path} {data}"] = person.post(path, data, follow=True).text

    filled = {"remote_id": "12345678", "note": "по выписке", "reason": "по выписке"}
    for task in Task.objects.of(admin):
        shown = person.get(f"/admin/gallery/task/{task.pk}/change/").text
        for path in re.findall(r'"(/admin/[^"]*/do/[^"]*)"', shown):
            press(path)
            press(path, **filled)
    for kind in ("studio", "imagemodel", "user"):
        model = apps.get_model("gallery", kind)
        row = model.objects.exclude(pk=admin.pk).order_by("-pk").first() or model.objects.first()
        page = f"/admin/gallery/{kind}/{row.pk}/change/"
        for path in re.findall(r'"(/admin/[^"]*/do/[^"]*)"', person.get(page).text):
            press(path)
            press(path, **filled)
        press(page)
        press(f"/admin/gallery/{kind}/add/")
    for action in ("cancel_ticked", "ask_again_ticked"):
        press("/admin/gallery/task/", action=action, _selected_action="1")
        press("/admin/gallery/task/", action=action)
    press("/admin/gallery/user/add/", username="новый")
    press("/admin/gallery/user/add/", username="новый")
    press(reverse("admin:password_change"), old_password="1")
    told = "".join(pages.values())
    assert "Сделано: " in told
    assert len(pages) > 30
    assert report(pages, data_names) == {}


def test_every_refusal(
    alice: User, image_model: ImageModel, submit: Submit, data_names: set[str]
) -> None:
    person = Client()
    person.force_login(alice)
    image_model.refresh_from_db()
    good = {
        "prompt": "лиса", "model": image_model.remote_id, "ratio": "1:1", "count": "1",
        "references": "", "token": str(uuid.uuid4()), "parent": "",
        f"price-{image_model.pk}": str(image_model.price_kopecks),
    }  # fmt: skip
    numbers = itertools.count(1)
    pages: dict[str, str] = {}

    def press(path: str, wanted: int = 422, **changed: str) -> None:
        data = {**good, "token": str(uuid.uuid4()), **changed}
        for headers in ({}, HTMX):
            answer = person.post(path, data, headers=headers)
            assert answer.status_code == wanted, (path, changed)
            pages[f"{next(numbers)} {path} {str(changed)[:60]}"] = answer.text

    most = ImageModel.objects.enabled().order_by("-max_references").first()
    assert most
    for changed in (
        {"prompt": " "}, {"prompt": "я " * 16_001}, {"prompt": "\ufffd"}, {"model": "нет"},
        {"ratio": "7:5"}, {"count": "9"}, {"token": "x"}, {"token": ""}, {"parent": "12345"},
        {"references": "\n".join(["https://xn--e1afmkfd.example/1.webp"] * 30)},
        {f"price-{image_model.pk}": "1"},
        {"references": "ссылка", "model": most.remote_id, "ratio": most.ratios[0]},
        {"references": "https://я:я@я.example", "model": most.remote_id, "ratio": most.ratios[0]},
    ):  # fmt: skip
        press("/batches/", **changed)
    used = submit(alice, "лиса")
    press("/batches/", token=str(used.form_token), prompt="другая лиса")
    rerun = f"/prompts/{used.prompt_id}/rerun/"
    press(rerun, price="1")
    press(rerun, price=str(image_model.price_kopecks), count="9")
    press(rerun, price=str(image_model.price_kopecks), token="")
    press(f"/tasks/{used.tasks.get().pk}/again/", price=str(image_model.price_kopecks))
    for whose in ("user", "purse"):
        for limit in (400, 900):
            User.objects.set_limit(alice, limit if whose == "user" else None)
            Budget.objects.set_purse(limit if whose == "purse" else None)
            press("/batches/", count="3")
    ImageModel.objects.switch_off(image_model.pk, "model-forbidden")
    press("/batches/")
    for name in ("profile_edit", "password_change"):
        press(reverse(name), language="нет", password="нет", present="нет", new="1")
    assert report(pages, data_names) == {}


def test_mail(alice: User) -> None:
    send_reset_links([alice.pk], "https://artel.example", "en")
    (letter,) = mail.outbox
    assert english(f"<p>{letter.subject}</p><p>{letter.body}</p>") == []
