"""What no browser test may see, whatever it is about."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# The console then holds every violation in one shape, also those that Chromium keeps to itself.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Guard:
    """Collects violations of the CSP, errors of scripts and console, bad answers, strangers.

    An answer of 4xx is a fault too, unless the test expects its status. So is an address that
    cannot be reached, unless the test allows that fault by its words.
    """

    def __init__(self, *hosts: str) -> None:
        self.hosts = set(hosts)
        self.expected: set[int] = set()
        self.faults_allowed: list[str] = []
        self.faults: list[str] = []

    def expect(self, *statuses: int) -> None:
        """These answers of 4xx are what the test is about."""
        self.expected |= set(statuses)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(LISTEN)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def check(self) -> None:
        assert not self.faults, "\n".join(self.faults)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        answered = ANSWERED.match(message.text)
        if answered and int(answered[1]) in self.expected:
            return
        if any(words in message.text for words in self.faults_allowed):
            return
        self.faults.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.faults.append(f"uncaught: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc not in self.hosts:
            self.faults.append(f"request to a stranger: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")
