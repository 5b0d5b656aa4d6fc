"""The lightbox: a picture over its page, at its own address, by mouse, keys and touch."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person

ZOOMED = re.compile("zoomed")


@pytest.fixture
def person(house: House) -> Person:
    """Three pictures hang in the gallery."""
    return house.collector(3)


@pytest.fixture
def gallery(house: House, studio: Page) -> Page:
    house.deliver()
    expect(studio.locator(".gallery .tile")).to_have_count(3)
    return studio


def tiles(page: Page) -> list[str]:
    links = page.locator(".gallery .tile > a")
    return [str(links.nth(place).get_attribute("href")) for place in range(links.count())]


def box(page: Page) -> Locator:
    return page.get_by_role("dialog")


def shown(page: Page, href: str) -> None:
    expect(box(page).locator(".look")).to_have_attribute("data-look-at", href)
    expect(page).to_have_url(href)
    assert steps.loaded(box(page).locator(".stage img"))


def test_a_picture_has_its_address_and_back_closes_it(gallery: Page) -> None:
    links = tiles(gallery)
    opener = gallery.locator(".gallery .tile > a").nth(1)
    opener.click()
    shown(gallery, links[1])
    gallery.go_back()
    expect(box(gallery)).to_have_count(0)
    expect(gallery).to_have_url("/")
    expect(opener).to_be_focused()
    gallery.go_forward()
    shown(gallery, links[1])
    gallery.reload()
    expect(gallery.locator(".picture-page")).to_be_visible()
    gallery.go_back()
    expect(gallery.locator(".gallery .tile")).to_have_count(3)


def test_keys_lead_on_and_escape_leads_back_to_the_last_seen(gallery: Page) -> None:
    links = tiles(gallery)
    gallery.locator(".gallery .tile > a").first.click()
    shown(gallery, links[0])
    gallery.keyboard.press("ArrowRight")
    shown(gallery, links[1])
    gallery.keyboard.press("ArrowRight")
    shown(gallery, links[2])
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, links[1])
    gallery.keyboard.press("Escape")
    expect(gallery).to_have_url("/")
    expect(gallery.locator(".gallery .tile > a").nth(1)).to_be_focused()


def test_zoom_by_keys_wheel_and_double_click(gallery: Page) -> None:
    gallery.locator(".gallery .tile > a").first.click()
    image = box(gallery).locator(".stage img")
    assert steps.loaded(image)
    before = image.bounding_box()
    assert before

    def turn_wheel() -> None:
        image.hover()
        gallery.mouse.wheel(0, -300)

    acts: list[Callable[[], None]] = [
        lambda: gallery.keyboard.press("+"),
        lambda: gallery.keyboard.press("z"),
        lambda: image.dblclick(),
        turn_wheel,
    ]
    for act in acts:
        act()
        expect(image).to_have_class(ZOOMED)
        now = image.bounding_box()
        assert now and now["width"] > before["width"]
        gallery.keyboard.press("z")
        expect(image).not_to_have_class(ZOOMED)
        assert image.bounding_box() == before


def test_a_zoomed_picture_is_dragged(gallery: Page) -> None:
    gallery.set_viewport_size({"width": 360, "height": 500})
    gallery.locator(".gallery .tile > a").first.click()
    image = box(gallery).locator(".stage img")
    assert steps.loaded(image)
    for _ in range(6):
        gallery.keyboard.press("+")
    before = image.bounding_box()
    gallery.mouse.move(180, 150)
    gallery.mouse.down()
    gallery.mouse.move(240, 190, steps=4)
    gallery.mouse.up()
    after = image.bounding_box()
    assert before and after
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (60, 40)


def test_a_swipe_turns_the_page(gallery: Page) -> None:
    links = tiles(gallery)
    gallery.locator(".gallery .tile > a").first.click()
    shown(gallery, links[0])
    touch(gallery, 800, 500)
    shown(gallery, links[1])
    touch(gallery, 500, 800)
    shown(gallery, links[0])


def touch(page: Page, start: int, end: int) -> None:
    """One finger across the stage."""
    page.locator(".stage").evaluate(
        """(stage, [from, to]) => {
          const at = (name, x) => stage.querySelector("img").dispatchEvent(new PointerEvent(name, {
            bubbles: true, pointerId: 1, pointerType: "touch", clientX: x, clientY: 300 }));
          at("pointerdown", from); at("pointermove", (from + to) / 2); at("pointerup", to);
        }""",
        [start, end],
    )


def test_deleting_in_it_goes_on_and_undo_brings_it_back(gallery: Page) -> None:
    links = tiles(gallery)
    gallery.locator(".gallery .tile > a").first.click()
    shown(gallery, links[0])
    gallery.keyboard.press("Delete")
    shown(gallery, links[1])
    undo = box(gallery).get_by_role("button", name="Undo")
    undo.click()
    shown(gallery, links[0])
    gallery.keyboard.press("Escape")
    expect(gallery.locator(".gallery .tile:visible")).to_have_count(3)


def test_undo_stands_beside_the_cross_on_a_phone(
    visit: NewPage, gallery: Page, person: Person
) -> None:
    phone = visit(person, viewport={"width": 360, "height": 740}, locale="ru-RU")
    phone.locator(".gallery .tile > a").first.click()
    expect(box(phone).locator(".stage img")).to_be_visible()
    phone.keyboard.press("Delete")
    bar = box(phone).locator(".undo-bar").bounding_box()
    cross = box(phone).locator(".close").bounding_box()
    assert bar
    assert cross
    assert bar["x"] + bar["width"] <= cross["x"]


def test_deleting_the_last_closes_it(gallery: Page) -> None:
    links = tiles(gallery)
    gallery.locator(".gallery .tile > a").nth(1).click()
    # On to the older one, then, as there is none, back to the newer.
    for place in (1, 2, 0):
        shown(gallery, links[place])
        gallery.keyboard.press("Delete")
    expect(box(gallery)).to_have_count(0)
    expect(gallery).to_have_url("/")


def test_a_picture_of_the_history_runs_again_by_a_key(
    house: House, person: Person, gallery: Page
) -> None:
    gallery.goto("/history/")
    gallery.locator(".entry a[data-look]").first.click()
    expect(box(gallery).locator(".look")).to_be_visible()
    gallery.keyboard.press("r")
    expect(gallery).to_have_url("/")
    assert house.batches(person) == 2


def test_keys_do_nothing_while_one_types(gallery: Page) -> None:
    steps.prompt(gallery).click()
    gallery.keyboard.press("Delete")
    gallery.keyboard.type("dr+0")
    expect(gallery.locator(".gallery .tile:visible")).to_have_count(3)
    expect(box(gallery)).to_have_count(0)


def test_focus_stays_inside(gallery: Page) -> None:
    gallery.locator(".gallery .tile > a").nth(1).click()
    expect(box(gallery).locator(".look")).to_be_visible()
    for _ in range(12):
        gallery.keyboard.press("Tab")
        assert gallery.evaluate(
            "document.activeElement === document.body"
            " || document.querySelector('#lightbox').contains(document.activeElement)"
        )


def test_it_fits_a_phone(visit: NewPage, house: House, person: Person, gallery: Page) -> None:
    page = visit(person, viewport={"width": 360, "height": 740}, has_touch=True)
    page.locator(".gallery .tile > a").first.tap()
    expect(box(page).locator(".look")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    facts = box(page).locator(".look-facts").bounding_box()
    assert facts and facts["y"] + facts["height"] <= 741


def slow(page: Page, latency: int = 300) -> None:
    """A network on which each answer takes so many milliseconds."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def press_twice(page: Page, key: str = "Delete") -> None:
    """Both before the first is answered; until both are."""
    answers: list[str] = []
    page.on("response", lambda answer: answers.append(answer.url))
    page.keyboard.press(key)
    page.keyboard.press(key)
    while len([url for url in answers if url.endswith("/trash/")]) < 2:
        page.wait_for_timeout(20)
    page.wait_for_timeout(1000)  # for what it might lead to


def test_a_second_press_deletes_nothing_more(
    house: House, person: Person, gallery: Page, visit: NewPage
) -> None:
    links = tiles(gallery)
    first = gallery.locator(".gallery .tile > a")
    slow(gallery)
    first.nth(0).focus()
    press_twice(gallery)
    expect(first.nth(1)).to_be_focused()
    expect(gallery.locator(".gallery .tile:visible")).to_have_count(2)
    # Nor does it lead on twice in the large view
    page = visit(person, links[0])
    page.get_by_role("button", name="Restore").click()
    house.hang(int(links[0].strip("/").split("/")[-1]), 2)
    page.goto("/")
    slow(page)
    links = tiles(page)
    page.locator(".gallery .tile > a").first.click()
    shown(page, links[0])
    press_twice(page)
    shown(page, links[1])


def test_presses_are_followed_over_a_slow_network(
    house: House, gallery: Page, guard: Guard
) -> None:
    guard.faults_allowed.append("htmx:")  # an answer that is not waited for
    house.hang(int(tiles(gallery)[0].strip("/").split("/")[-1]), 9)
    gallery.reload()
    links = tiles(gallery)
    gallery.locator(".gallery .tile > a").first.click()
    shown(gallery, links[0])
    slow(gallery)
    for _ in range(8):
        gallery.keyboard.press("ArrowRight")
        gallery.wait_for_timeout(100)
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, links[7])
    gallery.wait_for_timeout(1000)
    shown(gallery, links[7])
    # It stands still after the last, and what was pressed beyond it is forgotten
    for _ in range(9):
        gallery.keyboard.press("ArrowRight")
    shown(gallery, links[11])
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, links[10])
    # A key that is held does not run on after it is let go
    for _ in range(10):
        gallery.keyboard.down("ArrowLeft")
        gallery.wait_for_timeout(30)
    gallery.keyboard.up("ArrowLeft")
    place = links.index(str(box(gallery).locator(".look").get_attribute("data-look-at")))
    gallery.wait_for_timeout(1200)
    now = links.index(str(box(gallery).locator(".look").get_attribute("data-look-at")))
    assert 10 > place >= now >= place - 1
    # What comes too late stays away
    gallery.keyboard.press("ArrowRight")
    gallery.keyboard.press("Escape")
    expect(box(gallery)).to_have_count(0)
    gallery.wait_for_timeout(600)
    expect(gallery.locator("#look")).to_be_empty()
    expect(gallery).to_have_title("Studio · Artel")


def test_escape_from_its_words_leads_back_to_their_button(gallery: Page) -> None:
    gallery.locator(".gallery .tile > a").first.click()
    expect(box(gallery).locator(".look")).to_be_visible()
    button = box(gallery).locator(".marks-more summary")
    for name in ("Tags", "Collection"):
        button.click()
        box(gallery).get_by_role("combobox", name=name).focus()
        gallery.keyboard.press("Escape")
        expect(box(gallery).get_by_role("combobox")).to_have_count(0)
        expect(button).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(box(gallery)).to_have_count(0)
