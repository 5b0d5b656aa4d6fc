"""doctor: each part is looked at and has its remedy, and nothing is created anywhere."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gallery.jobs import doctor
from gallery.models import Event, ImageModel, Lease, Studio, TaskStatus
from tests.conftest import KEY, Submit
from tests.demo.server import DemoServer
from tests.jobs.test_poll import ask
from tests.jobs.test_save import fetch
from tests.jobs.test_submit import send
from tests.provider.servers import answering, closed_port, http, serving

pytestmark = pytest.mark.django_db
DAY = {"Date": "Mon, 02 Mar 2026 10:00:00 GMT", "Connection": "close"}


def looked() -> tuple[str, bool]:
    written = StringIO()
    try:
        call_command("doctor", stdout=written)
    except CommandError:
        return written.getvalue(), False
    return written.getvalue(), True


@pytest.fixture
def well(provider: DemoServer) -> DemoServer:
    Lease.objects.beat("queue")
    return provider


def test_of_a_well_one_every_part_is_well_and_nothing_was_created(well: DemoServer) -> None:
    before = len(well.charges())
    words, is_well = looked()
    assert is_well, words
    assert "fault" not in words
    for part in (
        "permissions", "disk", "database", "pictures", "queue", "key", "models", "clock", "hosts",
    ):  # fmt: skip
        assert f"ok      {part}" in words
    assert "roubles are left" in words
    assert len(well.charges()) == before
    assert KEY not in words


def test_each_fault_is_said_with_its_remedy(
    well: DemoServer, settings: Any, data_dir: Path, submit: Submit, alice: Any
) -> None:
    submit(alice)
    well.settings(balance=0)
    dearer, unheard = ImageModel.objects.enabled()[:2]
    ImageModel.objects.filter(pk=dearer.pk).update(price_kopecks=1)
    ImageModel.objects.filter(pk=unheard.pk).update(remote_id="nobody-knows-it")
    Event.objects.update(created_at=timezone.now() + timedelta(days=1))
    Lease.objects.filter(name="queue").update(seen_at=timezone.now() - timedelta(hours=1))
    Studio.objects.pause("breaker")
    settings.DISK_FLOOR_BYTES = 2**60
    (data_dir / "secret-key").write_text("x" * 60)
    (data_dir / "secret-key").chmod(0o644)
    (data_dir / "incoming").write_text("a file in the folder's place")
    with closed_port() as port:
        settings.RESULT_HOSTS = [f"127.0.0.1:{port}"]
        words, is_well = looked()
    assert not is_well
    for sentence in (
        "0.00 roubles are left",
        f"{dearer.remote_id} {dearer.price_kopecks / 100:.2f}, here 0.01",
        "does not list: nobody-knows-it",
        "It has gone back",
        "It is paused: The provider left two requests without a usable answer",
        "3600 seconds ago",
        "are free where DATA_DIR is",
        "secret-key is open to everybody",
        "incoming cannot be written to",
        "cannot be reached",
    ):
        assert sentence in words
    lines = words.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("fault", "warning")):
            assert "Remedy: " in lines[number + 1], line


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (
            b'{"code": 2, "message": "bad token"}',
            200,
            "fault   key         The provider refuses the API key.",
        ),
        (b'{"code": 5, "message": "no money"}', 402, "says it is used up"),
        (b"<html>502</html>", 502, "with nothing that can be used"),
    ],
)
def test_a_provider_that_refuses_or_talks_nonsense(
    settings: Any, well: DemoServer, body: bytes, status: int, sentence: str
) -> None:
    with serving(answering(http(status, body))) as server:
        settings.PROVIDER_URL = f"{server.url}/v1"
        words, is_well = looked()
    assert not is_well
    assert sentence in words
    assert "price list cannot be read" in words
    assert "clock       It could not be compared with the provider's" in words
    assert "(key-refused)" not in words


def test_a_clock_that_is_a_day_off(settings: Any, well: DemoServer) -> None:
    answer = http(200, b'{"models": [{"id": "x", "price": "dear"}, 5], "balance": 5}', DAY)
    with serving(answering(answer)) as server:
        settings.PROVIDER_URL = f"{server.url}/v1"
        words, is_well = looked()
    assert not is_well
    assert "seconds ahead of the provider's" in words


@pytest.mark.parametrize("is_there", [True, False])
def test_pictures_whose_folder_is_empty_or_gone_are_a_fault(
    well: DemoServer, data_dir: Path, submit: Submit, alice: Any, is_there: bool
) -> None:
    task = send(submit(alice).tasks.get())
    well.ready(id=task.remote_id)
    assert fetch(ask(task)).status == TaskStatus.DONE
    assert "ok      pictures" in looked()[0]
    (data_dir / "originals").rename(data_dir / "elsewhere")
    if is_there:
        (data_dir / "originals").mkdir()
    words, is_well = looked()
    assert not is_well
    assert "fault   pictures    The folder of the pictures is gone, or empty" in words
    assert "Remedy: Mount its disk, then resume spending." in words


def test_a_house_without_a_picture_misses_no_folder(well: DemoServer) -> None:
    assert "ok      pictures" in looked()[0]


def test_the_demo_needs_no_key(settings: Any) -> None:
    found = list(doctor.findings())
    assert [finding.level for finding in found if finding.part == "key"] == ["ok"]
    assert not [finding for finding in found if finding.part == "hosts"], "nobody is called"


def test_pictures_of_another_provider_are_not_forgotten(
    well: DemoServer, settings: Any, submit: Submit, alice: Any
) -> None:
    """Paid for, and asked about by nobody: its card says so too."""
    task = send(submit(alice).tasks.get())
    assert task.gate(Studio.objects.current()) == ""
    was = settings.PROVIDER
    settings.PROVIDER = "https://elsewhere.example/v1"
    words, is_well = looked()
    assert f"1 under way are of {was}, and nobody asks about them." in words
    assert not is_well
    assert task.gate(Studio.objects.current()) == "other-provider"
