"""Paid bytes that are no picture: for their owner and the panel to carry away, as data alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from gallery.archive import store
from gallery.models import Task, User

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HASH = hashlib.sha256(SCRIPT).hexdigest()[:12]


@pytest.fixture
def apart(task: Task, data_dir: Path) -> Path:
    """As `save` puts it aside."""
    with store.receive(data_dir) as incoming:
        incoming.write(SCRIPT)
        return store.quarantine(incoming, data_dir, f"task-{task.pk}")


def file(task: Task, sha256: str = HASH, panel: str = "") -> str:
    return f"{panel}/{'task' if panel else 'tasks'}/{task.pk}/quarantine/{sha256}/"


PANEL = "/admin/gallery"


def is_inert(answer: Any) -> bool:
    assert b"".join(answer) == SCRIPT
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "X-Accel-Redirect" not in answer
    return "private" in answer["Cache-Control"]


@pytest.mark.parametrize("is_behind_nginx", [False, True])
def test_its_owner_carries_it_away_as_data(
    by_alice: Client, task: Task, apart: Path, settings: Any, is_behind_nginx: bool
) -> None:
    settings.ACCEL_REDIRECT = is_behind_nginx
    assert f'href="{file(task)}"' in by_alice.get(f"/tasks/{task.pk}/").text
    assert is_inert(by_alice.get(file(task)))


def test_nobody_else_has_it(by_bob: Client, by_admin: Client, task: Task, apart: Path) -> None:
    for other in (by_bob, by_admin):
        assert other.get(file(task)).status_code == 404


def test_the_panel_hands_it_to_whoever_may_see_tasks(
    by_admin: Client, client: Client, bob: User, task: Task, apart: Path
) -> None:
    page = f"{PANEL}/task/{task.pk}/change/"
    address = file(task, panel=PANEL)
    assert f'href="{address}"' in by_admin.get(page).text
    assert is_inert(by_admin.get(address))
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client.force_login(bob)
    assert client.get(address).status_code == 403
    bob.user_permissions.add(
        Permission.objects.get(codename="view_task", content_type__app_label="gallery")
    )
    assert is_inert(client.get(address))


def test_nothing_else_of_the_folder_has_an_address(
    by_alice: Client, by_admin: Client, task: Task, apart: Path
) -> None:
    folder = apart.parent
    (folder / f"task-{task.pk}0.{HASH}").write_bytes(SCRIPT)
    (folder / f"task-{task.pk}-0.webp.{HASH}").write_bytes(SCRIPT)
    (folder / f"task-{task.pk}.notes").write_bytes(SCRIPT)
    (folder / f"task-{task.pk}.{'a' * 12}").symlink_to("/etc/hostname")
    (folder / f"task-{task.pk}.{'b' * 12}").mkdir()
    for name in ("notes", "a" * 12, "b" * 12, "c" * 12, HASH.upper(), HASH[:11], f"{HASH}0"):
        assert by_alice.get(file(task, name)).status_code == 404, name
        assert by_admin.get(file(task, name, PANEL)).status_code == 404, name
    for name in ("..", "..%2fsecret-key", "%2e%2e", f"{HASH}%00"):
        assert by_alice.get(file(task, name)).status_code == 404, name
    assert by_alice.get(f"/tasks/{task.pk}/").text.count("/quarantine/") == 1


def test_a_task_with_nothing_aside_says_nothing_of_it(
    by_alice: Client, by_admin: Client, task: Task
) -> None:
    assert "quarantine" not in by_alice.get(f"/tasks/{task.pk}/").text
    assert "quarantine" not in by_admin.get(f"{PANEL}/task/{task.pk}/change/").text
