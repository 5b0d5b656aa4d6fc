"""Making zips: a slice at a time, one zip after the other, so that nobody waits for another's.

The rows say what there is to make and how far it has come. Whoever is killed is gone on from after
the claim's few seconds, by the minute's schedule or by the page that its owner looks at.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models.functions import Length
from django.template.loader import render_to_string
from django.utils import timezone, translation
from structlog.contextvars import bound_contextvars

from gallery.archive import packing, store
from gallery.models import Image, Step, Zip
from gallery.provider.client import clock

from . import cluster, pump

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Sequence

    from gallery.models import User
    from gallery.models.image import ImageQuerySet

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

AT_ONCE = 50
"""Pictures of which the rows are read together."""
BYTES_A_LETTER = 16
"""Of a prompt: four at most, beside the picture, in the packer's lines, in manifest and page."""
WAKE_SECONDS = 3
"""A page that shows zips in the making looks at most this often whether somebody makes them."""
MARK = "@pictures@"
"""Where the page of a zip gets its data."""


def run() -> None:
    """The packer pump."""
    pump.run("zip", Packer())


def begin(owner: User, images: ImageQuerySet) -> Zip:
    """Have a zip made of these pictures, in their order. Raises NoRoom, and begins nothing."""
    rows = list(images.values_list("pk", "size", Length("prompt__text")))
    size = sum(size + BYTES_A_LETTER * (letters or 0) for _, size, letters in rows)
    language = translation.get_language() or settings.LANGUAGE_CODE
    made = Zip.objects.begin(owner, [pk for pk, *_ in rows], size, language)
    cluster.wake("zip")
    return made


def refresh() -> None:
    """Somebody looks at one that is being made: see to it that it is. Never waits."""
    if cache.add("zip:woken", value=True, timeout=WAKE_SECONDS) and pump.has_work("zip"):
        cluster.wake("zip")


def drop(row: Zip) -> None:
    """Give up a zip of somebody's, made or in the making; whoever makes it just now notices."""
    Zip.objects.filter(pk=row.pk).drop()
    remove_strays()


def sweep() -> None:
    """Remove what had its day, and files that are nobody's; wake the packer when there is work."""
    Zip.objects.expired().drop()
    Zip.objects.forgotten().delete()
    remove_strays()
    if pump.has_work("zip"):
        cluster.wake("zip")


def remove_strays() -> None:
    """The files of zips that are gone."""
    folder = settings.DATA_DIR / packing.FOLDER
    # In this order: the row of a zip is there before its files.
    paths = list(folder.glob("*.*"))
    kept = Zip.objects.stems() if paths else set()
    for path in paths:
        if path.name.partition(".")[0] not in kept:
            path.unlink(missing_ok=True)


class Packer:
    """Works a moment on each zip in turn."""

    step = 0.0
    under_way: tuple[()] = ()

    def tick(self) -> None:
        pk = Zip.objects.due().values_list("pk", flat=True).first()
        if pk is not None:
            with bound_contextvars(job="zip", zip=pk):
                work(pk)

    def is_idle(self) -> bool:
        return not pump.has_work("zip")

    def finish(self) -> None:
        """Nothing is under way between two moments."""


def work(pk: int) -> None:
    """Go on with one zip for ZIP_SLICE_SECONDS, if it is there to be made."""
    claim = Zip.objects.claim(pk)
    if claim is None:
        return
    row = Zip.objects.select_related("owner").get(pk=pk)
    try:
        if _work(row, claim):
            return
    except packing.Busy:
        return  # the claim runs out, and the other one has ended by then
    except OSError as error:
        log.warning("zip-not-made", error=error.strerror)
        Zip.objects.fail(pk, claim, "disk")
    except Exception:
        # The edge of the job: what cannot be made is not tried for ever.
        log.exception("zip-broke-off")
        Zip.objects.fail(pk, claim, "broken")
    remove_strays()


def _work(row: Zip, claim: uuid.UUID) -> bool:
    finished = settings.DATA_DIR / packing.finished_name(row.stem)
    if finished.exists():  # killed just before its row could say so
        return Zip.objects.finish(row.pk, claim, row.missing, finished.stat().st_size)
    room = store.free_bytes(settings.DATA_DIR) - max(0, row.takes - row.part_bytes)
    if room < settings.DISK_FLOOR_BYTES:
        raise OSError(28, "no room")
    known = row.step
    place = packing.Place(known.size, known.directory, known.lines, known.entries)
    with packing.packing(settings.DATA_DIR, row.stem, place) as zipped:
        is_new = zipped.start == packing.Place()
        done, missing = (0, 0) if is_new else (known.done, known.missing)
        done, missing = _pack(row, zipped, done, missing)
        if done < row.count:
            reached = zipped.sync()
            values = {**asdict(reached), "done": done, "missing": missing}
            return Zip.objects.step(row.pk, claim, Step(**values))
        _conclude(row, zipped)
        size = zipped.finish()
    return Zip.objects.finish(row.pk, claim, missing, size)


def _pack(row: Zip, zipped: packing.Packing, done: int, missing: int) -> tuple[int, int]:
    """Pictures, until the slice is over; how many are done, and how many of them were missing."""
    ends = clock() + settings.ZIP_SLICE_SECONDS
    chosen = [int(pk) for pk in row.chosen.split(",") if pk]
    for pk, image in _rows(row.owner, chosen[done:]):
        missing += not _pack_one(zipped, pk, image)
        done += 1
        if clock() > ends or cluster.stopping():
            break
    return done, missing


def _rows(owner: User, chosen: Sequence[int]) -> Iterator[tuple[int, Image | None]]:
    own = (
        Image.objects.of(owner)
        .select_related("prompt", "model", "task")
        .prefetch_related("tags", "memberships__collection", "prompt__references")
    )
    for start in range(0, len(chosen), AT_ONCE):
        pks = chosen[start : start + AT_ONCE]
        found = own.in_bulk(pks)
        for pk in pks:
            yield pk, found.get(pk)


def _pack_one(zipped: packing.Packing, pk: int, image: Image | None) -> bool:
    """One picture with what is told of it; when its file is not there, a line that says so."""
    if image is None or image.is_purged:
        zipped.note(b"-" + _json({"number": pk, "why": "deleted"}))
        return False
    words = image.prompt.text if image.prompt else ""
    name, aside = packing.safe_name(pk, words, image.extension)
    try:
        path = settings.DATA_DIR / image.file
        packed = zipped.add_file(f"pictures/{name}", path, image.created_at)
    except FileNotFoundError:
        zipped.note(b"-" + _json({"number": pk, "why": "no file", "file": name}))
        return False
    told = {"file": f"pictures/{name}", **_told(image)}
    if packed.sha256 != image.sha256:
        told["found_sha256"] = packed.sha256
    line = _json(told)
    zipped.add(f"pictures/{aside}", [json.dumps(told, ensure_ascii=False, indent=2).encode()],
               image.created_at)  # fmt: skip
    zipped.note(b"+" + line)
    return True


def _told(image: Image) -> dict[str, Any]:
    """Everything that the house knows of a picture and its owner may care about."""
    task, prompt = image.task, image.prompt
    times = {
        "ordered": task.created_at if task else None,
        "sent": task.sent_at if task else None,
        "ready": task.ready_at if task else None,
        "kept": image.created_at,
    }
    return {
        "number": image.pk,
        "prompt": prompt.text if prompt else "",
        "model": image.model.remote_id if image.model else "",
        "model_label": image.model.label if image.model else "",
        "ratio": image.ratio,
        "references": prompt.reference_urls if prompt else [],
        "price_roubles": image.cost_kopecks / 100,
        "demo": image.demo,
        "times": {name: when.isoformat() for name, when in times.items() if when},
        "seconds": task.took if task else None,
        "sha256": image.sha256,
        "bytes": image.size,
        "type": image.mime,
        "width": image.width,
        "height": image.height,
        "tags": [tag.name for tag in image.tags.all()],
        "rating": image.rating,
        "favourite": image.favourite,
        "collections": [one.collection.name for one in image.memberships.all()],
    }


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


# What comes last: the manifest, and a page that shows and searches the pictures


def _conclude(row: Zip, zipped: packing.Packing) -> None:
    now = timezone.now()
    zipped.add("manifest.json", _manifest(row, zipped), now)
    zipped.add("index.html", _page(row, zipped), now)


def _manifest(row: Zip, zipped: packing.Packing) -> Iterator[bytes]:
    made = {"made_by": "Artel", "made_at": timezone.now().isoformat(), "chosen": row.count}
    yield _json(made)[:-1] + b', "pictures": [\n'
    yield from _listed(zipped, b"+")
    yield b'\n], "missing": [\n'
    yield from _listed(zipped, b"-")
    yield b"\n]}\n"


def _page(row: Zip, zipped: packing.Packing) -> Iterator[bytes]:
    with translation.override(row.language):
        context = {"made_at": timezone.now(), "theme": row.owner.theme, "mark": MARK}
        before, _, after = render_to_string("gallery/zip_index.html", context).partition(MARK)
    yield before.encode()
    for line in _listed(zipped, b"+"):
        # No word of a prompt ends the element that it stands in.
        yield line.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
    yield after.encode()


def _listed(zipped: packing.Packing, sign: bytes) -> Iterator[bytes]:
    comma = b""
    for line in zipped.noted():
        if line[:1] == sign:
            yield comma + line[1:]
            comma = b",\n"
