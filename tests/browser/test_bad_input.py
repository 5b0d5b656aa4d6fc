"""What cannot be accepted: a message beside its field, the text kept, nothing paid."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.guard import Guard
from tests.browser.house import House, Person

BAD = {
    "empty": ("  \n", "Write what the picture is to show"),
    "long": ("a fox " * 6_667, "at most 32,000 characters"),
    "nul": ("a fox\0 in the snow", "Null characters are not allowed"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_prompt(house: House, person: Person, studio: Page, guard: Guard, kind: str) -> None:
    guard.expect(422)
    text, words = BAD[kind]
    steps.prompt(studio).fill(text)
    steps.press(studio)
    field = steps.prompt(studio)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    error = studio.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(error).to_contain_text(words)
    # A page cannot show a NUL: the parser of every browser writes a mark in its place.
    expect(field).to_have_value(text.replace("\0", "\ufffd"))
    below, above = error.bounding_box(), field.bounding_box()
    assert below
    assert above
    assert 0 <= below["y"] - above["y"] - above["height"] < 40
    assert (house.batches(person), house.charged(person)) == (0, [])
    # Put right, it is sent.
    steps.order(studio, steps.wish(person))
    expect(studio.locator("#prompt-error")).to_have_count(0)


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ("javascript:alert(1)", "A link begins with http:// or https://: javascript:alert(1)"),
        ("file:///etc/passwd", "A link begins with http:// or https://: file:///etc/passwd"),
        ("http://a:b@c.test/x", "A link must not carry a login: http://a:b@c.test/x"),
        (
            "\n".join(f"https://example.com/{n}.png" for n in range(300)),
            "GPT Image 1 · low takes at most 4 references; there are 300.",
        ),
    ],
)
def test_bad_references(
    house: House, person: Person, studio: Page, guard: Guard, links: str, words: str
) -> None:
    guard.expect(422)
    text = steps.wish(person)
    studio.get_by_text("References").click()
    field = studio.get_by_label("Links to pictures")
    field.fill(links)
    steps.prompt(studio).fill(text)
    steps.press(studio)
    expect(studio.locator("#composer .error")).to_have_text(words)
    expect(field).to_be_visible()
    expect(field).to_have_value(links)
    expect(steps.prompt(studio)).to_have_value(text)
    assert house.batches(person) == 0


def test_right_to_left_emoji_and_markup_are_only_text(
    house: House, person: Person, studio: Page
) -> None:
    text = steps.wish(person, "ثعلب أحمر 🦊 <img src=x onerror=alert(1)> & \"'{{ 7 }}")
    steps.order(studio, text)
    expect(studio.locator(".batch-prompt")).to_have_text(text)
    card = studio.locator("article.card")
    steps.expect_status(card, "rendering")
    assert house.charged(person) == [text]


@pytest.mark.parametrize("lost", ["session", "everything"])
def test_a_session_lost_in_mid_compose_keeps_the_text(
    house: House, person: Person, studio: Page, guard: Guard, lost: str
) -> None:
    guard.expect(401, 403)
    text = steps.wish(person, "A long thought")
    steps.prompt(studio).fill(text)
    studio.context.clear_cookies(**({"name": "sessionid"} if lost == "session" else {}))
    steps.press(studio)
    alert = studio.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was ordered, and what you typed is kept")
    expect(steps.prompt(studio)).to_have_value(text)
    assert (house.batches(person), house.charged(person)) == (0, [])

    with studio.expect_popup() as popup:
        alert.get_by_role("link", name="Log in in another tab").click()
    steps.log_in(popup.value, person.name, person.password)
    expect(steps.prompt(popup.value)).to_be_visible()
    steps.press(studio)
    expect(studio.locator("article.card")).to_have_count(1)
    expect(alert).to_have_text("")
    assert house.batches(person) == 1
