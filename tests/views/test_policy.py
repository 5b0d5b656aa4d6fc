"""Every address has a policy: open by name, or behind the login."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from project import urls

OPEN = {"login", "logout", "setup", "healthz"}
POST_ONLY = {
    "batch_create",
    "task_live",
    "task_cancel",
    "task_dismiss",
    "task_ask",
    "prompt_rerun",
}
ARGUMENTS = {"pk": 1, "size": 384, "token": "x"}


PATTERNS = [found for found in urls.urlpatterns if isinstance(found, URLPattern)]


def address(pattern: URLPattern) -> str:
    names = pattern.pattern.converters
    path = str(pattern.pattern)
    for name, converter in names.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        path = path.replace(
            f"<{kind.removeprefix('string') or 'str'}:{name}>", str(ARGUMENTS[name])
        )
    return f"/{path}"


def test_every_pattern_is_ours_or_the_admin() -> None:
    others = [found for found in urls.urlpatterns if isinstance(found, URLResolver)]
    assert [str(found.pattern) for found in others] == ["admin/"]


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_anonymous_is_led_to_the_login(pattern: URLPattern, client: Client) -> None:
    answer = client.get(address(pattern))
    if pattern.name in OPEN:
        assert answer.status_code in {200, 404, 405, 503}
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_anonymous_post_does_nothing_and_keeps_the_text(
    pattern: URLPattern, client: Client
) -> None:
    if pattern.name in OPEN:
        return
    answer = client.post(address(pattern), {"prompt": "<b>my long prompt</b>"})
    assert answer.status_code == 401
    assert "&lt;b&gt;my long prompt&lt;/b&gt;" in answer.text
    by_htmx = client.post(address(pattern), {"prompt": "x"}, headers={"HX-Request": "true"})
    assert by_htmx.status_code == 401
    assert by_htmx["HX-Retarget"] == "#alert"


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_wrong_methods_are_refused(pattern: URLPattern, by_alice: Client) -> None:
    if pattern.name in OPEN - {"logout"}:
        return
    path = address(pattern)
    assert by_alice.delete(path).status_code == 405
    if pattern.name in POST_ONLY | {"logout"}:
        assert by_alice.get(path).status_code == 405
    elif pattern.name != "task_again":
        assert by_alice.post(path).status_code == 405


@pytest.mark.django_db
def test_a_page_carries_a_strict_policy(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_an_old_form_says_so_and_keeps_the_text(by_alice: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = by_alice.cookies
    answer = strict.post("/batches/", {"prompt": "kept words"})
    assert answer.status_code == 403
    assert "kept words" in answer.text
    assert strict.post("/batches/", headers={"HX-Request": "true"})["HX-Retarget"] == "#alert"
