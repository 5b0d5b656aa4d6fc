"""History: every prompt found again, run again, edited and run."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import NewPage
from tests.browser.guard import Guard
from tests.browser.house import House, Person


def test_search_treats_cyrillic_letters_alike(house: House, person: Person, studio: Page) -> None:
    house.undo_send(10)
    tree = steps.wish(person, "Ёлка в тёплом свете")
    fox = steps.wish(person, "Red Fox")
    for text in (tree, fox):
        steps.order(studio, text)
    studio.get_by_role("link", name="History").click()
    expect(studio.locator(".entry-prompt")).to_have_text([fox, tree])
    for words, found in {"елка ТЕПЛОМ": tree, "ЁЛКА": tree, "fOX red": fox}.items():
        studio.get_by_role("searchbox").fill(words)
        studio.keyboard.press("Enter")
        expect(studio.locator(".entry-prompt")).to_have_text([found])
        expect(studio.get_by_role("searchbox")).to_have_value(words)
    studio.get_by_role("searchbox").fill("елка fox")
    studio.keyboard.press("Enter")
    expect(studio.get_by_role("heading", name="Nothing found")).to_be_visible()
    studio.get_by_role("link", name="Show all").click()
    expect(studio.locator(".entry")).to_have_count(2)


def test_one_press_runs_a_prompt_again(house: House, person: Person, studio: Page) -> None:
    house.deliver()
    text = steps.wish(person)
    steps.order(studio, text, 2)
    expect(studio.locator("article[data-status=done]")).to_have_count(2)
    studio.goto("/history/")
    expect(studio.locator(".entry .meta").first).to_contain_text("spent 8\u00a0₽")
    expect(studio.locator(".entry article[data-status=done]")).to_have_count(2)
    assert steps.loaded(studio.locator(".entry article img").first)
    studio.get_by_role("button", name="Re-run ×2 · 8\u00a0₽").click()
    expect(studio.locator(".batch")).to_have_count(1)
    expect(studio.locator("article.card")).to_have_count(2)
    expect(studio.locator("#tasks article[data-status=done]")).to_have_count(2)
    assert house.batches(person) == 2
    assert house.charged(person) == [text] * 4
    studio.goto("/history/")
    expect(studio.locator(".entry")).to_have_count(1)
    expect(studio.locator(".entry article")).to_have_count(4)


def test_a_double_click_runs_it_again_once(house: House, person: Person, studio: Page) -> None:
    steps.order(studio, steps.wish(person))
    studio.goto("/history/")
    studio.get_by_role("button", name="Re-run · 4\u00a0₽").dblclick()
    expect(studio.locator(".batch")).to_have_count(2)
    assert house.batches(person) == 2


def test_edit_and_run_makes_a_child(house: House, person: Person, studio: Page) -> None:
    text = steps.wish(person)
    studio.get_by_label("Model").select_option("gpt-image-1-medium")
    steps.choose(studio, "4:3")
    studio.get_by_text("References").click()
    studio.get_by_label("Links to pictures").fill("https://example.com/fox.png")
    steps.order(studio, text)
    studio.goto("/history/")
    studio.get_by_role("link", name="Edit and run").click()
    expect(steps.prompt(studio)).to_have_value(text)
    expect(studio.get_by_label("Model")).to_have_value("gpt-image-1-medium")
    expect(studio.locator("input[name=ratio]:checked")).to_have_value("4:3")
    expect(studio.get_by_label("Links to pictures")).to_have_value("https://example.com/fox.png")
    expect(studio.get_by_text("Edited from an earlier prompt")).to_be_visible()
    steps.order(studio, f"{text}, at night")
    expect(studio).to_have_url("/")
    expect(studio.get_by_text("Edited from an earlier prompt")).to_have_count(0)
    rows = house.ask(
        "SELECT child.text, parent.text FROM gallery_prompt child"
        " JOIN gallery_prompt parent ON parent.id = child.parent_id WHERE parent.text = ?",
        text,
    )
    assert rows == [(f"{text}, at night", text)]


def test_a_draft_does_not_cover_what_is_to_be_edited(person: Person, studio: Page) -> None:
    text = steps.wish(person)
    steps.order(studio, text)
    steps.prompt(studio).fill("something quite different")
    studio.goto("/history/")
    studio.get_by_role("link", name="Edit and run").click()
    expect(steps.prompt(studio)).to_have_value(text)


def test_filters_work_as_one_chooses_and_are_the_address(
    house: House, person: Person, studio: Page
) -> None:
    house.undo_send(600)
    wide, square = steps.wish(person, "A wide fox"), steps.wish(person, "A square fox")
    steps.order(studio, square)
    steps.choose(studio, "16:9")
    steps.order(studio, wide)
    studio.goto("/history/")
    entries = studio.locator(".entry-prompt")
    studio.get_by_text("Filters").click()
    studio.get_by_label("Ratio", exact=True).select_option("16:9")
    expect(entries).to_have_text([wide])
    expect(studio).to_have_url("/history/?ratio=16%3A9")
    expect(studio.locator("#news")).to_have_text("1 prompt found.")
    studio.get_by_role("searchbox").press_sequentially("square")
    expect(studio.get_by_role("heading", name="Nothing found")).to_be_visible()
    expect(studio.get_by_role("searchbox")).to_be_focused()
    expect(studio).to_have_url("/history/?q=square&ratio=16%3A9")
    studio.get_by_role("link", name="Ratio 16:9").click()
    expect(studio).to_have_url("/history/?q=square")
    expect(entries).to_have_text([square])
    studio.go_back()
    expect(studio).to_have_url("/history/?q=square&ratio=16%3A9")
    expect(studio.get_by_role("heading", name="Nothing found")).to_be_visible()
    studio.go_back()
    expect(studio).to_have_url("/history/?ratio=16%3A9")
    expect(entries).to_have_text([wide])
    expect(studio.get_by_label("Ratio", exact=True)).to_have_value("16:9")
    studio.get_by_role("link", name="Clear filters").click()
    expect(entries).to_have_text([wide, square])


def test_a_day_before_the_first_is_said_beside_it(
    house: House, person: Person, studio: Page, guard: Guard
) -> None:
    guard.expect(422)
    house.undo_send(600)
    steps.order(studio, steps.wish(person))
    studio.goto("/history/")
    studio.get_by_text("Filters").click()
    studio.get_by_label("From").fill("2026-03-02")
    studio.get_by_label("To", exact=True).fill("2026-03-01")
    error = studio.locator("#history-until-error")
    expect(error).to_have_text("This day is before the first one.")
    expect(studio.get_by_role("heading", name="Not looked for yet")).to_be_visible()
    studio.get_by_label("To", exact=True).fill("2999-01-01")
    expect(error).to_be_hidden()
    expect(studio.locator(".entry")).to_have_count(1)


def test_a_prompt_is_copied_whole(house: House, person: Person, studio: Page) -> None:
    house.undo_send(600)
    studio.context.grant_permissions(["clipboard-read", "clipboard-write"])
    short = steps.wish(person, "Line one\n  <b>two</b> &")
    long = steps.wish(person, "A long thought. " * 300)
    for text in (short, long):
        steps.prompt(studio).fill(text)
        steps.press(studio)
        expect(studio.locator(".batch").first).to_contain_text(text[:8])
        expect(steps.prompt(studio)).to_have_value("")
    studio.goto("/history/")
    for button, text in zip(studio.locator("[data-copied]").all(), (long, short), strict=True):
        button.click()
        expect(button).to_have_text("Copied")
        expect(studio.locator("#news")).to_have_text("Copied")
        assert studio.evaluate("navigator.clipboard.readText()") == text
        expect(button).to_have_text("Copy text")


def test_without_a_clipboard_it_is_copied_as_of_old(
    house: House, person: Person, studio: Page
) -> None:
    house.undo_send(600)
    text = steps.wish(person)
    steps.order(studio, text)
    studio.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    studio.goto("/history/")
    studio.get_by_role("button", name="Copy text").click()
    expect(studio.get_by_role("button", name="Copied")).to_be_focused()
    studio.get_by_role("searchbox").focus()
    studio.keyboard.press("Control+V")
    expect(studio.get_by_role("searchbox")).to_have_value(text)


def test_history_without_scripts(house: House, person: Person, visit: NewPage) -> None:
    house.undo_send(600)
    text = steps.wish(person)
    page = visit(person, java_script_enabled=False)
    steps.prompt(page).fill(text)
    steps.press(page)
    page.goto("/history/")
    expect(page.get_by_role("button", name="Copy text")).to_be_hidden()
    page.get_by_text("Filters").click()
    page.get_by_label("Outcome").select_option("Under way")
    page.get_by_role("searchbox").fill("FOX")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".entry-prompt")).to_have_text([text])
    page.get_by_label("Outcome").select_option("At least one picture")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
