"""Tasks, charges and pictures outlive the process."""

import time
from pathlib import Path

from gallery.demo.provider import Provider
from gallery.demo.tasks import KEEP_SECONDS, Task, TaskStore
from tests.demo.caller import create, download, result
from tests.demo.server import DemoServer


def test_everything_is_there_after_kill_9(folder: Path) -> None:
    demo = DemoServer(folder).start(seconds=(0, 0))
    ready = create(demo.url, "Ready before")["id"]
    before = download(result(demo.url, ready)["url"]).content
    demo.settings(seconds=[600, 600])
    waiting = create(demo.url, "Rendering meanwhile", images=["https://example.org/1"])["id"]
    charges = demo.charges()
    demo.kill()

    with demo.restart():
        assert demo.charges() == charges
        assert result(demo.url, waiting)["status"] == "idle"
        assert demo.ready(id=waiting) == [waiting]
        assert download(result(demo.url, waiting)["url"]).status_code == 200
        assert download(result(demo.url, ready)["url"]).content == before


def test_a_lost_picture_is_drawn_again_the_same(folder: Path) -> None:
    with DemoServer(folder).start(seconds=(0, 0)) as demo:
        identity = create(demo.url, "Twice")["id"]
        url = result(demo.url, identity)["url"]
        before = download(url).content
        (folder / "pictures" / f"{identity}.webp").unlink()
        assert download(url).content == before


def test_a_task_becomes_ready_while_nobody_serves(folder: Path) -> None:
    demo = DemoServer(folder).start(seconds=(0.5, 0.5))
    identity = create(demo.url, "On its own")["id"]
    demo.kill()
    with demo.restart():
        times = demo.ready_times()
        while identity not in times:
            times = demo.ready_times()
        assert times[identity] == demo.charges()[0]["at"] + 0.5


def test_old_tasks_and_their_pictures_are_forgotten(folder: Path) -> None:
    (folder / "pictures").mkdir(parents=True)
    picture = folder / "pictures" / "aa.webp"
    picture.write_bytes(b"old")
    store = TaskStore(folder / "tasks.sqlite3")
    old = time.time() - KEEP_SECONDS - 60
    store.put(Task("aa", "gpt-image-1-low", "Old", "1:1", (), old, old, 400))
    store.put(Task("bb", "gpt-image-1-low", "Young", "1:1", (), time.time(), time.time(), 400))
    store.close()

    provider = Provider(folder)

    assert [task.id for task in provider.tasks.all()] == ["bb"]
    assert not picture.exists()
    provider.close()
