"""The gallery as a person walks it: far down, into a picture and back, by month and size."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewPage
from tests.browser.house import House

COPIES = 300
LONG = """new PerformanceObserver((list) => {
  for (const one of list.getEntries()) (window.long ??= []).push(Math.round(one.duration));
}).observe({ type: "longtask", buffered: true });"""
IN_VIEW = """(() => [...document.querySelectorAll(".tile")].find((tile) => {
  const { top, bottom } = tile.getBoundingClientRect();
  return top > 120 && bottom < innerHeight;
}).dataset.pk)()"""
TOP = "(tile) => tile.getBoundingClientRect().top"


def test_a_long_wall_is_walked_and_left_and_found_again(house: House, visit: NewPage) -> None:
    person = house.collector(1)
    [image] = person.images
    house.hang(image, COPIES)
    page = visit(person, viewport={"width": 1440, "height": 700})
    page.add_init_script(LONG)
    page.goto("/gallery/")
    months = page.get_by_role("complementary", name="Months")
    expect(months.locator("a")).to_contain_text([str(COPIES + 1)])
    most = 0
    page.mouse.move(700, 400)
    while page.evaluate("artel.numbers().length") <= COPIES:
        page.mouse.wheel(0, 1200)
        page.wait_for_timeout(60)
        most = max(most, page.locator(".tile").count())
    assert most < COPIES
    assert page.evaluate("new Set(artel.numbers()).size") == COPIES + 1
    # Up a little, into the large view and on: the focus comes back on what was seen last.
    page.mouse.wheel(0, -3000)
    page.wait_for_timeout(400)
    expect(page).to_have_url(re.compile(r"\?at=\d+&start=\d+$"))
    pk = page.evaluate(IN_VIEW)
    page.locator(f".tile[data-pk='{pk}'] > a").first.click()
    expect(page.locator("#lightbox .look")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(rf"/images/{int(pk) - 1}/"))
    expect(page.locator(f"#look [data-picture='image-{int(pk) - 1}']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f".tile[data-pk='{int(pk) - 1}'] > a").first).to_be_focused()
    # Its keys are listed over it, too.
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox .look")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator(".keys-box")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator(".keys-box")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    # To the picture's own page and back: it stands where it stood.
    tile = page.locator(f".tile[data-pk='{pk}']")
    page.wait_for_timeout(300)
    before = tile.evaluate(TOP)
    page.goto(f"/images/{pk}/")
    page.go_back()
    expect(tile).to_be_visible()
    page.wait_for_function(
        """([pk, top]) => {
          const tile = document.querySelector(`.tile[data-pk="${pk}"]`);
          return tile && Math.abs(tile.getBoundingClientRect().top - top) < 40;
        }""",
        arg=[pk, before],
        timeout=5000,
    )
    # By the link of that page too, which knows the picture alone.
    page.goto(f"/images/{pk}/")
    page.get_by_role("link", name="Back to the gallery").click()
    expect(tile.locator("a").first).to_be_focused()
    bar = page.locator(".tools").bounding_box()
    assert bar
    assert tile.evaluate(TOP) > bar["y"] + bar["height"] - 1
    expect(page.locator("#turn [aria-current=page]")).to_have_count(1)
    page.keyboard.press("+")
    expect(page.locator("#found")).to_have_class(re.compile("found-large"))
    page.reload()
    expect(page.locator("#found")).to_have_class(re.compile("found-large"))


def wall(house: House, visit: NewPage, copies: int) -> Page:
    """The gallery of somebody with one picture and so many more."""
    house.deliver()
    person = house.collector(1)
    house.hang(person.images[0], copies)
    return visit(person, "/gallery/", viewport={"width": 1440, "height": 700})


def test_what_is_counted_beside_the_wall_follows_what_is_done(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 4)
    month = page.get_by_role("complementary", name="Months").locator("a")
    shelf = page.locator(".shelf")
    expect(month).to_contain_text("5")
    expect(page.locator("#total")).to_have_text("5 pictures")
    first = page.locator(".tile > a").first
    first.focus()
    page.keyboard.press("c")
    page.locator("#marks-box [name=collection]:visible").fill("For print")
    page.keyboard.press("Enter")
    expect(shelf).to_contain_text("For print 1")
    page.keyboard.press("Escape")
    first.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#total")).to_have_text("4 pictures")
    expect(month).to_contain_text("4")
    expect(shelf).to_contain_text("For print 0")
    page.locator("#undo button").click()
    expect(page.locator("#total")).to_have_text("5 pictures")
    expect(shelf).to_contain_text("For print 1")


def test_going_back_shows_what_became_of_them_meanwhile(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 4)
    pictures = page.locator("#found .tile:visible")
    expect(pictures).to_have_count(5)
    page.get_by_role("link", name="Cull", exact=True).click()
    expect(page.locator("#cull-count")).to_have_text("1 of 5")
    page.wait_for_load_state()
    page.keyboard.press("x")
    expect(page.locator("#cull-count")).to_have_text("1 of 4")
    page.keyboard.press("3")
    expect(page.locator("#undo")).to_contain_text("rated 3 of 5")
    page.go_back()
    expect(page).to_have_url(re.compile("/gallery/"))
    expect(pictures).to_have_count(4)
    expect(pictures.first).to_have_attribute("data-rating", "3")
    expect(page.locator("#total")).to_have_text("4 pictures")


def test_arrows_lead_from_picture_to_picture(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 30)
    links = page.locator(".tile > a:first-child")
    links.first.focus()
    for key, place in (("Right", 1), ("Right", 2), ("Left", 1)):
        page.keyboard.press(f"Arrow{key}")
        expect(links.nth(place)).to_be_focused()
    page.keyboard.press("ArrowDown")
    focused = page.locator(".tile:has(:focus)")
    below = focused.evaluate(TOP)
    assert below > links.nth(1).evaluate(TOP)
    page.keyboard.press("ArrowUp")
    expect(links.nth(1)).to_be_focused()
    expect(page.locator("#bar")).to_be_hidden()


def test_what_is_put_away_learns_what_was_done_however_late_it_is_told(
    house: House, visit: NewPage
) -> None:
    page = wall(house, visit, 180)
    page.mouse.move(700, 400)
    chunk = page.locator("#found > .chunk").first
    last = "document.documentElement.scrollHeight"

    def away() -> None:
        page.evaluate(f"scrollTo(0, {last})")
        expect(chunk.locator(".tile")).to_have_count(0)

    while page.evaluate("artel.numbers().length") < 181:
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(60)
    away()
    page.keyboard.press("Control+a")
    expect(page.locator("#bar-count")).to_contain_text("181")
    page.locator("#bar").get_by_text("Rate", exact=True).click()
    page.locator("#bar [name=rating][value='4']").click()
    expect(page.locator("#undo")).to_contain_text("181 pictures rated 4 of 5")
    # It comes, asks, and is gone again before it is told.
    held: list[Route] = []
    page.route("**/gallery/marks/?*", lambda route: held.append(route))
    page.evaluate("scrollTo(0, 0)")
    expect(chunk.locator(".tile").first).to_be_visible()
    expect(chunk.locator(".tile").first).to_have_attribute("data-rating", "0")
    away()
    for route in held:
        route.continue_()
    page.unroute("**/gallery/marks/?*")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 0)")
    expect(chunk.locator(".tile").first).to_have_attribute("data-rating", "4")
    # And a wall that was emptied says so, also when more was still to come.
    page.goto("/gallery/")
    page.keyboard.press("Control+a")
    expect(page.locator("#bar-count")).to_contain_text("181")
    page.keyboard.press("Delete")
    expect(page.locator(".empty")).to_be_visible()


def test_pages_and_months_without_javascript(house: House, visit: NewPage) -> None:
    person = house.collector(1)
    house.hang(person.images[0], 130)
    page = visit(
        person, "/gallery/", java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    expect(page.locator(".tile")).to_have_count(60)
    page.get_by_role("link", name="Last page").click()
    expect(page.locator(".tile")).to_have_count(11)
    page.get_by_role("link", name="Previous page").click()
    expect(page).to_have_url(re.compile("page=2"))
    page.get_by_role("link", name="Large pictures").click()
    expect(page.locator("#found")).to_have_class(re.compile("found-large"))
    page.goto("/gallery/months/")
    page.locator(".years a").click()
    expect(page.locator(".tile")).to_have_count(60)


def test_what_hangs_twice_is_counted_anew_when_one_is_deleted(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 3)
    page.goto("/gallery/duplicates/?same=file")
    heading = page.get_by_role("heading", level=2)
    expect(heading).to_have_text("4 pictures of one file")
    links = page.locator("#groups .tile > a")
    links.first.focus()
    page.keyboard.press("Delete")
    expect(heading).to_have_text("3 pictures of one file")
    expect(links).to_have_count(3)
    expect(links.first).to_be_focused()  # the next one has taken its place
    page.keyboard.press("Control+z")
    expect(heading).to_have_text("4 pictures of one file")
    for left in (3, 2):
        links.first.focus()
        page.keyboard.press("Delete")
        expect(heading).to_have_text(f"{left} pictures of one file")
    page.keyboard.press("Delete")
    expect(page.get_by_role("heading", name="No picture hangs twice")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(heading).to_have_text("2 pictures of one file")


def test_keys_lead_into_the_wall(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 30)
    links, line = page.locator(".tile [data-look]"), page.locator("#find-q")
    page.keyboard.press("ArrowRight")
    expect(links.first).to_be_focused()
    # Out of the search line, as long as nothing was typed that its list could go on with
    page.keyboard.press("/")
    expect(line).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("rat")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search-options")).to_be_visible()
    # By a link of its own, first of all
    page.goto("/gallery/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the pictures")).to_be_focused()
    page.keyboard.press("Enter")
    expect(links.first).to_be_focused()
    # From where one has scrolled to
    page.goto("/gallery/")
    page.mouse.wheel(0, 900)
    expect(page).to_have_url(re.compile("at="))
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tile:has(:focus)")).to_be_in_viewport()
    expect(links.first).not_to_be_focused()
    # What an address means has the focus
    pk = page.locator(".tile").nth(12).get_attribute("data-pk")
    page.goto(f"/gallery/?at={pk}")
    expect(page.locator(f"#image-{pk} [data-look]")).to_be_focused()


def test_the_orders_are_walked_through_by_keys(house: House, visit: NewPage) -> None:
    page = wall(house, visit, 3)
    order = page.locator("#find-sort")
    order.focus()
    for sort in ("oldest", "rating"):
        page.keyboard.press("ArrowDown")
        expect(page).to_have_url(re.compile(f"sort={sort}"))
        expect(order).to_be_focused()
    page.reload()
    expect(order).not_to_be_focused()
