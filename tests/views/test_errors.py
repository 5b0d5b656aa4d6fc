from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_error_pages_need_no_request_and_no_database(status: int) -> None:
    page = render_to_string(f"{status}.html")
    assert "<h1>" in page
    assert "css/base.css" in page


def test_a_missing_page_is_plain(by_alice: Client) -> None:
    answer = by_alice.get("/nothing/")
    assert answer.status_code == 404
    assert "There is nothing here, or it is not yours." in answer.text


def test_every_page_says_that_it_is_a_demo(by_alice: Client, client: Client) -> None:
    for browser, path in ((by_alice, "/"), (by_alice, "/nothing/"), (client, "/login/")):
        assert "built-in demo provider" in browser.get(path).text


def test_no_page_says_so_with_a_key(by_alice: Client, settings: Any) -> None:
    settings.IS_DEMO = False
    for path in ("/", "/nothing/"):
        assert "built-in demo provider" not in by_alice.get(path).text
