"""What a page shows of itself, and which of its words are English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NAMES = {
    *("Artel", "GPTunnel", "GPTUNNEL_API_KEY", "Media", "API", "HTTP", "SHA-256", "UTC", "zip"),
    *("Ctrl", "Control", "Command", "Mac", "Enter", "Esc"),
}
"""What is called the same in every language."""

WORD = re.compile(r"[A-Za-z]{2,}[\w'-]*")
LINK = re.compile(r"https?://\S*")
SHOWN = {"alt", "title", "placeholder", "aria-label", "aria-description", "value", "label"}
SILENT = {"script", "style", "code", "kbd", "template"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def words(text: str) -> list[str]:
    """English words that are no names."""
    found = WORD.findall(LINK.sub(" ", text))
    return [word for word in found if word not in NAMES]


class Visible(HTMLParser):
    """The text of a page, and the attributes that are read out, drawn, or said by its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        """The element that is no prose, and everything open inside of it."""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag not in VOID and (self.silent or tag in SILENT or "code" in classes):
            self.silent.append(tag)
        if self.silent:
            return
        button = tag == "input" and given.get("type") in {"submit", "reset", "button"}
        if tag == "meta" and given.get("name") == "description":
            self.found.append(given.get("content", ""))
        for name, value in given.items():
            # Sentences for the scripts; codes and addresses have no space in them.
            told = name.startswith("data-") and " " in value.strip()
            if told or name in SHOWN - {"value"} or (name == "value" and button):
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def visible(html: str) -> list[str]:
    """Every piece of text that a page shows."""
    parser = Visible()
    parser.feed(html)
    parser.close()
    return [" ".join(text.split()) for text in parser.found if text.strip()]
