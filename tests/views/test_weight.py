"""What the studio loads of our own: at most 20 KB of CSS and 8 KB of JavaScript, gzipped."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client

from project.environment import BASE_DIR

STATIC = BASE_DIR / "static"


@pytest.mark.parametrize(
    ("kind", "link", "most"),
    [
        ("css", r'<link rel="stylesheet" href="/static/([^"]+)"', 20_000),
        ("js", r'<script src="/static/([^"]+)"', 8_000),
    ],
)
def test_the_studio_is_light(by_alice: Client, kind: str, link: str, most: int) -> None:
    names = re.findall(link, by_alice.get("/").text)
    own = [name for name in names if (STATIC / name).exists()]
    assert own
    assert all(name.startswith(f"{kind}/") for name in own)
    assert all(name.startswith("django_htmx/") for name in set(names) - set(own))
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in own) <= most
