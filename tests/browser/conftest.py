"""Chromium, a whole installation for it to visit, and a guard over every page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import chromium
from tests.browser import axe
from tests.browser.guard import Guard
from tests.browser.house import KEY, House, Person
from tests.demo.server import DemoServer
from tests.running import Installation, wait_for
from tests.whole.house import WholeHouse, enlarge
from tests.whole.sights import Sight

# Playwright's loop stays in this thread to the end of the run, and Django would refuse its
# database to the tests that come after, though they wait for nothing.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    # There is one site, ours: a process for each of its frames and pages costs a fifth of all time.
    "--disable-site-isolation-trials",
    "--no-first-run",
    "--no-pings",
]
PATIENCE = 15_000
"""Milliseconds to wait for what should happen at once, on a machine that does other things too."""

NewContext = Callable[..., BrowserContext]
NewPage = Callable[..., Page]
Look = Callable[[Sight, str], Page]
Visitors = dict[tuple[str, str], tuple[Page, Guard]]
"""By person and language."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium.find()
    assert path, "no Chromium: run python -m tests.chromium"
    return {**browser_type_launch_args, "executable_path": path, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def whole_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    """An installation that is lived in, for the tests that look at every page and change none."""
    expect.set_options(timeout=PATIENCE)
    with WholeHouse(tmp_path_factory.mktemp("whole"), scale=0.1) as house:
        yield house


@pytest.fixture
def look(browser: Browser, whole_house: WholeHouse) -> Iterator[Look]:
    """Opens a page as somebody sees it, watched by a guard of its own."""
    guard = Guard(urlsplit(whole_house.address).netloc)
    opened: list[BrowserContext] = []

    def _look(sight: Sight, language: str) -> Page:
        guard.expect(sight.status)
        context = whole_house.enter(browser, sight, language)
        opened.append(context)
        guard.watch(context)
        page = context.new_page()
        whole_house.open(page, sight, language)
        return page

    yield _look
    for context in opened:
        context.close()
    guard.check()


@pytest.fixture(scope="session")
def visitors() -> Iterator[Visitors]:
    """Pages that stay open, with all that they have fetched, each with a guard of its own."""
    found: Visitors = {}
    yield found
    for page, _guard in found.values():
        page.context.close()


@pytest.fixture
def glance(
    browser: Browser, whole_house: WholeHouse, visitors: Visitors, look: Look
) -> Iterator[Look]:
    """Opens a page that is only looked at: in a browser that has seen others of its person, with
    the cookies and the size that it began with. Where something is done there, in a new one.
    """
    opened: list[tuple[Page, Guard]] = []

    def _glance(sight: Sight, language: str) -> Page:
        if sight.do:
            return look(sight, language)
        visitor = visitors.get((sight.who, language))
        if visitor is None:
            context = whole_house.enter(browser, sight, language)
            guard = Guard(urlsplit(whole_house.address).netloc)
            guard.watch(context)
            axe.bring_along(context)
            visitor = visitors[sight.who, language] = context.new_page(), guard
        page, guard = visitor
        opened.append(visitor)
        page.context.clear_cookies()
        whole_house.identify(page.context, sight)
        page.set_viewport_size({"width": 1280, "height": 720})
        guard.expected = {sight.status}
        whole_house.open(page, sight, language)
        return page

    yield _glance
    for page, guard in opened:
        page.unroute_all()
        enlarge(page, 1)
        page.goto("about:blank")  # whatever comes late is this page's own
        faults, guard.faults = guard.faults, []
        assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One installation for all tests of a process; each test brings people of its own."""
    expect.set_options(timeout=PATIENCE)
    folder = tmp_path_factory.mktemp("browser")
    with DemoServer(folder / "provider").start(key=KEY, seconds=(600, 600)) as provider:
        env = {
            "GPTUNNEL_API_URL": provider.url,
            "GPTUNNEL_API_KEY": KEY,
            "RESULT_HOSTS": provider.host,
            "DJANGO_SUPERUSER_USERNAME": "keeper",
            "DJANGO_SUPERUSER_PASSWORD": "keeper-of-keys-7",
            "LANGUAGE": "C",
        }
        with Installation(folder / "house", empty=False, **env) as installation:
            installation.start("serve")
            wait_for(installation.is_well, 60, "health")
            yield House(installation, provider)


@pytest.fixture
def house(building: House) -> House:
    building.tidy()
    return building


@pytest.fixture
def guard(building: House) -> Iterator[Guard]:
    guard = Guard(urlsplit(building.address).netloc)
    yield guard
    guard.check()


@pytest.fixture
def open_context(browser: Browser, guard: Guard, building: House) -> Iterator[NewContext]:
    """Makes browsers of different people, each watched by the guard."""
    opened: list[BrowserContext] = []

    def _open(person: Person | None = None, **options: Any) -> BrowserContext:
        options = {"base_url": building.address, "locale": "en-GB"} | options
        context = browser.new_context(**options)
        opened.append(context)
        context.set_default_timeout(PATIENCE)
        guard.watch(context)
        if person:
            person.enter(context)
        return context

    yield _open
    for context in opened:
        context.close()


@pytest.fixture
def visit(open_context: NewContext) -> NewPage:
    """Opens a page in a browser of the person's own."""

    def _visit(person: Person | None = None, path: str = "/", **options: Any) -> Page:
        page = open_context(person, **options).new_page()
        page.goto(path)
        return page

    return _visit


@pytest.fixture
def person(house: House) -> Person:
    return house.person()


@pytest.fixture
def studio(visit: NewPage, person: Person) -> Page:
    """The studio page of somebody who is logged in."""
    return visit(person)
