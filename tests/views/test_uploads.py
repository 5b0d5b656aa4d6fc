"""No form takes a file, so nobody can fill the disk with one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


def test_a_file_that_nobody_asked_for_is_not_kept(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the login even: the check of the form's token reads the whole body."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    big = SimpleUploadedFile("big.bin", b"x" * 4_000_000)
    answer = Client().post("/login/", {"username": "nobody", "file": big})
    assert answer.status_code == 200
    assert not answer.wsgi_request.FILES
    assert answer.wsgi_request.POST["username"] == "nobody"
    assert not list(folder.iterdir())
