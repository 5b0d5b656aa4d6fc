"""A file under its final name is complete, and the one that was meant."""

import fcntl
import hashlib
import os
import threading
from pathlib import Path

import pytest

from gallery.archive.store import (
    NameTaken,
    free_bytes,
    keep,
    quarantine,
    receive,
    remove_stale,
    replace,
)

NAME = "originals/2026/11/a.webp"


def put(root: Path, data: bytes, name: str = NAME) -> Path:
    with receive(root) as incoming:
        incoming.write(data)
        return keep(incoming, root, name)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_file_is_counted_hashed_and_kept(tmp_path: Path) -> None:
    root = tmp_path / "not" / "yet"
    with receive(root) as incoming:
        incoming.write(b"one ")
        incoming.write(b"two")
        assert incoming.path.read_bytes() == b"one two"
        assert incoming.size == 7
        assert incoming.sha256 == hashlib.sha256(b"one two").hexdigest()
        assert files(root) == [f"incoming/{incoming.path.name}"]
        path = keep(incoming, root, NAME)
    assert path == root / NAME
    assert path.read_bytes() == b"one two"
    assert files(root) == [NAME]


def test_what_is_not_kept_is_gone(tmp_path: Path) -> None:
    class DownloadStopped(Exception):
        pass

    with receive(tmp_path) as incoming:
        incoming.write(b"half")
    with pytest.raises(DownloadStopped), receive(tmp_path) as incoming:
        incoming.write(b"half")
        raise DownloadStopped
    assert files(tmp_path) == []


def test_keeping_may_be_repeated(tmp_path: Path) -> None:
    put(tmp_path, b"same")
    assert put(tmp_path, b"same").read_bytes() == b"same"
    assert files(tmp_path) == [NAME]


@pytest.mark.parametrize("other", [b"else", b"longer than it"])
def test_a_different_file_never_takes_the_name(tmp_path: Path, other: bytes) -> None:
    path = put(tmp_path, b"same")
    with pytest.raises(NameTaken):
        put(tmp_path, other)
    assert path.read_bytes() == b"same"
    assert files(tmp_path) == [NAME]


def test_of_many_at_once_exactly_one_takes_the_name(tmp_path: Path) -> None:
    start = threading.Barrier(12)
    taken: list[bytes] = []
    refused: list[bytes] = []

    def contend(data: bytes) -> None:
        start.wait()
        try:
            put(tmp_path, data)
        except NameTaken:
            refused.append(data)
        else:
            taken.append(data)

    threads = [threading.Thread(target=contend, args=(b"%d" % number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert len(refused) == 11
    assert (tmp_path / NAME).read_bytes() == taken[0]


def test_looking_for_the_name_and_taking_it_are_one_step(tmp_path: Path) -> None:
    refused = threading.Event()

    def contend() -> None:
        with pytest.raises(NameTaken):
            put(tmp_path, b"mine", "a.webp")
        refused.set()

    folder = tmp_path / "incoming"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    # Another process is in the middle of its own step.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    thread = threading.Thread(target=contend)
    thread.start()
    thread.join(0.3)
    assert not (tmp_path / "a.webp").exists()
    (tmp_path / "a.webp").write_bytes(b"theirs")
    os.close(descriptor)
    thread.join()
    assert refused.is_set()


def test_everything_is_on_the_disk_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def watched_fsync(descriptor: int) -> None:
        steps.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def watched_rename(self: Path, target: Path) -> Path:
        steps.append(f"rename {self.name} {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "rename", watched_rename)
    with receive(tmp_path) as incoming:
        incoming.write(b"data")
        temporary = incoming.path.name
        steps.clear()
        keep(incoming, tmp_path, "a/b/c.webp")
    assert steps == [
        f"fsync {temporary}",
        f"fsync {tmp_path.name}",
        "fsync a",
        f"rename {temporary} c.webp",
        "fsync b",
    ]


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a", "a/../../b", "a\x00b", "."])
def test_a_name_cannot_lead_out(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    with pytest.raises(ValueError, match="not a name inside"):
        put(root, b"data", name)
    assert files(tmp_path) == []


def test_replacing(tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        with receive(tmp_path) as incoming:
            incoming.write(data)
            path = replace(incoming, tmp_path, "thumbs/a.webp")
        assert path.read_bytes() == data
    assert files(tmp_path) == ["thumbs/a.webp"]


def test_quarantined_files_stand_beside_each_other(tmp_path: Path) -> None:
    for data in (b"<svg>", b"<html>", b"<svg>"):
        with receive(tmp_path) as incoming:
            incoming.write(data)
            path = quarantine(incoming, tmp_path, "task-7")
        assert path.read_bytes() == data
    kept = files(tmp_path)
    assert len(kept) == 2
    assert all(name.startswith("quarantine/task-7.") for name in kept)


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path) -> None:
    assert remove_stale(tmp_path, 60) == 0
    with receive(tmp_path) as incoming:
        old = incoming.path.with_name("old.part")
        old.write_bytes(b"half")
        os.utime(old, (0, 0))
        vanished = incoming.path.with_name("vanished.part")
        vanished.symlink_to(tmp_path / "nothing")
        assert remove_stale(tmp_path, 60) == 1
        assert incoming.path.exists()
        assert not old.exists()


def test_free_bytes(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) < 2**60
