"""A whole installation that is lived in, with the demo server as its provider, and its people."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from playwright.sync_api import Browser, BrowserContext, Page

from tests.demo.server import DemoServer
from tests.running import BASE, Installation, wait_for
from tests.whole.sights import Sight

KEY = "shds-WholeHouseKey"
LOCALES = {"en": "en-GB", "ru": "ru-RU"}

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (360, 820, 1440)

# Pages that no address leads to here, and a row of every list of the panel.
LOOK_AROUND = """
import json
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from gallery.models import Studio, User
stills = {}
for language in ("en", "ru"):
    with translation.override(language):
        stills[language] = {code: render_to_string(f"{code}.html") for code in ("400", "500")}
    with transaction.atomic():
        User.objects.update(is_superuser=False, is_staff=False)
        path = f"/setup/{Studio.objects.issue_setup_token()}/"
        page = Client(headers={"Accept-Language": language}, SERVER_NAME="localhost").get(path)
        stills[language]["setup"] = page.text
        transaction.set_rollback(True)
    with transaction.atomic():
        Studio.objects.pause("balance-empty")
        keeper = Client(headers={"Accept-Language": language}, SERVER_NAME="localhost")
        keeper.force_login(User.objects.get(username="keeper"))
        page = keeper.get("/admin/gallery/studio/1/do/resume/")
        stills[language]["resume"] = page.text
        transaction.set_rollback(True)
rows = {}
for model in admin.site._registry:
    row = model.objects.order_by("-pk").first()
    rows[f"{model._meta.app_label}/{model._meta.model_name}"] = row and row.pk
print(json.dumps([stills, rows]))
"""


class WholeHouse:
    """Use it as a context manager. `scale` is the pictures' size, `pictures` how many hang."""

    def __init__(self, folder: Path, *, scale: float, pictures: int = 300) -> None:
        self.folder = folder
        self.call = f"from tests.whole.furnish import furnish; furnish({scale}, {pictures})"
        self.sessions: dict[str, str] = {}
        self.names: dict[str, object] = {}
        self.stills: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            provider = stack.enter_context(
                DemoServer(self.folder / "provider").start(key=KEY, seconds=(600, 600))
            )
            env = {
                "GPTUNNEL_API_URL": provider.url,
                "GPTUNNEL_API_KEY": KEY,
                "RESULT_HOSTS": provider.host,
                "EMAIL_URL": "submission://somebody:secret@127.0.0.1:9",
                "LANGUAGE": "C",
            }
            house = Installation(self.folder / "house", empty=False, **env)
            self.installation = stack.enter_context(house)
            self._furnish(provider)
            self.stack = stack.pop_all()
        return self

    def _furnish(self, provider: DemoServer) -> None:
        found = self._shell(self.call)
        provider.settings(balance=found["balance"])
        self.installation.start("serve")
        wait_for(self.installation.is_well, 60, "health")
        self.stills, rows = self._shell(LOOK_AROUND)
        self.sessions = found["sessions"]
        self.names = {**found["ids"], **found["links"], **rows}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    @property
    def address(self) -> str:
        return self.installation.address

    def enter(
        self, browser: Browser, sight: Sight, language: str, **options: Any
    ) -> BrowserContext:
        """A browser of the person whose sight this is."""
        context = browser.new_context(
            base_url=self.address, locale=LOCALES[language], reduced_motion="reduce", **options
        )
        context.set_default_timeout(15_000)
        self.identify(context, sight)
        return context

    def identify(self, context: BrowserContext, sight: Sight) -> None:
        """Log in whose sight this is."""
        if sight.who:
            session = {"name": "sessionid", "value": self.sessions[sight.who], "url": self.address}
            context.add_cookies([session])  # type: ignore[list-item]

    def open(self, page: Page, sight: Sight, language: str) -> None:
        """Go where the sight is seen, and do what makes it so."""
        path = sight.path.format_map(self.names)
        if sight.still:
            body = self.stills[language][sight.still]
            html = "text/html; charset=utf-8"
            page.route(
                f"**{path}",
                lambda route: route.fulfill(status=sight.status, content_type=html, body=body),
            )
        page.goto(path)
        if sight.do:
            sight.do(page)

    def _shell(self, code: str) -> Any:
        command = [sys.executable, str(BASE / "manage.py"), "shell", "--verbosity", "0"]
        done = subprocess.run(
            [*command, "--command", code],
            env=self.installation.env,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])


def enlarge(page: Page, times: int = 2) -> None:
    """200 % text, as by the browser's own setting; or with 1 its usual size again."""
    sizes = {"standard": 16 * times, "fixed": 13 * times}
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
