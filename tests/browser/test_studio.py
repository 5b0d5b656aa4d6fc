"""From a prompt to a kept picture, as a person sees it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.house import House, Person, sha256

# Writes down every state that the card goes through with the place of its box, at each change.
RECORD = """
(selector) => {
  window.seen = [];
  const look = () => {
    const card = document.querySelector(selector);
    const { x, y, width, height } = card.querySelector(".box").getBoundingClientRect();
    const status = card.dataset.status;
    if (seen.at(-1)?.status !== status)
      seen.push({ status, place: [x + scrollX, y + scrollY, width, height] });
  };
  look();
  new MutationObserver(look).observe(document.querySelector("main"),
    { childList: true, subtree: true, attributes: true });
}
"""


def test_a_prompt_alone_becomes_a_picture_in_place(
    house: House, person: Person, studio: Page, tmp_path: Path
) -> None:
    text = steps.wish(person)
    house.undo_send(2)
    house.provider.fault("create", "charge-then-late", match=text, seconds=2.2)
    house.provider.fault("download", "hang", match=text, seconds=2.5, times=1)
    loads: list[str] = []
    studio.on("load", lambda page: loads.append(page.url))
    steps.prompt(studio).fill(text)
    steps.press(studio)

    card = steps.pinned(studio.locator("#tasks article.card").first)
    steps.expect_status(card, "queued")
    expect(card).to_contain_text("Canceling is free")
    studio.evaluate(RECORD, f"#task-{steps.number(card)}")
    steps.expect_status(card, "sending")
    steps.expect_status(card, "rendering")
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(card.locator(".clock")).to_have_text(re.compile("0:0[2-9]"))
    house.provider.ready(match=text)
    steps.expect_status(card, "saving")
    steps.expect_status(card, "done")
    assert steps.loaded(card.locator("img"))
    seen: list[dict[str, Any]] = studio.evaluate("seen")
    order = list(dict.fromkeys(one["status"] for one in seen))
    assert order == ["queued", "sending", "rendering", "saving", "done"]
    for one in seen:
        pairs = zip(one["place"], seen[0]["place"], strict=True)
        assert all(abs(now - then) <= 1 for now, then in pairs), seen
    assert not loads
    assert house.charged(person) == [text]

    # It is there after a reload, in the gallery, and the original is what the provider made.
    studio.reload()
    expect(studio.locator("#tasks article.card")).to_have_count(0)
    tile = studio.locator(".gallery .tile")
    expect(tile).to_have_count(1)
    assert steps.loaded(tile.locator("img"))
    tile.click()
    expect(studio.get_by_role("dialog").get_by_role("paragraph").first).to_have_text(text)
    studio.reload()
    expect(studio.get_by_text(text)).to_be_visible()
    assert steps.loaded(studio.locator("figure img"))
    with studio.expect_download() as download:
        studio.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "original")
    original = (tmp_path / "original").read_bytes()
    assert original == house.provider_file(text)
    expect(studio.get_by_text(sha256(original))).to_be_visible()
    assert download.value.suggested_filename.endswith(".webp")
