from __future__ import annotations

from io import BytesIO

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image as Pillow


def test_robots_are_kept_out(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "User-agent: *\nDisallow: /\n"


def test_the_icon_needs_no_login(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer["Content-Type"] == "image/x-icon"
    icon = Pillow.open(BytesIO(answer.getvalue()))
    assert icon.format == "ICO"
    assert {(16, 16), (32, 32)} <= set(icon.info["sizes"])


def test_every_icon_that_pages_name_is_there(client: Client, db: None) -> None:
    page = client.get("/login/").text
    for name in ("icon.svg", "favicon.ico", "apple-touch-icon.png", "site.webmanifest"):
        assert f"/static/{name}" in page
        assert finders.find(name)
