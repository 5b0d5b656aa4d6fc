"""What a person does again and again."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.house import Person


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def prompt(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def wish(person: Person, words: str = "A red fox in the snow") -> str:
    """A prompt by which the provider's log tells whose it is."""
    return f"{words}, for {person.name}"


def press(page: Page) -> None:
    page.get_by_role("button", name="Create").click()


def order(page: Page, text: str, count: int = 1) -> Locator:
    """Send a prompt from the composer; the first of its cards."""
    prompt(page).fill(text)
    choose(page, str(count))
    press(page)
    batch = page.locator(".batch", has_text=text[:60]).first
    expect(batch.locator("article.card")).to_have_count(count)
    return batch.locator("article.card").first


def choose(page: Page, label: str) -> None:
    """Press one of the composer's choices: a ratio or a number."""
    page.locator("#composer .segments label").filter(
        has=page.get_by_text(label, exact=True)
    ).click()


def expect_status(card: Locator, status: str) -> None:
    expect(card).to_have_attribute("data-status", status)


def pinned(card: Locator) -> Locator:
    """The same card, named by its id and not by its place."""
    name = card.get_attribute("id")
    assert name
    return card.page.locator(f"article#{name}")


def number(card: Locator) -> int:
    """The task's number."""
    return int((card.get_attribute("id") or "").removeprefix("task-"))


def loaded(image: Locator) -> bool:
    """Whether the picture is really there, not only its tag."""
    expect(image).to_be_visible()
    image.evaluate("(image) => image.decode()")
    return bool(image.evaluate("(image) => image.complete && image.naturalWidth > 0"))


def picture(page: Page, text: str) -> int:
    """Order one picture and wait for it; the number of its image."""
    card = pinned(order(page, text))
    expect_status(card, "done")
    href = card.locator(".box a").get_attribute("href")
    assert href
    return int(href.strip("/").split("/")[-1])
