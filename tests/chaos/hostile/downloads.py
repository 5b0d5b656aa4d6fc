"""How the download of a picture may be answered.

`outcome` is the state in which one such answer must leave a task that is being saved: done with
exactly the bytes that were sent, or rendering again for `reason`. `apart`: the bytes were paid
for, so they lie in quarantine. Once the right file comes, it is kept.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.archive.pictures import huge_jpeg, huge_png, huge_webps

from . import pictures
from .behaviours import Behaviour, Table
from .charges import Create as Entry
from .house import House, picture
from .wire import NOTHING, Line, chunked, head, http

WEBP = {"Content-Type": "image/webp"}
MEGABYTE = 1024 * 1024


@dataclass
class Download:
    """A request for the file of a task of the book."""

    line: Line
    house: House
    task: Entry
    before: int

    @property
    def picture(self) -> bytes:
        return picture(self.task.id)

    @property
    def whole(self) -> bytes:
        """The right answer, every byte of it."""
        return http(200, self.picture, WEBP)

    def split(self) -> tuple[bytes, bytes]:
        return self.whole[: -len(self.picture)], self.picture

    def give(self, content: bytes, answer: bytes | None = None) -> None:
        """Hand out a good file, however wrapped, and write down that it is one."""
        self.house.hand_out(self.task, content)
        self.line.send(http(200, content, WEBP) if answer is None else answer)


DOWNLOADS: Table[Download] = Table("download")
behaviour = DOWNLOADS.behaviour


def answer(line: Line, house: House, chosen: Behaviour[Download], task: Entry, before: int) -> None:
    chosen.act(Download(line, house, task, before))


def good(name: str, sentence: str, make: Callable[[str], bytes]) -> None:
    """A file that is a picture: it must be kept as it is."""
    DOWNLOADS.add(name, sentence, lambda call: call.give(make(call.task.id)), outcome="done")


def wraps(name: str, sentence: str, wrap: Callable[[bytes], bytes]) -> None:
    """The right file in an odd answer, of which it must be had whole."""
    DOWNLOADS.add(
        name, sentence, lambda call: call.give(call.picture, wrap(call.picture)), outcome="done"
    )


def bad(
    name: str, sentence: str, make: Callable[[Download], bytes], reason: str, kind: str = "webp"
) -> None:
    """A whole answer with bytes that are no good picture: kept apart, and asked for anew."""
    DOWNLOADS.add(
        name,
        sentence,
        lambda call: call.line.send(http(200, make(call), {"Content-Type": f"image/{kind}"})),
        outcome="rendering",
        reason=reason,
        apart=True,
    )


def spoils(
    name: str, sentence: str, spoil: Callable[[Download], bytes], reason: str = "download-failed"
) -> None:
    """No whole file at all."""
    DOWNLOADS.add(
        name,
        sentence,
        lambda call: call.line.send(spoil(call)),
        outcome="rendering",
        reason=reason,
        apart=False,
    )


def says(
    name: str, sentence: str, status: int, body: bytes = b"", headers: Any = NOTHING,
    reason: str = "download-failed",
) -> None:  # fmt: skip
    """A status that hands out no file, whatever its body."""
    data = http(status, body, headers)
    spoils(name, sentence, lambda call: data, reason)


# Pictures


@behaviour(outcome="done")
def serves(call: Download) -> None:
    """Sends the picture."""
    call.give(call.picture)


good("png", "Sends a png, and calls it webp.", lambda of: pictures.in_kind(of, "PNG"))
good("jpeg", "Sends a jpeg, and calls it webp.", lambda of: pictures.in_kind(of, "JPEG"))
good("lossless-webp", "Sends a webp without loss.",
     lambda of: pictures.in_kind(of, "WEBP", lossless=True))  # fmt: skip
good("webp-with-alpha", "Sends a webp that is partly transparent.",
     lambda of: pictures.in_kind(of, "WEBP", "RGBA"))  # fmt: skip
good("moving-webp", "Sends an animated webp.", lambda of: pictures.moving(of, "WEBP"))
good("moving-png", "Sends an animated png.", lambda of: pictures.moving(of, "PNG"))
good("many-jpegs", "Sends a jpeg that holds a second picture (MPO).",
     lambda of: pictures.moving(of, "MPO"))  # fmt: skip
good("deep-png", "Sends a png of 16 bits a channel.", lambda of: pictures.png(of, depth=16))
good("deep-gray-png", "Sends a gray png of 16 bits.", pictures.deep_gray)
good("palette-png", "Sends a png with a palette.", lambda of: pictures.in_kind(of, "PNG", "P"))
good("one-bit-png", "Sends a png of black and white.", lambda of: pictures.in_kind(of, "PNG", "1"))
good("gray-png-with-alpha", "Sends a gray png that is partly transparent.",
     lambda of: pictures.in_kind(of, "PNG", "LA"))  # fmt: skip
good("cmyk-jpeg", "Sends a jpeg for printers.", lambda of: pictures.in_kind(of, "JPEG", "CMYK"))
good("gray-jpeg", "Sends a gray jpeg.", lambda of: pictures.in_kind(of, "JPEG", "L"))
good("progressive-jpeg", "Sends a progressive jpeg.",
     lambda of: pictures.in_kind(of, "JPEG", progressive=True))  # fmt: skip
good("turned-jpeg", "Sends a jpeg that is to be turned.", pictures.turned)
good("png-and-junk", "Sends a png with a page behind it.",
     lambda of: pictures.in_kind(of, "PNG") + b"<script>alert(1)</script>")  # fmt: skip
good("webp-and-junk", "Sends a webp with an archive behind it.",
     lambda of: picture(of) + b"PK\x03\x04" + bytes(60))  # fmt: skip
good("jpeg-and-junk", "Sends a jpeg with zeros behind it.",
     lambda of: pictures.in_kind(of, "JPEG") + bytes(5000))  # fmt: skip
good("packed-pixels", "Sends a png whose 8 x 8 pixels unpack to 80 megabytes.",
     lambda of: pictures.png(of, data=pictures.unpacking(b"IDAT")[11:-4]))  # fmt: skip

# The right file in an odd answer

wraps("wrong-type", "Calls the picture a page.",
      lambda data: http(200, data, {"Content-Type": "text/html"}))  # fmt: skip
wraps("no-type", "Does not say what it sends.",
      lambda data: head(200, {"Content-Length": str(len(data))}) + data)  # fmt: skip
wraps("without-a-length", "Ends the file by closing.", lambda data: head(200) + data)
wraps("in-chunks", "Sends the file in two chunks.", chunked)
wraps("negative-length", "Announces a negative length, and ends the file by closing.",
      lambda data: head(200, {"Content-Length": "-5"}) + data)  # fmt: skip
wraps("after-hints", "Says 103 Early Hints before the file.",
      lambda data: head(103, {"Link": "</a>"}) + http(200, data, WEBP))  # fmt: skip
wraps(
    "as-an-attachment",
    "Names the file by a path that leads out.",
    lambda data: http(200, data, {"Content-Disposition": 'attachment; filename="../../x"'}),
)


@behaviour(outcome="done")
def starts_late(call: Download) -> None:
    """Sends the file after most of a second."""
    if call.line.wait(0.7):
        call.give(call.picture)


@behaviour(outcome="done")
def small_pieces(call: Download) -> None:
    """Sends the file a few bytes at a time, but in time."""
    call.house.hand_out(call.task, call.picture)
    for start in range(0, len(call.whole), 50):
        call.line.send(call.whole[start : start + 50])


@behaviour(outcome="done")
def resets_at_the_end(call: Download) -> None:
    """Sends the whole file, and resets the connection instead of closing it."""
    call.give(call.picture)
    call.line.reset_when_read()


# What is no picture

for name, words, data, reason in pictures.OTHERS:
    bad(name, f"Sends {words}, and calls it a picture.",
        lambda call, data=data: data, reason)  # type: ignore[misc]  # fmt: skip

# Damaged, as if whole


def _zeroed(data: bytes) -> bytes:
    return data[:100] + bytes(len(data) - 100)


bad("half-a-webp", "Sends half of a webp as if it were whole.",
    lambda call: call.picture[: len(call.picture) // 2], "damaged")  # fmt: skip
bad("webp-with-zeros", "Sends a webp without loss that is zeros from its 100th byte on.",
    lambda call: _zeroed(pictures.in_kind(call.task.id, "WEBP", lossless=True)),
    "damaged")  # fmt: skip
bad("half-a-jpeg", "Sends half of a jpeg as if it were whole.",
    lambda call: pictures.in_kind(call.task.id, "JPEG")[:-300], "damaged", "jpeg")  # fmt: skip
bad("half-a-png", "Sends half of a png as if it were whole.",
    lambda call: pictures.in_kind(call.task.id, "PNG")[:-300], "damaged", "png")  # fmt: skip
bad("half-a-png-with-its-end", "Sends a png whose middle is missing.",
    lambda call: pictures.in_kind(call.task.id, "PNG")[:-300] + pictures.png("a")[-12:],
    "damaged", "png")  # fmt: skip
bad("png-with-a-wrong-sum", "Sends a png of which one bit has fallen over.",
    lambda call: pictures.with_wrong_sum(call.task.id), "damaged", "png")  # fmt: skip
bad("png-without-pixels", "Sends a png that has a size and no pixels.",
    lambda call: pictures.png(call.task.id, data=b""), "damaged", "png")  # fmt: skip
bad("length-too-short", "Announces fewer bytes than the file has.",
    lambda call: call.picture[:-50], "damaged")  # fmt: skip

# Too large in one way or another

bad("bomb", "Sends a small png of 900 million pixels.",
    lambda call: huge_png(30_000, 30_000), "too-many-pixels", "png")  # fmt: skip
bad("just-too-many-pixels", "Sends a whole png of a little over 100 megapixels.",
    lambda call: pictures.wide_png(10_001, 10_000), "too-many-pixels", "png")  # fmt: skip
bad("jpeg-bomb", "Sends a jpeg that claims 65,500 by 65,500 pixels.",
    lambda call: huge_jpeg(), "too-many-pixels", "jpeg")  # fmt: skip
for name, huge in zip(("extended", "lossless", "lossy"), huge_webps(), strict=True):
    bad(f"{name}-webp-bomb", f"Sends a webp ({name}) that claims 144 megapixels.",
        lambda call, huge=huge: huge, "too-many-pixels")  # type: ignore[misc]  # fmt: skip
for chunk in (b"zTXt", b"iCCP"):
    bad(f"png-{chunk.decode().lower()}-bomb", "Sends a png with a text that unpacks to 80 MB.",
        lambda call, chunk=chunk: pictures.png(call.task.id, before=pictures.unpacking(chunk)),  # type: ignore[misc]
        "damaged", "png")  # fmt: skip
spoils("announces-too-much", "Announces a gigabyte.",
       lambda call: head(200, WEBP | {"Content-Length": str(1024 * MEGABYTE)}) + call.picture,
       "too-large")  # fmt: skip


@behaviour(outcome="rendering", reason="too-large", apart=False, heavy=True)
def over_64_megabytes(call: Download) -> None:
    """Sends a byte more than 64 megabytes without having announced how many."""
    call.line.send(head(200, WEBP), *[bytes(MEGABYTE)] * 64, b"\0")


@behaviour(outcome="rendering", reason="too-large", apart=False, heavy=True)
def endless(call: Download) -> None:
    """Sends a file that never ends, as fast as it is taken."""
    call.line.send(head(200, WEBP), call.picture)
    while True:  # ends with the OSError of a caller that has hung up
        call.line.send(bytes(MEGABYTE))


# Statuses

for name, status in (("gone", 404), ("403", 403), ("410", 410)):
    says(name, f"Says {status}, as for an expired link.", status,
         b"<Error><Code>NoSuchKey</Code></Error>", reason="gone")  # fmt: skip
for status in (204, 304, 400, 401, 416, 429, 500, 502, 503):
    says(f"{status}", f"Says {status}.", status, b"" if status in (204, 304) else b"<h1>No</h1>")
spoils(
    "a-range",
    "Sends a range that nobody asked for, though it is the whole file.",
    lambda call: http(206, call.picture, {"Content-Range": f"bytes 0-9/{len(call.picture)}"}),
)
spoils("500-with-the-picture", "Sends the right file with status 500.",
       lambda call: http(500, call.picture, WEBP))  # fmt: skip
spoils(
    "packed",
    "Packs the file, though nobody asked for that.",
    lambda call: http(200, gzip.compress(call.picture), WEBP | {"Content-Encoding": "gzip"}),
)
spoils("empty", "Sends no byte, and says so.", lambda call: http(200, b"", WEBP))
spoils("empty-chunks", "Sends no chunk but the last.",
       lambda call: head(200, {"Transfer-Encoding": "chunked"}) + b"0\r\n\r\n")  # fmt: skip

# Redirects, of which none is followed

for name, words, target in (
    ("a-file", "a file of our own", "file:///etc/passwd"),
    ("a-trap", "an address of the same host", "/trap"),
    ("itself", "itself", ""),
):
    says(f"redirects-to-{name}", f"Leads to {words}.", 302, b"", {"Location": target})


@behaviour(outcome="rendering", reason="download-failed", apart=False)
def redirects_to_loopback(call: Download) -> None:
    """Leads to another loopback address."""
    call.line.send(http(307, b"", {"Location": f"http://{call.house.trap}/a.webp"}))


@behaviour(outcome="rendering", reason="download-failed", apart=False)
def redirects_to_a_chain(call: Download) -> None:
    """Leads to the right file, by way of a second redirect."""
    call.line.send(http(302, b"", {"Location": call.house.link(call.task) + "?again"}))


# Broken HTTP

spoils("truncated", "Sends half of the file, though the whole length was told.",
       lambda call: call.whole[: -len(call.picture) // 2])  # fmt: skip
spoils(
    "length-too-long",
    "Announces more bytes than the file has.",
    lambda call: http(200, call.picture, {"Content-Length": str(len(call.picture) + 9)}),
)
spoils(
    "broken-chunk",
    "A chunk's length is no number.",
    lambda call: head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n" + call.picture,
)
spoils("no-last-chunk", "The chunk that ends the file never comes.",
       lambda call: chunked(call.picture)[:-5])  # fmt: skip
spoils("without-http", "Sends the file without HTTP around it.", lambda call: call.picture)
spoils("huge-header", "One header has 70,000 letters.",
       lambda call: http(200, call.picture, {"A": "b" * 70_000}))  # fmt: skip
spoils("tls-alert", "Speaks TLS on a plain port.", lambda call: b"\x15\x03\x01\x00\x02\x02\x46")

# Silence, at each point, in each manner


def _nothing(call: Download) -> bytes:
    return b""


def _the_headers(call: Download) -> bytes:
    return call.split()[0]


def _half(call: Download) -> bytes:
    return call.whole[: -len(call.picture) // 2]


def _all_but_a_byte(call: Download) -> bytes:
    return call.whole[:-1]


for point, words, begin in (
    ("before-any-byte", "without a byte", _nothing),
    ("after-the-headers", "after the headers", _the_headers),
    ("half-way", "in the middle of the file", _half),
    ("before-the-last-byte", "just before the last byte", _all_but_a_byte),
):
    for verb, end, slow in (
        ("drops", Line.close, False),
        ("resets", Line.reset_when_read, False),
        ("hangs", Line.hang, True),
    ):

        def act(
            call: Download,
            begin: Callable[[Download], bytes] = begin,
            end: Callable[[Line], None] = end,
        ) -> None:
            call.line.send(begin(call))
            end(call.line)

        DOWNLOADS.add(f"{verb}-{point}", f"The line {verb} {words}.", act, slow=slow,
                      outcome="rendering", reason="download-failed", apart=False)  # fmt: skip


@behaviour(outcome="rendering", reason="download-failed", apart=False, slow=True)
def drips(call: Download) -> None:
    """Sends the file at a byte each second."""
    top, data = call.split()
    call.line.send(top)
    call.line.drip(data)


@behaviour(outcome="rendering", reason="download-failed", apart=False, slow=True)
def drips_headers(call: Download) -> None:
    """Sends endless headers at a byte each tenth of a second."""
    call.line.send(b"HTTP/1.1 200 OK\r\n")
    call.line.drip(b"X-Wait: a little\r\n" * 500, 0.1)
