"""How long after the provider is ready a picture is seen in Chromium: `make bench`.

A real installation with its real timings, a real provider process that answers after 100 ms, one
page open in Chromium. The provider's clock says when a picture was ready, the page's says when
its card had painted it: both are this machine's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.chromium import ARGUMENTS, find
from tests.demo.server import DemoServer
from tests.running import Installation, wait_for

KEY = "shds-latency-measurement"
REMOTE_SECONDS = 0.1
ADMIN = {
    "DJANGO_SETTINGS_MODULE": "project.settings",
    "DJANGO_SUPERUSER_USERNAME": "carol",
    "DJANGO_SUPERUSER_PASSWORD": "keeper-of-keys-7",
}
# name: pictures in flight, POLL_RATE, when they become ready (seconds after their create).
# A provider elsewhere would not draw on our cores: this one has painted all before that.
RUNS = {
    "20 in flight, POLL_RATE=20": (20, 20, (20.0, 40.0)),
    "200 in flight over a minute, POLL_RATE=200": (200, 200, (120.0, 180.0)),
}

ORDER = """
import uuid
from gallery.jobs.submit import accept
from gallery.models import ImageModel, Order, User
owner = User.objects.get(username="carol")
model = ImageModel.objects.get(remote_id="gpt-image-1-low")
left = {count}
while left:
    count = min(8, left)
    left -= count
    accept(owner, Order(uuid.uuid4(), count, model.price_kopecks, model, text=f"a hill {{left}}",
        ratio="4:3"))
"""

# Notes the first moment at which each card has its picture decoded and on the page.
WATCH = """
window.seen = {};
setInterval(() => {
  for (const card of document.querySelectorAll('article[data-status="done"]')) {
    const image = card.querySelector("img");
    if (!(card.id in window.seen) && image && image.complete && image.naturalWidth)
      window.seen[card.id] = Date.now() / 1000;
  }
}, 20);
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(RUNS), help="one run alone")
    chosen = parser.parse_args().only
    good = [measure(name, *run) for name, run in RUNS.items() if chosen in (None, name)]
    return 0 if all(good) else 1


def measure(name: str, count: int, rate: int, seconds: tuple[float, float]) -> bool:
    # The cheapest model, which is ordered here, takes the first third of what is set.
    limits = (seconds[0], seconds[0] + 3 * (seconds[1] - seconds[0]))
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoServer(Path(folder) / "provider").start(
            key=KEY, seconds=limits, scale=None
        ) as provider,
    ):
        provider.settings(latency=REMOTE_SECONDS)
        env = {
            **ADMIN,
            "GPTUNNEL_API_URL": provider.url,
            "GPTUNNEL_API_KEY": KEY,
            "RESULT_HOSTS": provider.host,
            "POLL_RATE": str(rate),
        }
        with Installation(Path(folder) / "house", empty=False, **env) as installation:
            installation.start("serve")
            wait_for(installation.is_well, 60, "health")
            return report(name, watch(installation, provider, count, seconds[1]))


def watch(installation: Installation, provider: DemoServer, count: int, longest: float) -> Stages:
    """Watch every picture arrive on an open page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        log_in(page, installation)
        ordered = installation.run("shell", "--no-imports", "--command", ORDER.format(count=count))
        assert ordered.returncode == 0, ordered.stderr
        page.add_init_script(WATCH)
        page.goto(installation.address)
        deadline = time.monotonic() + longest + 90
        seen: dict[str, float] = {}
        while len(seen) < count and time.monotonic() < deadline:
            page.wait_for_timeout(1000)
            # Pictures below the fold load lazily: every card is to be seen.
            page.evaluate(
                "document.querySelectorAll('article img').forEach(i => i.loading='eager')"
            )
            seen = page.evaluate("window.seen")
        browser.close()
    assert len(seen) == count, f"{len(seen)} of {count} seen"
    ready = provider.ready_times()
    tasks = json.loads(installation.run("shell", "--no-imports", "--command", TASKS).stdout)
    stages = Stages()
    for pk, remote_id, noticed, kept in tasks:
        stages.add(ready[remote_id], noticed, kept, seen[f"task-{pk}"])
    return stages


TASKS = """
import json
from gallery.models import Task
print(json.dumps([
    (task.pk, task.remote_id, task.ready_at.timestamp(), task.ended_at.timestamp())
    for task in Task.objects.all()
]))
"""


class Stages:
    """Seconds of each stage, a list of one figure a picture."""

    def __init__(self) -> None:
        self.delays: dict[str, list[float]] = {
            name: [] for name in ("ready to noticed", "to kept", "to seen", "in all")
        }

    def add(self, ready: float, noticed: float, kept: float, seen: float) -> None:
        figures = (noticed - ready, kept - noticed, seen - kept, seen - ready)
        for delays, figure in zip(self.delays.values(), figures, strict=True):
            delays.append(figure)


def log_in(page: Page, installation: Installation) -> None:
    page.goto(installation.address)
    page.fill("[name=username]", ADMIN["DJANGO_SUPERUSER_USERNAME"])
    page.fill("[name=password]", ADMIN["DJANGO_SUPERUSER_PASSWORD"])
    page.press("[name=password]", "Enter")
    page.wait_for_selector("textarea[name=prompt]")


def report(name: str, stages: Stages) -> bool:
    print(f"{name}: {len(stages.delays['in all'])} pictures")
    for stage, delays in stages.delays.items():
        print(
            f"  {stage:17} median {statistics.median(delays):.2f} s, p95 {p95(delays):.2f} s,"
            f" slowest {max(delays):.2f} s"
        )
    return p95(stages.delays["in all"]) <= 3.0


def print_cpu(installation: Installation) -> None:
    """Where the machine's time went, the longest first."""
    spent: dict[int, float] = {}
    words: dict[int, str] = {}
    for process in installation.processes():
        times = process.cpu_times()
        spent[process.pid] = times.user + times.system
        words[process.pid] = " ".join(process.cmdline()[-2:])
    for pid, seconds in sorted(spent.items(), key=lambda item: -item[1])[:6]:
        print(f"  {seconds:6.1f} s of CPU: {words[pid]}")


def p95(figures: list[float]) -> float:
    return sorted(figures)[max(0, int(len(figures) * 0.95) - 1)]


if __name__ == "__main__":
    sys.exit(main())
