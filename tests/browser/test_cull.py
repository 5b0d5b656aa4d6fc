"""Culling, comparing and the slideshow, by keyboard alone and by a thumb on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import Collector, House, Person
from tests.running import wait_for


@pytest.fixture
def person(house: House) -> Collector:
    return house.collector(5)


@pytest.fixture
def gallery(house: House, person: Collector) -> list[int]:
    """Five pictures of one prompt hang in the gallery; the newest first."""
    house.deliver()
    return list(person.images)


def at(page: Page, pk: int, count: str) -> None:
    expect(page.locator(".plate")).to_have_attribute("data-pk", str(pk))
    expect(page.locator("#cull-count")).to_have_text(count)
    assert steps.loaded(page.locator(".plate img"))


def marks(house: House, pk: int) -> tuple[object, ...]:
    query = "SELECT favourite, rating, trashed_at IS NOT NULL FROM gallery_image WHERE id = ?"
    return house.ask(query, pk)[0]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_by_keys_alone(
    width: int, height: int, house: House, person: Person, gallery: list[int], visit: NewPage
) -> None:
    first, second, third, fourth, last = gallery
    page = visit(person, "/gallery/", viewport={"width": width, "height": height})
    page.get_by_role("link", name="Cull", exact=True).press("Enter")
    press = page.keyboard.press
    at(page, first, "1 of 5")
    # Neighbours are ready: the next one is drawn before the key's event is over.
    page.wait_for_timeout(500)
    shown = page.evaluate(
        """() => {
          const key = { key: "ArrowRight", bubbles: true };
          document.body.dispatchEvent(new KeyboardEvent("keydown", key));
          const image = document.querySelector(".plate img");
          return [image.closest(".plate").dataset.pk, image.complete && image.naturalWidth > 0];
        }"""
    )
    assert shown == [str(second), True]
    press("ArrowLeft")
    at(page, first, "1 of 5")
    press("k")
    at(page, second, "2 of 5")
    press("x")
    at(page, third, "2 of 4")
    expect(page.get_by_text("Picture deleted.")).to_be_visible()
    press("u")
    at(page, second, "2 of 5")
    assert marks(house, second) == (0, 0, 0)
    press("Delete")
    at(page, third, "2 of 4")
    press("4")
    at(page, fourth, "3 of 4")
    press("t")
    expect(page.locator("#cull-tags")).to_be_focused()
    page.keyboard.type("dusk x5")
    press("Enter")
    expect(page.locator(".plate .chip", has_text="dusk x5")).to_be_visible()
    at(page, fourth, "3 of 4")
    tasks = house.tasks(person)
    expect(page.get_by_role("button", name="Re-run")).to_contain_text("4")
    press("r")
    expect(page.get_by_text("One more is on its way.")).to_be_visible()
    assert house.tasks(person) == tasks + 1
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("x")
    press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    press(" ")
    at(page, last, "4 of 4")
    press("f")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    for words in ("2 pictures kept", "1 picture rated", "1 picture tagged", "1 picture moved"):
        expect(page.get_by_text(words)).to_be_visible()
    press("Control+z")
    at(page, last, "4 of 4")
    assert [marks(house, pk) for pk in gallery] == [
        (1, 0, 0), (0, 0, 1), (0, 4, 0), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    press("ArrowLeft")
    at(page, fourth, "3 of 4")
    press("Escape")
    expect(page).to_have_url("/gallery/")
    # Where one left off, on another day
    told = "SELECT at FROM gallery_culling WHERE at = ?"
    wait_for(lambda: house.ask(told, fourth), 10, "the last word of a page that is left")
    page.goto("/gallery/cull/")
    expect(page.get_by_text("You left off here.")).to_be_visible()
    expect(page.locator(".plate")).to_have_attribute("data-pk", str(fourth))


def test_an_order_is_taken_back_until_it_is_sent_and_a_key_held_down_orders_once(
    house: House, person: Person, gallery: list[int], visit: NewPage, guard: Guard
) -> None:
    guard.faults_allowed += ["ERR_INTERNET_DISCONNECTED"]
    page = visit(person, "/gallery/cull/", viewport={"width": 1440, "height": 900})
    said = page.locator("#undo")
    tasks = house.tasks(person)

    def states() -> list[str]:
        rows = house.ask(
            "SELECT t.status FROM gallery_task t JOIN gallery_user u ON u.id = t.owner_id"
            " WHERE u.username = ? ORDER BY t.id",
            person.name,
        )
        return [str(row[0]) for row in rows[tasks:]]

    at(page, gallery[0], "1 of 5")
    house.undo_send(600)
    page.keyboard.press("4")
    at(page, gallery[1], "2 of 5")
    for _ in range(5):  # as a key does that is held down
        page.keyboard.down("r")
        page.wait_for_timeout(150)
    page.keyboard.up("r")
    expect(said).to_contain_text("One more is on its way.")
    assert states() == ["queued"]
    page.keyboard.press("u")
    expect(said).to_contain_text("Taken back. Nothing was ordered.")
    assert states() == ["canceled"]
    assert marks(house, gallery[0]) == (0, 4, 0)  # what was done before it stays
    page.keyboard.press("r")
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Taken back. Nothing was ordered.")
    page.keyboard.press("r")
    page.keyboard.press("u")  # before the order is answered
    wait_for(lambda: states() == ["canceled"] * 3, 10, "an order taken back at once")
    assert marks(house, gallery[0]) == (0, 4, 0)
    house.undo_send(0)
    page.keyboard.press("r")
    expect(said).to_contain_text("One more is on its way.")
    wait_for(
        lambda: len(states()) == 4 and states()[3] not in ("queued", "sending"), 20, "a sent order"
    )
    page.keyboard.press("u")
    expect(said).to_contain_text("It is sent already")
    # Without a network nothing is forgotten.
    page.context.set_offline(True)
    page.keyboard.press("u")
    expect(page.locator("#alert")).to_contain_text("No answer from this server")
    page.context.set_offline(False)
    page.keyboard.press("u")
    at(page, gallery[0], "1 of 5")
    assert marks(house, gallery[0]) == (0, 0, 0)
    expect(said.get_by_role("button")).to_have_count(0)  # nothing before it was done here


def test_what_is_slow_or_fails_to_come_is_neither_counted_nor_passed_over(
    house: House, person: Person, gallery: list[int], visit: NewPage, guard: Guard
) -> None:
    guard.faults_allowed.append("net::ERR_FAILED")
    first, second, third, *_ = gallery
    page = visit(person, "/gallery/")
    held: list[Route] = []
    said = page.locator("#undo")

    def plates(answer: Callable[[Route], object]) -> None:
        def handle(route: Route) -> None:
            if route.request.is_navigation_request():
                route.continue_()
            else:
                answer(route)

        page.route(re.compile("/gallery/cull/"), handle)

    plates(held.append)
    page.get_by_role("link", name="Cull", exact=True).click()
    at(page, first, "1 of 5")
    page.wait_for_load_state()
    page.keyboard.press("x")
    expect(said).to_contain_text("Picture deleted.")
    at(page, first, "1 of 5")  # the number is that of the picture one sees
    page.keyboard.press("3")  # and nothing is done to one that is not seen yet
    plates(Route.continue_)
    for route in held:
        route.continue_()
    at(page, second, "1 of 4")
    assert marks(house, second) == (0, 0, 0)
    page.keyboard.press("3")
    expect(said).to_contain_text("rated 3 of 5")
    at(page, third, "2 of 4")
    # Without a network one stays where one is, and then goes on with what comes next.
    plates(Route.abort)
    page.reload()
    at(page, third, "2 of 4")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#alert")).to_contain_text("No answer from this server")
    at(page, third, "2 of 4")
    page.keyboard.press("x")
    expect(said).to_contain_text("Picture deleted.")
    assert marks(house, third) == (0, 0, 1)
    page.keyboard.press("1")  # what left already is not rated; what follows is asked for again
    expect(page.locator("#plate")).not_to_have_attribute("aria-busy", "true")
    plates(Route.continue_)
    page.keyboard.press("1")
    at(page, gallery[3], "2 of 3")
    assert marks(house, gallery[3]) == (0, 0, 0)
    assert marks(house, third) == (0, 0, 1)


def test_by_tab_and_enter_one_stays_on_the_button(
    house: House, person: Person, gallery: list[int], visit: NewPage
) -> None:
    page = visit(person, "/gallery/cull/")
    at(page, gallery[0], "1 of 5")
    page.keyboard.press("ArrowRight")  # as by keys
    at(page, gallery[1], "2 of 5")
    page.get_by_role("button", name="4 stars").focus()
    page.keyboard.press("Enter")
    at(page, gallery[2], "3 of 5")
    expect(page.get_by_role("button", name="4 stars")).to_be_focused()
    expect(page.locator("#news")).to_contain_text("3 of 5. A red fox")
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # held down, it is pressed once
    at(page, gallery[3], "4 of 5")
    page.keyboard.up("Enter")
    page.get_by_role("link", name="Previous").focus()
    page.keyboard.press("Enter")
    at(page, gallery[2], "3 of 5")
    expect(page.get_by_role("link", name="Previous")).to_be_focused()
    # Of a button that the mouse has pressed, Space does not press the next one's.
    page.get_by_role("button", name="Keep").click()
    at(page, gallery[3], "4 of 5")
    page.keyboard.press(" ")
    at(page, gallery[4], "5 of 5")
    page.keyboard.press("u")
    wait_for(lambda: [marks(house, pk) for pk in gallery] == [
        (0, 0, 0), (0, 4, 0), (0, 4, 0), (0, 0, 0), (0, 0, 0),
    ], 10, "one keep taken back")  # fmt: skip


def trash(house: House, pk: int) -> None:
    """In another tab."""
    house.execute("UPDATE gallery_image SET trashed_at = datetime('now') WHERE id = ?", pk)


def test_what_is_deleted_elsewhere_is_passed_over(
    house: House, person: Person, gallery: list[int], visit: NewPage
) -> None:
    first, second, third, fourth, last = gallery
    page = visit(person, "/gallery/")
    held: list[Route] = []
    page.route(re.compile(f"/gallery/cull/.*at={third}"), lambda route: held.append(route))
    page.get_by_role("link", name="Cull", exact=True).click()
    at(page, first, "1 of 5")
    page.wait_for_load_state()
    page.keyboard.press("ArrowRight")
    at(page, second, "2 of 5")
    trash(house, third)
    trash(house, last)
    for route in held:
        route.continue_()
    page.keyboard.press("ArrowRight")
    at(page, fourth, "3 of 3")
    page.keyboard.press("ArrowLeft")
    at(page, second, "2 of 3")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("4")
    expect(page.get_by_role("heading", name="That was the last one")).to_be_visible()
    assert marks(house, fourth) == (0, 4, 0)
    page.keyboard.press("ArrowLeft")
    at(page, fourth, "3 of 3")


def test_one_undo_after_the_other_while_answers_are_slow(
    house: House, person: Person, gallery: list[int], visit: NewPage
) -> None:
    first, second, third, *_ = gallery
    page = visit(person, "/gallery/cull/")
    at(page, first, "1 of 5")
    page.wait_for_timeout(500)  # neighbours are ready
    posted: list[str] = []

    def slow(route: Route) -> None:
        posted.append(route.request.url)
        time.sleep(0.2)
        route.continue_()

    page.route(re.compile("/undo/"), slow)
    for key in ("5", "k", "x"):
        page.keyboard.press(key)
    expect(page.locator("#undo")).to_contain_text("Picture deleted.")
    for _ in range(4):
        page.keyboard.press("u")
    at(page, first, "1 of 5")
    expect(page.locator("#undo").get_by_role("button")).to_have_count(0)
    assert len(posted) == len(set(posted)) == 3
    assert [marks(house, pk) for pk in (first, second, third)] == [(0, 0, 0)] * 3


def test_without_a_network_what_failed_leads_back_and_the_end_is_asked_for_again(
    house: House, person: Person, gallery: list[int], visit: NewPage, guard: Guard
) -> None:
    guard.faults_allowed += ["ERR_INTERNET_DISCONNECTED"]
    first, second, *_ = gallery
    page = visit(person, "/gallery/cull/")
    at(page, first, "1 of 5")
    page.wait_for_timeout(500)  # neighbours are ready
    alert = page.locator("#alert")
    page.context.set_offline(True)
    for key in ("k", "x"):
        page.keyboard.press(key)
    expect(alert).to_contain_text("No answer from this server")
    at(page, first, "1 of 5")
    page.context.set_offline(False)
    page.keyboard.press("k")
    at(page, second, "2 of 5")
    expect(alert).to_be_empty()  # until something goes right
    assert [marks(house, pk) for pk in (first, second)] == [(1, 0, 0), (0, 0, 0)]
    for pk in gallery[1:]:
        trash(house, pk)
    page.goto("/gallery/cull/?at=start")
    at(page, first, "1 of 1")
    page.wait_for_load_state()
    page.route(re.compile("at=end"), lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("x")
    expect(alert).to_contain_text("No answer from this server")
    for key in ("ArrowRight", "3", "ArrowLeft"):
        page.keyboard.press(key)
    page.unroute_all()
    page.wait_for_timeout(300)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Nothing is left here")).to_be_visible()
    assert marks(house, first) == (1, 0, 1)
    page.keyboard.press("u")
    at(page, first, "1 of 1")


def test_by_a_thumb(house: House, person: Person, gallery: list[int], visit: NewPage) -> None:
    phone = {"width": 360, "height": 740}
    page = visit(person, "/gallery/cull/", viewport=phone, has_touch=True, is_mobile=True)
    at(page, gallery[0], "1 of 5")
    small = page.evaluate(
        "[...document.querySelectorAll('.thumbs button, .cull a')].filter((one) =>"
        " one.checkVisibility() && one.getBoundingClientRect().height < 43.5)"
        ".map((one) => one.outerHTML.slice(0, 99))"
    )
    assert not small
    bar = page.locator(".thumbs").bounding_box()
    assert bar
    assert bar["x"] + bar["width"] <= 360
    assert bar["y"] + bar["height"] <= 740.5
    page.get_by_role("button", name="Keep").tap()
    at(page, gallery[1], "2 of 5")
    page.get_by_role("button", name="Delete").tap()
    at(page, gallery[2], "2 of 4")
    page.get_by_role("button", name="5 stars").tap()
    at(page, gallery[3], "3 of 4")
    page.locator(".thumbs").get_by_role("button", name="Undo").tap()
    at(page, gallery[2], "2 of 4")
    swipe(page, 300, 60)
    at(page, gallery[3], "3 of 4")
    swipe(page, 60, 300)
    at(page, gallery[2], "2 of 4")
    assert [marks(house, pk) for pk in gallery[:3]] == [(1, 0, 0), (0, 0, 1), (0, 0, 0)]


def swipe(page: Page, start: int, end: int) -> None:
    page.locator(".plate-picture").evaluate(
        """(place, [from, to]) => {
          const at = (name, x) => place.dispatchEvent(new PointerEvent(name, { bubbles: true,
            isPrimary: true, pointerId: 1, pointerType: "touch", clientX: x, clientY: 300 }));
          at("pointerdown", from); at("pointerup", to);
        }""",
        [start, end],
    )


def test_side_by_side_and_slides(person: Person, gallery: list[int], visit: NewPage) -> None:
    one, other = gallery[1], gallery[0]
    page = visit(person, f"/images/{one}/")
    page.get_by_role("link", name="Compare with the newer one of this prompt").press("Enter")
    expect(page).to_have_url(f"/gallery/compare/?image={one}&image={other}")
    page.wait_for_load_state()
    images = page.locator(".frame img")
    press = page.keyboard.press

    def places() -> list[str]:
        return [images.nth(place).evaluate("(one) => one.style.transform") for place in (0, 1)]

    assert places() == ["", ""]
    press("+")
    press("ArrowRight")
    left, right = places()
    assert "scale(1.5)" in left
    assert left == right
    press("0")
    assert places() == ["", ""]
    images.first.hover()
    page.mouse.wheel(0, -200)
    expect(images.last).to_have_attribute("style", re.compile("scale"))
    press("0")
    press("s")
    slider = page.get_by_role("slider")
    expect(slider).to_be_focused()
    press("ArrowRight")
    clip = page.locator(".frame-view").first.evaluate("(one) => getComputedStyle(one).clipPath")
    assert clip == "inset(0px 49% 0px 0px)"

    page.goto("/gallery/slides/")
    seen = page.locator(".slide")
    expect(seen).to_have_attribute("data-pk", str(gallery[0]))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    press("ArrowRight")
    expect(seen).to_have_attribute("data-pk", str(gallery[1]))
    press("ArrowLeft")
    expect(seen).to_have_attribute("data-pk", str(gallery[0]))
    page.get_by_label("Seconds for each picture").select_option("2")
    expect(seen).to_have_attribute("data-pk", str(gallery[1]))
    page.locator("body").evaluate("document.activeElement.blur()")
    press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(".slides.idle")).to_be_attached()
    page.goto(f"/gallery/slides/?at={gallery[-1]}")
    press("ArrowRight")
    expect(seen).to_have_attribute("data-pk", str(gallery[0]))
    press("Escape")
    expect(page).to_have_url("/gallery/")


def test_who_wants_it_still_starts_the_slides_by_hand(
    person: Person, gallery: list[int], visit: NewPage
) -> None:
    page = visit(person, "/gallery/slides/", reduced_motion="reduce")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(".slides.moves")).to_have_count(0)


def test_slides_go_on_when_one_was_deleted_elsewhere(
    house: House, person: Person, gallery: list[int], visit: NewPage
) -> None:
    first, second, third, fourth, last = gallery
    page = visit(person, "/gallery/")
    held: list[Route] = []
    page.route(re.compile(f"/gallery/slides/.*at={third}"), lambda route: held.append(route))
    page.goto(f"/gallery/slides/?at={first}")
    page.wait_for_load_state()
    page.keyboard.press(" ")  # it stands
    trash(house, third)
    for _ in range(50):
        if held:
            break
        page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    for pk in (second, fourth, last, first, second):
        page.keyboard.press("ArrowRight")
        expect(page).to_have_url(re.compile(f"at={pk}$"))
