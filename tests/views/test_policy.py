"""Every address has a policy, and keeps it: for everybody, by every method, plain and htmx."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from copy import copy
from itertools import product
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.contrib.admin import site as admin_site
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django_q.models import Schedule

from gallery.jobs import zip
from gallery.models import (
    Balance,
    Change,
    Collection,
    Comparison,
    Culling,
    Image,
    Lease,
    Likeness,
    Pause,
    Question,
    Reference,
    SavedSearch,
    Studio,
    Tag,
    Task,
    User,
)
from project import urls
from tests.conftest import Submit
from tests.views.conftest import HTMX, doubt, refuse
from tests.views.policies import POLICIES, Policy, panel
from tests.whole.sights import addresses

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
WAYS = [(method, False) for method in METHODS] + [("GET", True), ("POST", True)]
"""To ask by: a method, and whether htmx asks, which sends these two alone here."""
PEOPLE = ("anonymous", "owner", "stranger", "deactivated", "administrator")
PATTERNS = [found for found in urls.urlpatterns if isinstance(found, URLPattern)]

Rows = dict[str, int]
HASH = "0123456789ab"
"""The beginning of one, as a file in the quarantine is named by."""


@pytest.fixture
def rows(alice: User, submit: Submit, finish: Callable[[Task], Image]) -> Rows:
    """A row of alice's for each address that names one."""
    image = finish(submit(alice).tasks.get())
    assert image.task
    zipped = zip.begin(alice, Image.objects.of(alice))
    zip.run()
    queued, failed, unknown = (submit(alice).tasks.get() for _ in range(3))
    refuse(failed)
    doubt(unknown)
    own = Image.objects.of(alice)
    Change.objects.tag(alice, own, ["sea"])
    Change.objects.collect(alice, own, Collection.objects.named(alice, "Prints")[0])
    for task in (image.task, queued):
        apart = django_settings.DATA_DIR / f"quarantine/task-{task.pk}.{HASH}"
        apart.parent.mkdir(exist_ok=True)
        apart.write_bytes(b"no picture")
    thrown = finish(submit(alice).tasks.get())
    deletion = Change.objects.trash(alice, own.filter(pk=thrown.pk))
    return {
        "image": image.pk,
        "zip": zipped.pk,
        "prompt": image.task.batch.prompt_id,
        "tag": Tag.objects.get().pk,
        "collection": Collection.objects.get().pk,
        "change": Change.objects.earliest("pk").pk,
        "change:trash": deletion.pk,
        "search": SavedSearch.objects.keep(alice, "The best", "rating:5", "").pk,
        "task:done": image.task.pk,
        "task:queued": queued.pk,
        "task:failed": failed.pk,
        "task:unknown": unknown.pk,
    }


@pytest.fixture
def people(alice: User, bob: User, admin: User) -> dict[str, Client]:
    """A browser of each; the deactivated one's session began before."""
    gone = User.objects.create_user("dave", password="no-longer-here-4")
    found = {name: Client() for name in PEOPLE}
    for name, user in (
        ("owner", alice),
        ("stranger", bob),
        ("deactivated", gone),
        ("administrator", admin),
    ):
        found[name].force_login(user)
    User.objects.deactivate(gone, by=admin)
    return found


def address(name: str, rows: Rows) -> str:
    pattern = next(found for found in PATTERNS if found.name == name)
    known = {
        "pk": rows.get(POLICIES[name].names, 1), "size": 384, "token": "x", "uidb64": "MQ",
        "sha256": HASH,
    }  # fmt: skip
    return reverse(name, kwargs={key: known[key] for key in pattern.pattern.converters})


def expected(policy: Policy, person: str, method: str, *, htmx: bool) -> set[int]:
    if person in {"anonymous", "deactivated"} and not policy.open:
        # The page that says so keeps what was typed; a redirect would throw it away.
        return {302} if method in {"GET", "HEAD"} and not htmx else {401}
    if method not in policy.methods:
        return {405}
    if policy.names and person in {"stranger", "administrator"}:
        return {404}
    if policy.open:
        return {policy.answer(method, htmx=htmx), 200, 302}
    return {policy.answer(method, htmx=htmx)}


def ask(person: Client, method: str, path: str, policy: Policy, *, htmx: bool) -> HttpResponse:
    """One request, whose effects are taken back."""
    data = policy.data if method == "POST" else {}
    with transaction.atomic():
        by_method = getattr(person, method.lower())
        answer: HttpResponse = by_method(path, data or None, headers=HTMX if htmx else {})
        transaction.set_rollback(True)
    # A file that HEAD opened is still open; closing an answer would close the connection too.
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)
    return answer


def test_the_table_names_every_address_and_no_other() -> None:
    assert {pattern.name for pattern in PATTERNS} == set(POLICIES)
    others = [found for found in urls.urlpatterns if isinstance(found, URLResolver)]
    assert [str(found.pattern) for found in others] == ["admin/"]


@pytest.mark.parametrize("person", PEOPLE)
def test_every_address_keeps_its_policy(person: str, rows: Rows, people: dict[str, Client]) -> None:
    """What a request brings about is taken back, so that each meets the same rows."""
    browser = people[person]
    cookies = copy(browser.cookies)
    for (name, policy), (method, htmx) in product(POLICIES.items(), WAYS):
        path = address(name, rows)
        browser.cookies = copy(cookies)
        answer = ask(browser, method, path, policy, htmx=htmx)
        wanted = expected(policy, person, method, htmx=htmx)
        assert answer.status_code in wanted, (method, htmx, path)
        if answer.status_code == 302 and person in {"anonymous", "deactivated"}:
            assert policy.open or answer["Location"].startswith("/login/?next="), (method, path)
        if answer.status_code == 401:
            assert ("HX-Retarget" in answer) == htmx, (method, path)


ASKED = [
    "after", "at", "before", "collection", "density", "done", "from", "image",
    "images", "model", "next", "page", "prompt", "prompts", "q", "ratio",
    "rating", "reference", "since", "sort", "stack", "tag", "tags", "until", "was",
]  # fmt: skip
BARE = ["after", "at", "before", "collection", "images", "next", "page", "prompts", "q", "tags"]
"""Which no field of a form stands guard over."""
JUNK = ("\0", "a\0b", "-1", "9" * 40, "1-9\0", "٣", '"', "x" * 5000)


def test_no_junk_in_an_address_breaks_a_page(rows: Rows, people: dict[str, Client]) -> None:
    """PostgreSQL takes no NUL, and neither database a number of forty digits."""
    queries = [dict.fromkeys(ASKED, junk) for junk in JUNK] + [{word: "a\0b"} for word in BARE]
    for name in (name for name, policy in POLICIES.items() if policy.get):
        for query in queries:
            path = f"{address(name, rows)}?{urlencode(query)}"
            ask(people["owner"], "GET", path, POLICIES[name], htmx=False)


def test_anothers_row_answers_like_a_missing_one(rows: Rows, people: dict[str, Client]) -> None:
    """Not even by a word or a header can a stranger tell whether it exists."""
    mine, none = rows, dict.fromkeys(rows, 999_999_999)
    for name, policy in POLICIES.items():
        if not policy.names:
            continue
        method = "GET" if policy.get else "POST"
        there, missing = (
            ask(people["stranger"], method, address(name, one), policy, htmx=False)
            for one in (mine, none)
        )
        assert (there.status_code, there.content) == (missing.status_code, missing.content), name
        assert sorted(there.headers) == sorted(missing.headers), name


def admin_addresses() -> Iterator[str]:
    """Every address below /admin/, with 1 for each row."""
    tree = next(found for found in get_resolver().url_patterns if isinstance(found, URLResolver))

    def walk(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[str]:
        for found in patterns:
            here = path + str(found.pattern).lstrip("^").rstrip("$")
            if isinstance(found, URLResolver):
                yield from walk(found.url_patterns, here)
            else:
                yield here

    for route in walk(tree.url_patterns, f"/{tree.pattern}"):
        path = route
        for converter in (
            "path:object_id",
            "int:pk",
            "int:size",
            "path:url",
            "int:content_type_id",
            "slug:sha256",
        ):
            path = path.replace(f"<{converter}>", "384" if "size" in converter else "1")
        yield path.replace(r"(?P<app_label>auth|gallery)", "gallery")


def panel_rows() -> dict[str, str]:
    """The key of a row of each kind that the panel shows."""
    found = {}
    for model in admin_site._registry:
        row = model._default_manager.order_by("pk").first()
        assert row is not None, model
        found[f"{model._meta.app_label}_{model._meta.model_name}"] = str(row.pk)
    return found


@pytest.fixture
def furnished(rows: Rows, people: dict[str, Client], alice: User, admin: User) -> dict[str, str]:
    """A row of everything, and its key."""
    Studio.objects.current()
    Group.objects.create(name="helpers")
    Lease.objects.beat("queue")
    Schedule.objects.create(name="sweep", func="gallery.jobs.sweep.run")
    Reference.objects.create(prompt_id=rows["prompt"], position=0, url="https://a.example/1.png")
    unknown = Task.objects.get(pk=rows["task:unknown"])
    Balance.objects.record(timezone.now(), 100_000, 0)
    Question.objects.ask(unknown, "a-number-of-theirs", by=admin)
    Comparison.objects.write(unknown)
    LogEntry.objects.log_actions(
        admin.pk, User.objects.filter(pk=alice.pk), CHANGE, "", single_object=True
    )
    Likeness.objects.keep([(Image.objects.earliest("pk"), (1, 2))])
    Culling.objects.create(owner=alice, key="0", started_at=timezone.now(), seen_at=timezone.now())
    Pause.objects.begin(timezone.now(), "by-hand", admin, "")
    return panel_rows()


DEEDS = {
    "gallery_balance": "explain",
    "gallery_task": "cancel",
    "gallery_studio": "resume",
    "gallery_user": "end-sessions",
}
TAKEN = (
    "",
    "object_id",
    "object_id name",
    "pk",
    "pk sha256",
    "app_label",
    "content_type_id object_id",
)


def test_an_administrator_is_let_in_as_the_table_says(
    furnished: dict[str, str], rows: Rows, people: dict[str, Client]
) -> None:
    names = sorted(name for name in addresses() if name.startswith("admin:"))
    assert len(names) > 70
    administrator = people["administrator"]
    cookies = copy(administrator.cookies)
    for name in names:
        page = name.removeprefix("admin:")
        kind = page.rpartition("_")[0]
        row = str(rows["task:queued"]) if kind == "gallery_task" else furnished.get(kind, "1")
        known = {"object_id": row, "pk": row, "name": DEEDS.get(kind, "switch-off")}
        known["sha256"] = HASH
        path = panel_path(name, {**known, "app_label": "gallery", "content_type_id": "1"})
        get, post = panel(page)
        wanted = {"GET": {get}, "HEAD": {get}, "POST": {post}}
        for method, htmx in WAYS:
            administrator.cookies = copy(cookies)
            answer = ask(administrator, method, path, Policy(), htmx=htmx)
            others = {get, 401, 405}
            assert answer.status_code in wanted.get(method, others), (method, htmx, path)


def panel_path(name: str, known: dict[str, str]) -> str:
    """The address, with those of the known values that it takes."""
    for keys in TAKEN:
        with contextlib.suppress(NoReverseMatch):
            return reverse(name, kwargs={key: known[key] for key in keys.split()})
    raise AssertionError(name)


LET_IN = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}


@pytest.mark.parametrize("person", ["anonymous", "owner", "deactivated"])
def test_the_panel_is_for_administrators_alone(person: str, people: dict[str, Client]) -> None:
    walked = 0
    for path in admin_addresses():
        if path in LET_IN or "(?P" in path:
            continue
        walked += 1
        for method, htmx in WAYS:
            answer = ask(people[person], method, path, Policy(), htmx=htmx)
            assert answer.status_code in {302, 401, 403, 404, 405}, (method, htmx, path)
            if answer.status_code == 302:
                assert "/login/" in answer["Location"], (method, path, answer["Location"])
    assert walked > 40


@pytest.mark.django_db
def test_a_page_carries_a_strict_policy(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.django_db
def test_what_was_typed_is_kept_when_the_session_is_lost(client: Client) -> None:
    for name in POLICIES:
        if POLICIES[name].open or not POLICIES[name].post:
            continue
        answer = client.post(address(name, {}), {"prompt": "<b>my long prompt</b>"})
        assert answer.status_code == 401
        assert "&lt;b&gt;my long prompt&lt;/b&gt;" in answer.text


def test_an_old_form_says_so_and_keeps_the_text(by_alice: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = by_alice.cookies
    answer = strict.post("/batches/", {"prompt": "kept words"})
    assert answer.status_code == 403
    assert "kept words" in answer.text
    assert strict.post("/batches/", headers={"HX-Request": "true"})["HX-Retarget"] == "#alert"


@pytest.mark.parametrize("name", [name for name, one in POLICIES.items() if one.post])
def test_every_post_asks_for_the_token_of_its_form(
    name: str, rows: Rows, people: dict[str, Client]
) -> None:
    """Else another site could press our buttons with a member's cookies."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = people["owner"].cookies
    for htmx in (False, True):
        answer = ask(strict, "POST", address(name, rows), POLICIES[name], htmx=htmx)
        assert answer.status_code == 403


def test_the_suite_runs_with_the_policy_switched_on() -> None:
    assert "gallery.middleware.LoginRequired" in django_settings.MIDDLEWARE
