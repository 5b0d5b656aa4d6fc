"""Hearts, stars, tags and collections, as a person gives them: by keys, by mouse, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import Collector, House, Person


@pytest.fixture
def person(house: House) -> Collector:
    return house.collector(1)


@pytest.fixture
def gallery(house: House, person: Collector, visit: NewPage, guard: Guard) -> Page:
    """Five pictures hang in the gallery."""
    guard.expect(422)
    house.deliver()
    house.hang(person.images[0], 4)
    page = visit(person, "/gallery/")
    expect(page.locator("#found .tile")).to_have_count(5)
    return page


def tile(page: Page, number: int) -> Locator:
    return page.locator("#found .tile").nth(number)


def undo(page: Page, words: str) -> None:
    expect(page.locator(".undo-bar")).to_contain_text(words)
    page.keyboard.press("Control+z")
    expect(page.locator(".undo-bar")).to_contain_text("Taken back.")


def test_by_keys_alone(gallery: Page) -> None:
    page, key = gallery, gallery.keyboard
    # On a tile
    tile(page, 1).locator("a").focus()
    key.press("4")
    expect(tile(page, 1)).to_have_attribute("data-rating", "4")
    key.press("f")
    expect(tile(page, 1)).to_have_attribute("data-favourite", "true")
    undo(page, "1 picture made a favourite.")
    expect(tile(page, 1)).to_have_attribute("data-favourite", "false")
    expect(tile(page, 1).locator("[data-star='4']")).to_have_attribute("aria-pressed", "true")
    key.press("t")
    box = page.get_by_role("dialog", name="Tags and collections")
    expect(box.get_by_role("combobox", name="Tags")).to_be_focused()
    key.type("Ёлка, 50 f t c")
    key.press("Enter")
    expect(box.get_by_role("link", name="Ёлка")).to_be_visible()
    expect(box.get_by_role("combobox", name="Tags")).to_be_focused()
    expect(box.get_by_role("combobox", name="Tags")).to_have_value("")
    key.type("x" * 51)
    key.press("Enter")
    expect(box.get_by_role("alert").first).to_have_text("A tag has at most 50 characters.")
    key.press("Escape")
    expect(box).to_have_count(0)
    expect(tile(page, 1).locator("a")).to_be_focused()
    expect(tile(page, 1)).to_have_attribute("data-favourite", "false")  # no key while one types
    key.press("c")
    expect(box.get_by_role("combobox", name="Collection")).to_be_focused()
    key.type("Prints")
    key.press("Enter")
    expect(box.get_by_role("link", name="Prints")).to_be_visible()
    key.press("Escape")
    # In the large view
    key.press("Enter")
    look = page.get_by_role("dialog", name="Picture", exact=True)
    expect(look.locator(".glance")).to_have_attribute("data-rating", "4")
    key.press("0")
    expect(look.locator(".glance")).to_have_attribute("data-rating", "0")
    key.press("f")
    expect(look.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    key.press("t")
    expect(look.get_by_role("combobox", name="Tags")).to_be_focused()
    key.type("ё")
    expect(look.locator("datalist option").first).to_have_attribute("value", "Ёлка")
    key.press("Escape")
    expect(tile(page, 1)).to_have_attribute("data-favourite", "true")
    expect(tile(page, 1)).to_have_attribute("data-rating", "0")
    # On its page
    page.goto(str(tile(page, 1).locator("a").get_attribute("href")))
    key.press("5")
    expect(page.locator(".glance")).to_have_attribute("data-rating", "5")
    undo(page, "rated 5 of 5.")
    expect(page.locator(".glance")).to_have_attribute("data-rating", "0")
    page.get_by_role("button", name="Take the tag Ёлка away").press("Enter")
    expect(page.get_by_role("link", name="Ёлка")).to_have_count(0)
    undo(page, "Tag taken off 1 picture.")
    expect(page.get_by_role("link", name="Ёлка")).to_be_visible()
    axe.check(page, "picture")
    # A tag's other name
    page.goto("/tags/")
    page.get_by_role("link", name="Rename the tag Ёлка").press("Enter")
    page.get_by_label("Name").fill("50 f t c")
    key.press("Enter")
    page.get_by_role("button", name="Make them one").press("Enter")
    expect(page.locator(".tags li")).to_have_count(1)


def order(page: Page) -> list[str]:
    return [str(one.get_attribute("data-member")) for one in page.locator(".member").all()]


def test_a_collection_by_keys_and_by_mouse(gallery: Page, house: House) -> None:
    page, key = gallery, gallery.keyboard
    for number in range(4):
        tile(page, number).locator("a").focus()
        key.press("c")
        expect(page.locator("#marks-box input[name=collection]:focus")).to_have_count(1)
        key.type("Prints")
        key.press("Enter")
        expect(page.locator(".undo-bar")).to_contain_text("put into")
        key.press("Escape")
        expect(page.locator("#marks-box")).to_be_hidden()
    page.goto("/collections/")
    page.get_by_role("link", name="Prints").press("Enter")
    a, b, c, d = order(page)
    first = page.locator(".member-picture").first
    news = page.locator("#news")
    first.focus()
    key.press("Space")
    expect(news).to_have_text("Picked up. Place 1 of 4.")
    key.press("ArrowRight")
    key.press("ArrowRight")
    expect(news).to_have_text("Place 3 of 4.")
    key.press("Space")
    expect(news).to_have_text("Put down at place 3 of 4.")
    expect(page.locator(".undo-bar")).to_contain_text("Moved.")
    key.press("Alt+ArrowRight")
    expect(news).to_have_text("Place 4 of 4.")
    key.press("Space")
    key.press("Home")
    key.press("Escape")
    expect(news).to_have_text("Back at place 4 of 4.")
    assert order(page) == [b, c, d, a]
    page.wait_for_load_state("networkidle")
    page.reload()
    assert order(page) == [b, c, d, a]
    page.locator(f"[data-member='{a}'] a").drag_to(
        page.locator(f"[data-member='{b}'] a"), target_position={"x": 5, "y": 40}
    )
    expect(page.locator(".undo-bar")).to_contain_text("Moved.")
    assert order(page) == [a, b, c, d]
    with page.expect_response("**/undo/"):
        key.press("Control+z")
    expect(page.locator(".member").first).to_have_attribute("data-member", b)
    page.get_by_label(f"Picture {c}: place").press("Enter")
    page.get_by_role("button", name="Make it the cover").and_(page.locator(f"[value='{c}']")).press(
        "Enter"
    )
    expect(page.locator(f"[data-member='{c}']")).to_have_attribute("data-cover", "")
    page.locator(f"#place-{c}").fill("x")
    key.press("Enter")
    expect(page.locator(f"#place-{c}-error")).to_have_text("A place is a number from 1 on.")
    page.locator(f"#place-{c}").fill("1")
    key.press("Enter")
    expect(page.locator(".member").first).to_have_attribute("data-member", c)
    page.get_by_label(f"Picture {c}: place").press("Enter")
    axe.check(page, "collection")
    count = page.locator("#member-count")
    before = count.inner_text()
    page.get_by_role("button", name="Take it out").and_(page.locator(f"[value='{c}']")).click()
    expect(page.locator(f"[data-member='{c}']")).to_be_hidden()
    expect(count).not_to_have_text(before)
    undo(page, "taken out of the collection")
    expect(page.locator(f"[data-member='{c}']")).to_be_visible()
    expect(count).to_have_text(before)


def test_a_collection_by_a_finger(gallery: Page, visit: NewPage, person: Person) -> None:
    for number in range(4):
        tile(gallery, number).locator("a").focus()
        gallery.keyboard.press("c")
        gallery.locator("#marks-box [name=collection]:visible").fill("Prints")
        gallery.keyboard.press("Enter")
        expect(gallery.locator(".undo-bar")).to_contain_text("put into")
        gallery.keyboard.press("Escape")
    page = visit(
        person, "/collections/", viewport={"width": 360, "height": 740}, has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    page.get_by_role("link", name="Prints").tap()
    expect(page.locator(".member")).to_have_count(4)
    a, b, c, d = order(page)
    touch = page.context.new_cdp_session(page)

    def at(member: str, x: float) -> list[dict[str, float]]:
        box = page.locator(f"[data-member='{member}'] a").bounding_box()
        assert box
        return [{"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] / 2}]

    def send(kind: str, points: list[dict[str, float]]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    # Held, it is carried to behind the fourth
    send("touchStart", at(a, 0.5))
    expect(page.locator(f"[data-member='{a}']")).to_have_class(re.compile("dragged"))
    send("touchMove", at(b, 0.5))
    send("touchMove", at(d, 0.8))
    expect(page.locator(f"[data-member='{d}']")).to_have_class(re.compile("target behind"))
    send("touchEnd", [])
    expect(page.locator(".undo-bar")).to_contain_text("Moved.")
    assert order(page) == [b, c, d, a]
    expect(page).to_have_url(re.compile(r"/collections/\d+/$"))
    # Not held, it moves the page; a tap opens the picture
    send("touchStart", at(b, 0.5))
    send("touchMove", at(d, 0.5))
    send("touchEnd", [])
    assert order(page) == [b, c, d, a]
    page.reload()
    assert order(page) == [b, c, d, a]
    page.locator(f"[data-member='{b}'] a").tap()
    expect(page.get_by_role("dialog", name="Picture", exact=True)).to_be_visible()


def test_another_name_is_seen_and_so_is_the_old_one(gallery: Page) -> None:
    page, key = gallery, gallery.keyboard
    for field, letter, name in (("collection", "c", "Prints"), ("tags", "t", "dusk")):
        tile(page, 0).locator("a").focus()
        key.press(letter)
        page.locator(f"#marks-box [name={field}]:visible").fill(name)
        key.press("Enter")
        expect(page.locator(".undo-bar")).to_contain_text("1 picture")
        key.press("Escape")
    page.goto("/collections/")
    page.get_by_role("link", name="Prints").click()
    page.locator(".rename summary").click()
    page.locator(".rename input[name=name]").fill("Posters")
    key.press("Enter")
    expect(page.locator("h1")).to_have_text("Posters")
    page.locator("#undo-button").click()
    expect(page.locator("h1")).to_have_text("Prints")
    expect(page).to_have_title("Prints · Artel")
    # Deleted in the large view and brought back there, it is in its place
    page.locator(".member-picture").click()
    look = page.get_by_role("dialog", name="Picture", exact=True)
    expect(look.locator(".stage img")).to_be_visible()
    key.press("Delete")
    expect(page.locator(".undo-bar")).to_contain_text("Picture deleted.")
    expect(page.locator("#member-count")).to_have_text("0 pictures")
    key.press("Control+z")
    expect(page.locator("#member-count")).to_have_text("1 picture")
    key.press("Escape")
    if look.is_visible():
        key.press("Escape")
    expect(page.locator(".member:visible")).to_have_count(1)
    page.goto("/tags/")
    page.get_by_role("link", name="Rename the tag dusk").click()
    page.locator("main input[name=name]").fill("dawn")
    key.press("Enter")
    expect(page.locator(".tag-name")).to_have_text("dawn")
    page.locator("#undo-button").click()
    expect(page.locator(".tag-name")).to_have_text("dusk")


def test_one_deed_after_the_other_is_taken_back(gallery: Page) -> None:
    page, key = gallery, gallery.keyboard
    tile(page, 0).hover()
    tile(page, 0).locator(".pick").click()
    key.press("4")
    expect(page.locator(".undo-bar")).to_contain_text("1 picture rated 4 of 5.")
    expect(page.locator("#found .pick:focus")).to_have_count(1)  # where the mouse left it
    key.press("Escape")
    tile(page, 1).locator("a").focus()
    key.press("Delete")
    expect(page.locator("#found .tile:visible")).to_have_count(4)
    key.press("Delete")
    expect(page.locator("#found .tile:visible")).to_have_count(3)
    key.press("Control+z")
    expect(page.locator("#found .tile:visible")).to_have_count(4)
    expect(page.locator(".undo-bar")).to_contain_text("Before that: 1 picture deleted.")
    key.press("Control+z")
    expect(page.locator("#found .tile:visible")).to_have_count(5)
    tile(page, 0).hover()
    tile(page, 0).locator(".pick").click()
    key.press("Control+z")
    expect(tile(page, 0)).to_have_attribute("data-rating", "0")


def test_on_a_phone_and_without_a_script(gallery: Page, visit: NewPage, person: Person) -> None:
    phone = visit(
        person, "/gallery/", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    heart = tile(phone, 0).locator("[data-favour]")
    heart.tap()
    expect(tile(phone, 0)).to_have_attribute("data-favourite", "true")
    tile(phone, 0).locator("a").tap()
    look = phone.get_by_role("dialog", name="Picture", exact=True)
    look.get_by_role("button", name="3 stars").tap()
    expect(look.locator(".glance")).to_have_attribute("data-rating", "3")
    look.locator(".marks-more summary").tap()
    look.get_by_role("combobox", name="Tags").fill("sea")
    look.get_by_role("button", name="Add").tap()
    expect(look.get_by_role("link", name="sea")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    plain = visit(person, "/gallery/", java_script_enabled=False)
    assert tile(plain, 0).get_attribute("data-rating") == "3"
    plain.goto(str(tile(plain, 0).locator("a").get_attribute("href")))
    plain.get_by_role("button", name="5 stars").click()
    expect(plain.locator(".glance")).to_have_attribute("data-rating", "5")
    plain.get_by_role("button", name="Undo").click()
    expect(plain.locator(".glance")).to_have_attribute("data-rating", "3")
    plain.get_by_role("combobox", name="Tags").fill("")
    plain.get_by_role("button", name="Add").click()
    expect(plain.get_by_text("Write a tag.")).to_be_visible()
    plain.get_by_role("combobox", name="Collection").fill("Prints")
    plain.get_by_role("button", name="Put in").click()
    plain.get_by_role("link", name="Prints").click()
    plain.locator(".member-menu summary").click()
    plain.get_by_role("button", name="Take it out").click()
    plain.get_by_role("button", name="Undo").click()
    expect(plain.locator(".member")).to_have_count(1)


def test_a_refused_name_leaves_the_page_where_it_is(gallery: Page) -> None:
    page, key = gallery, gallery.keyboard
    for place, name in ((0, "Prints"), (1, "Posters")):
        tile(page, place).locator("a").focus()
        key.press("c")
        page.locator("#marks-box [name=collection]:visible").fill(name)
        key.press("Enter")
        expect(page.locator(".undo-bar")).to_contain_text("1 picture")
        key.press("Escape")
    page.goto("/collections/")
    page.get_by_role("link", name="Prints").click()
    address = page.url
    page.locator(".rename summary").click()
    field = page.get_by_role("textbox", name="Name")
    field.fill("Posters")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("There is a collection of this name already.")).to_be_visible()
    expect(page).to_have_url(address)
    expect(field).to_be_focused()
    expect(field).to_have_value("Posters")
    # Nothing else has broken: what is done here is seen here
    page.locator(".member-menu summary").click()
    page.get_by_role("button", name="Take it out").click()
    expect(page.locator("#member-count")).to_have_text("0 pictures")
    page.locator(".rename summary").click()
    field.fill("Frames")
    key.press("Enter")
    expect(page.locator("h1")).to_have_text("Frames")
    expect(page.locator(".rename summary")).to_be_focused()
    expect(page).to_have_title("Frames · Artel")


def slow(page: Page, latency: int) -> None:
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def test_presses_are_about_what_one_sees(gallery: Page, house: House, guard: Guard) -> None:
    guard.faults_allowed += ["net::ERR_", "htmx:"]
    page, key = gallery, gallery.keyboard
    sent: list[str] = []
    page.on(
        "request", lambda one: sent.append(one.post_data or "") if one.method == "POST" else None
    )

    def marks() -> tuple[object, ...]:
        query = "SELECT favourite, rating FROM gallery_image WHERE id = ?"
        return house.ask(query, tile(page, 0).get_attribute("data-pk"))[0]

    def press(keys: str, count: int) -> None:
        sent.clear()
        for one in keys:
            key.press(one)
        while len(sent) < count:
            page.wait_for_timeout(20)
        page.wait_for_timeout(1200)

    tile(page, 0).locator("a").focus()
    slow(page, 300)
    press("ff", 2)
    assert "on=on" in sent[0]
    assert "on=&" in sent[1] + "&"
    expect(tile(page, 0)).to_have_attribute("data-favourite", "false")
    press("f34", 3)
    assert marks() == (1, 4)
    expect(tile(page, 0)).to_have_attribute("data-favourite", "true")
    expect(tile(page, 0)).to_have_attribute("data-rating", "4")
    # In the large view
    key.press("Enter")
    look = page.get_by_role("dialog", name="Picture", exact=True)
    heart = look.get_by_role("button", name="Favourite")
    expect(heart).to_be_visible()
    press("ff0", 3)
    assert marks() == (1, 0)
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(look.locator(".glance")).to_have_attribute("data-rating", "0")
    key.press("Escape")
    expect(look).to_have_count(0)
    # What fails is taken back
    page.route("**/*", lambda route: route.abort())
    tile(page, 0).locator("a").focus()
    key.press("f")
    key.press("5")
    expect(page.locator("#alert")).to_contain_text("No answer from this server.")
    expect(tile(page, 0)).to_have_attribute("data-rating", "0")
    expect(tile(page, 0)).to_have_attribute("data-favourite", "true")


def test_what_is_typed_before_the_form_comes_is_in_it(gallery: Page, guard: Guard) -> None:
    guard.faults_allowed += ["net::ERR_", "htmx:"]
    page, key = gallery, gallery.keyboard
    slow(page, 400)
    box = page.get_by_role("dialog", name="Tags and collections")
    tile(page, 0).locator("a").focus()
    key.press("t")
    key.type("dusk")
    expect(box.locator("[data-marks]")).to_be_visible()
    key.type("y")
    field = box.get_by_role("combobox", name="Tags")
    expect(field).to_have_value("dusky")
    key.press("Enter")
    expect(box.get_by_role("link", name="dusky")).to_be_visible()
    key.press("Escape")
    expect(box).to_have_count(0)
    key.press("c")
    key.type("Prints")
    key.press("Enter")
    expect(box.get_by_role("link", name="Prints")).to_be_visible()
    key.press("Escape")
    expect(box).to_have_count(0)
    # Closed before it came it stays closed
    key.press("t")
    key.press("Escape")
    page.wait_for_timeout(900)
    expect(page.locator("#marks-place")).to_be_empty()
    expect(tile(page, 0).locator("a")).to_be_focused()
    # Without the network no empty box is left
    page.route("**/*", lambda route: route.abort())
    key.press("t")
    expect(page.locator("main ~ #alert, body > #alert")).to_contain_text("No answer")
    expect(box).to_have_count(0)
    expect(tile(page, 0).locator("a")).to_be_focused()
