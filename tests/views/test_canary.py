"""No word of one person's is in any page of another's: bob's whole house is crawled for alice's."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from gallery.jobs import zip
from gallery.models import (
    Batch,
    Change,
    Collection,
    Image,
    Prompt,
    SavedSearch,
    Tag,
    Task,
    User,
    Zip,
)
from project import urls
from tests.conftest import Submit
from tests.trash import trash
from tests.views.conftest import HTMX, accept, doubt, refuse
from tests.views.test_policy import HASH

CANARY = "canary"
"""In every text of alice's, and in none of anybody else's."""
LINK = re.compile(r"""(?:href|src|action|hx-get|hx-post|data-\w*url)=["']([^"']+)["']""")
SRCSET = re.compile(r"""srcset=["']([^"']+)["']""")
MORE = "&at={0}&image={0}&image=1&since={0}"
"""Numbers of pictures, as the pages of the gallery have them in their addresses."""
ALIKE = 4
"""Addresses of one page that are looked at of those with filters of the same names."""
MOST = 3000
"""Addresses: a crawl that finds more has left the house."""


@pytest.fixture
def alice() -> User:
    return User.objects.create_user(
        f"{CANARY}-alice",
        email=f"{CANARY}@alice.example",
        password="wonderland-1865",
        first_name=f"{CANARY} first",
        last_name=f"{CANARY} last",
    )


def live_in(owner: User, word: str, submit: Submit, finish: Callable[[Task], Image]) -> None:
    """A task in each state, a parent and its child, references, and something in the trash."""
    kept = finish(submit(owner, f"{word} done").tasks.get())
    assert kept.task
    submit(owner, f"{word} queued", count=2, parent=kept.task.batch.prompt)
    for text, end in (
        ("rendering", accept),
        ("unknown", doubt),
        ("failed", lambda task: refuse(task, f"{word} detail of the provider")),
    ):
        end(submit(owner, f"{word} {text}").tasks.get())
    lost = submit(owner, f"{word} lost").tasks.get()
    accept(lost)
    Task.objects.lose(lost.pk, "too-old")
    finish(
        submit(
            owner, f"{word} referring", references=(f"https://{word}.example/1.webp",)
        ).tasks.get()
    )
    trash(finish(submit(owner, f"{word} thrown away").tasks.get()).pk)
    zip.begin(owner, Image.objects.of(owner).in_gallery())
    zip.run()
    Zip.objects.begin(owner, [kept.pk], kept.size, "en")
    thrown = finish(submit(owner, f"{word} prompt thrown away").tasks.get())
    assert thrown.task
    Prompt.objects.trash(thrown.task.batch.prompt_id)
    SavedSearch.objects.keep(owner, f"{word} kept", f"{word} rating:5", "")
    own = Image.objects.filter(pk=kept.pk)
    Change.objects.tag(owner, own, [f"{word} tag"])
    Change.objects.collect(owner, own, Collection.objects.named(owner, f"{word} shelf")[0])


@pytest.fixture
def houses(
    alice: User, bob: User, admin: User, submit: Submit, finish: Callable[[Task], Image]
) -> None:
    live_in(alice, CANARY, submit, finish)
    live_in(bob, "sparrow", submit, finish)


def links(answer: HttpResponseBase, page: str) -> Iterator[str]:
    """The addresses of our own that a page names, whatever for."""
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return
    text = unescape(content(answer).decode(errors="replace"))
    found = [*LINK.findall(text)]
    for several in SRCSET.findall(text):
        found += [one.split()[0] for one in several.split(",")]
    for link in found:
        parts = urlsplit(urljoin(page, link))
        if (
            not parts.netloc
            and parts.scheme in {"", "http"}
            and not parts.path.startswith("/static/")
        ):
            yield parts._replace(fragment="").geturl()


def content(answer: HttpResponseBase) -> bytes:
    assert isinstance(answer, HttpResponse | StreamingHttpResponse)
    body = b"".join(answer) if answer.streaming else answer.getvalue()
    return body + repr(sorted(answer.headers.items())).encode()


def crawl(person: Client, start: list[str]) -> dict[str, bytes]:
    """Everything that can be reached by reading: pages and fragments, with their headers."""
    seen: dict[str, bytes] = {}
    alike: Counter[tuple[str, ...]] = Counter()
    waiting = deque(start)
    while waiting:
        page = waiting.popleft()
        # A page's filters, sizes and orders come in every combination: of each the first do.
        parts = urlsplit(page)
        kind = (parts.path, *sorted(name for name, _value in parse_qsl(parts.query)))
        if page in seen or (page not in start and alike[kind] >= ALIKE):
            continue
        alike[kind] += 1
        assert len(seen) < MOST, "the crawl does not end"
        seen[page] = b""
        for headers in ({}, HTMX):
            answer = person.get(page, headers=headers)
            assert answer.status_code != 500, page
            if answer.status_code in {301, 302}:
                waiting.append(urljoin(page, answer["Location"]))
            else:
                waiting.extend(links(answer, page))
            seen[page] += content(answer)
    return seen


OWNED = (Batch, Change, Collection, Image, Prompt, SavedSearch, Tag, Task, Zip)


def named_addresses() -> list[str]:
    """Every address with each number that a row of hers has, as a stranger would try them."""
    of_hers = (kind.objects.filter(owner__username__startswith=CANARY) for kind in OWNED)
    numbers = sorted({pk for rows in of_hers for pk in rows.values_list("pk", flat=True)})
    assert len(numbers) > 9
    found = []
    for pattern in urls.urlpatterns:
        if not isinstance(pattern, URLPattern) or pattern.name == "logout":
            continue
        names = pattern.pattern.converters
        for pk in numbers if "pk" in names else [1]:
            known = {"pk": pk, "size": 384, "token": "x", "uidb64": "MQ", "sha256": HASH}
            found.append(reverse(str(pattern.name), kwargs={name: known[name] for name in names}))
        if "pk" not in names:
            found += [
                f"{found[-1]}?from={pk}&reference={pk}&before={pk}&q={MORE.format(pk)}"
                for pk in numbers
            ]
    return found


def test_a_crawl_of_ones_own_house_finds_ones_words(houses: None, alice: User) -> None:
    """The control: the same crawl does see what is there to be seen."""
    person = Client()
    person.force_login(alice)
    pages = crawl(person, ["/"])
    told = b"".join(pages.values()).decode(errors="replace")
    for text in (
        "done",
        "queued",
        "unknown",
        "failed",
        "lost",
        "referring",
        "thrown away",
        "tag",
        "shelf",
    ):
        assert f"{CANARY} {text}" in told, text
    assert f"https://{CANARY}.example/1.webp" in told
    assert f"{CANARY} detail of the provider" in told
    assert len(pages) > 40


def test_no_word_of_one_is_in_any_page_of_another(houses: None, by_bob: Client) -> None:
    pages = crawl(by_bob, ["/", *named_addresses()])
    assert "sparrow done" in b"".join(pages.values()).decode(errors="replace")
    assert [page for page, told in pages.items() if CANARY.encode() in told] == []


def test_no_form_of_another_answers_with_ones_words(houses: None, by_bob: Client) -> None:
    before = sorted(
        Task.objects.of(User.objects.get(username__startswith=CANARY)).values_list(
            "pk", "version", "status"
        )
    )
    everything = {
        "prompt": "sparrow", "text": "sparrow", "v": ",".join(f"{n}:0.x" for n in range(1, 40)),
        "parent": "1", "reference": "1", "pk": "1", "image": "1", "tags": "sparrow",
        "collection": "sparrow", "name": "sparrow", "rating": "1", "on": "on", "place": "1",
    }  # fmt: skip
    for path in named_addresses():
        for headers in ({}, HTMX):
            answer = by_bob.post(path, everything, headers=headers)
            assert answer.status_code != 500, path
            assert CANARY.encode() not in content(answer), path
    after = sorted(
        Task.objects.of(User.objects.get(username__startswith=CANARY)).values_list(
            "pk", "version", "status"
        )
    )
    assert after == before
    hers = Image.objects.filter(owner__username__startswith=CANARY)
    assert not hers.exclude(rating=0, favourite=False).exists()
    assert Tag.objects.get(owner=hers[0].owner).name == f"{CANARY} tag"
    shelf = Collection.objects.get(owner=hers[0].owner)
    assert (shelf.name, shelf.memberships.count()) == (f"{CANARY} shelf", 1)
    assert not Image.objects.filter(owner__username__startswith=CANARY, purged_at__isnull=False)


def test_a_stranger_without_a_login_reads_nobodys_words(houses: None, client: Client) -> None:
    pages = crawl(client, ["/", *named_addresses()])
    told = b"".join(pages.values())
    assert CANARY.encode() not in told
    assert b"sparrow" not in told
