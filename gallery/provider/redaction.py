"""Taking the key out of what others wrote, and making it fit to be stored."""

import re

LONGEST = 2_000
MASK = "[key]"
_SPARE = 512
_WINDOW = 8
_KEY_SHAPE = re.compile(r"shds-[^\s\"'<>,;]*", re.IGNORECASE)
# PostgreSQL takes no NUL, and no encoding takes a lone surrogate.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Redactor:
    """Knows one key, and shows it to nobody."""

    __slots__ = ("_key", "_pieces", "_width")

    def __init__(self, key: str) -> None:
        """Remember ``key``; any run of eight of its characters will be hidden."""
        self._key = key
        self._width = min(_WINDOW, len(key))
        windows = {
            re.escape(key[start : start + self._width])
            for start in range(len(key) - self._width + 1)
        }
        # A look-ahead finds overlapping pieces, so that no tail of the key stays behind.
        self._pieces = re.compile(f"(?={'|'.join(sorted(windows))})", re.IGNORECASE)

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, value: object) -> str:
        """``value`` if it is a text: without the key, storable, at most 2,000 characters."""
        if not isinstance(value, str):
            return ""
        near = _UNSTORABLE.sub("\ufffd", value[: LONGEST + _SPARE])
        return self._without_pieces(_KEY_SHAPE.sub(MASK, near))[:LONGEST]

    def holds_key(self, text: str) -> bool:
        """Whether ``text``, which must stay as it is (a link, an id), bears the key.

        A key shorter than eight characters is no secret, and would be found everywhere.
        """
        if _KEY_SHAPE.search(text):
            return True
        return len(self._key) >= _WINDOW and self._key.casefold() in text.casefold()

    def _without_pieces(self, text: str) -> str:
        parts: list[str] = []
        end = 0
        for match in self._pieces.finditer(text):
            start = match.start()
            if start >= end:
                parts += (text[end:start], MASK)
            end = start + self._width
        return "".join((*parts, text[end:]))
