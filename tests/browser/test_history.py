"""History: every prompt found again, run again, edited and run."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import steps
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
