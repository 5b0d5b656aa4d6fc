"""Two people who do not see each other."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House


def test_nobody_sees_what_is_anothers(house: House, visit: NewPage, guard: Guard) -> None:
    guard.expect(404)
    house.deliver()
    alice, bob = house.person(), house.person()
    page, other = visit(alice), visit(bob)
    text = steps.wish(alice)
    image = steps.picture(page, text)
    done = steps.number(page.locator("article.card"))
    house.undo_send(10)
    waiting = steps.number(steps.order(page, steps.wish(alice, "A secret")))
    prompt = house.ask("SELECT id FROM gallery_prompt WHERE text = ?", text)[0][0]

    for path in ("/", "/history/", "/history/?q=fox"):
        other.goto(path)
        expect(other.locator("article, .tile, .entry")).to_have_count(0)
        expect(other.locator("body")).not_to_contain_text(text)
    hidden = [
        f"/tasks/{done}/",
        f"/tasks/{waiting}/",
        f"/tasks/{waiting}/again/",
        f"/images/{image}/",
        f"/images/{image}/original/",
        f"/images/{image}/original/?download",
        f"/images/{image}/thumbs/384/",
        f"/images/{image}/thumbs/768/",
        f"/?from={prompt}",
        f"/prompts/{prompt}/",
    ]
    missing = other.request.get("/tasks/999999999/").text()
    for path in hidden:
        answer = other.request.get(path)
        assert answer.status == 404, path
        assert answer.text() == missing, path
        assert page.request.get(path).status == 200, path
    other.goto(f"/images/{image}/")
    expect(other.get_by_role("heading", name="Not found")).to_be_visible()

    other.goto("/")
    token = {one["name"]: one["value"] for one in other.context.cookies()}["csrftoken"]
    headers = {"X-CSRFToken": token, "Content-Type": "application/x-www-form-urlencoded"}
    for path in (
        f"/tasks/{waiting}/cancel/",
        f"/tasks/{waiting}/dismiss/",
        f"/tasks/{waiting}/ask/",
        f"/tasks/{waiting}/again/",
        f"/prompts/{prompt}/rerun/",
    ):
        assert other.request.post(path, headers=headers).status == 404, path
    ids = urlencode({"v": f"{done}:0.x,{waiting}:0.x"})
    live = other.request.post("/tasks/live/", headers=headers, data=ids)
    assert (live.status, live.text()) == (204, "")
    steps.expect_status(page.locator(f"#task-{waiting}"), "queued")
    assert house.batches(bob) == 0


def test_pictures_ask_for_a_login(house: House, visit: NewPage) -> None:
    house.deliver()
    alice = house.person()
    image = steps.picture(visit(alice), steps.wish(alice))
    stranger = visit()
    for path in (f"/images/{image}/original/", f"/images/{image}/thumbs/384/"):
        answer = stranger.request.get(path)
        assert "Log in" in answer.text()
        assert answer.headers["content-type"].startswith("text/html")
