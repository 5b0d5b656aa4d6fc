"""Zips: whole for every reader, however often their making was interrupted, and safe to unpack."""

from __future__ import annotations

import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gallery.archive import packing
from gallery.archive.packing import Busy, Place, safe_name

WHEN = datetime(2026, 11, 26, 22, 15, 30, tzinfo=UTC)


def test_it_is_gone_on_with_from_the_last_place_that_was_kept(tmp_path: Path) -> None:
    source = tmp_path / "one.webp"
    source.write_bytes(b"one" * 1_000_000)
    with packing.packing(tmp_path, "a", Place()) as zipped:
        packed = zipped.add_file("картинки/один.webp", source, WHEN)
        assert packed.size == 3_000_000
        zipped.note(b"+one")
        place = zipped.sync()
        # What comes after the place is half an entry, as of one who is killed.
        zipped.add("two", [b"half"], WHEN)
        zipped.note(b"+half")
    with packing.packing(tmp_path, "a", place) as zipped:
        assert zipped.start == place
        with pytest.raises(FileNotFoundError):
            zipped.add_file("gone", tmp_path / "gone", WHEN)
        zipped.add("two", [b"tw", b"o"], WHEN)
        zipped.note(b"-two")
        assert list(zipped.noted()) == [b"+one", b"-two"]
        size = zipped.finish()
    path = tmp_path / packing.finished_name("a")
    assert [one.name for one in path.parent.iterdir()] == ["a.zip"]
    assert path.stat().st_size == size
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert read.namelist() == ["картинки/один.webp", "two"]
        assert read.read("two") == b"two"
        assert read.getinfo("two").date_time == (2026, 11, 26, 22, 15, 30)
    assert subprocess.run(["unzip", "-tq", path], capture_output=True, check=False).returncode == 0


def test_less_than_the_place_begins_anew(tmp_path: Path) -> None:
    """After a power cut the files may be shorter than the row says."""
    with packing.packing(tmp_path, "a", Place(10_000, 50, 0, 1)) as zipped:
        assert zipped.start == Place()


def test_of_two_who_make_the_same_one_is_refused(tmp_path: Path) -> None:
    with (
        packing.packing(tmp_path, "a", Place()),
        pytest.raises(Busy),
        packing.packing(tmp_path, "a", Place()),
    ):
        pass


def test_beyond_four_gigabytes_and_65535_entries(tmp_path: Path) -> None:
    far = 5 * 1024**3
    with packing.packing(tmp_path, "a", Place()) as zipped:
        zipped.add("first", [b"1"], WHEN)
        place = zipped.sync()
    with (tmp_path / packing.names("a")[0]).open("r+b") as part:
        part.truncate(far)  # sparse: only its length is real
    with packing.packing(tmp_path, "a", Place(far, place.directory, 0, 1)) as zipped:
        for number in range(70_000):
            zipped.add(f"{number}", [b"x"], WHEN)
        zipped.finish()
    with zipfile.ZipFile(tmp_path / packing.finished_name("a")) as read:
        assert len(read.namelist()) == 70_001
        assert read.read("first") == b"1"
        assert read.read("69999") == b"x"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("A red fox, in the snow!", "000012-a-red-fox-in-the-snow.webp"),
        ("Ёлка в тёплом СВЕТЕ", "000012-ёлка-в-тёплом-свете.webp"),
        ("../../etc/passwd\\..\\c:\0", "000012-etc-passwd-c.webp"),
        ("CON", "000012-con.webp"),
        ("...", "000012.webp"),
        ("\u202egpj.exe\n", "000012-gpj-exe.webp"),
        ("a" * 500, f"000012-{'a' * 60}.webp"),
        ("狐" * 500, f"000012-{'狐' * 60}.webp"),
    ],
)
def test_names_are_safe_everywhere(words: str, name: str) -> None:
    file, aside = safe_name(12, words, "webp")
    assert file == name
    assert aside == name.removesuffix("webp") + "json"
    assert len(f"pictures/{name}".encode()) < 250


def test_an_extension_is_no_way_out_either() -> None:
    assert safe_name(1, "", "../x")[0] == "000001.bin"
