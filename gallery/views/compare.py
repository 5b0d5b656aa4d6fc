"""Two to four pictures side by side, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery.models import Image
from gallery.templatetags.artel import rub, seconds

from .requests import StudioRequest, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FEWEST, MOST = 2, 4
NOTHING = "–"
MOST_WORDS = 1000
"""Compared one by one, in what two prompts do not begin and end alike with: the time that takes
grows with the square, and of 8,000 was 9 seconds.
"""


@dataclass(frozen=True)
class Words:
    """Some words of a prompt: as the other has them too (empty), taken out (del) or new (ins)."""

    text: str
    how: str = ""


@dataclass(frozen=True)
class Row:
    """One thing in which the pictures differ, a value for each of them."""

    name: str
    values: Sequence[Sequence[Words]]


@require_safe
def image_compare(request: StudioRequest) -> HttpResponse:
    pks = list(dict.fromkeys(whole_number(text) for text in request.GET.getlist("image")))
    if not FEWEST <= len(pks) <= MOST:
        wrong = {"count": len(pks), "few": len(pks) < FEWEST}
        return render(request, "gallery/image_compare.html", wrong, status=422)
    images = _own(request, pks)
    context = {"images": images, "rows": rows(images), "two": len(images) == FEWEST}
    context["widest"] = _widest(images)
    return render(request, "gallery/image_compare.html", context)


def _own(request: StudioRequest, pks: Sequence[int | None]) -> list[Image]:
    """In the order asked for; one that is not there is as good as none."""
    own = Image.objects.of(request.user).with_file().select_related("prompt__model", "task")
    found = own.prefetch_related("prompt__references", "tags").in_bulk(
        [pk for pk in pks if pk is not None]
    )
    if len(found) != len(pks):
        raise Http404
    return [found[pk] for pk in pks if pk is not None]


def _widest(images: Sequence[Image]) -> Image:
    return max(images, key=lambda image: image.width / image.height)


def rows(images: Sequence[Image]) -> list[Row]:
    """What differs, and nothing else."""
    prompts = [image.prompt.text if image.prompt else "" for image in images]
    found = [Row(_("Prompt"), marked(prompts))] if len(set(prompts)) > 1 else []
    for name, value in _facts().items():
        values = [value(image) for image in images]
        if len(set(values)) > 1:
            found.append(Row(name, [[Words(one or NOTHING)] for one in values]))
    return found


def _facts() -> dict[str, Callable[[Image], str]]:
    return {
        _("Model"): lambda image: image.model.label if image.model else "",
        _("Ratio"): lambda image: image.ratio,
        _("References"): _references,
        _("Cost"): lambda image: rub(image.cost_kopecks) if image.task else "",
        _("Took"): _took,
        _("Size"): lambda image: f"{image.width} × {image.height}",
        _("File"): lambda image: f"{image.mime}, {filesizeformat(image.size)}",
        _("Rating"): lambda image: "★" * image.rating,
        _("Favourite"): lambda image: _("yes") if image.favourite else _("no"),
        _("Tags"): lambda image: ", ".join(tag.name for tag in image.tags.all()),
    }


def _references(image: Image) -> str:
    return "\n".join(image.prompt.reference_urls) if image.prompt else ""


def _took(image: Image) -> str:
    took = image.task.took if image.task else None
    return "" if took is None else seconds(took)


def marked(texts: Sequence[str]) -> list[list[Words]]:
    """Each prompt with its words marked against the first; the first against the second."""
    first, *others = [text.split() for text in texts]
    against = [_against(first, other) for other in others]
    # With three and more, what one of them left out another may have: the first is left unmarked.
    own = against[0][0] if len(others) == 1 else [Words(" ".join(first))]
    return [own, *(theirs for _first, theirs in against)]


def _against(old: list[str], new: list[str]) -> tuple[list[Words], list[Words]]:
    was: list[Words] = []
    now: list[Words] = []
    for left, right in _parts(old, new):
        if left:
            was.append(Words(" ".join(left), "" if left == right else "del"))
        if right:
            now.append(Words(" ".join(right), "" if left == right else "ins"))
    return was, now


def _parts(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Both in pieces, in order, which are alike or differ."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    yield old[:start], new[:start]
    yield from _differing(old[start:old_end], new[start:new_end])
    yield old[old_end:], new[new_end:]


def _differing(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    if max(len(old), len(new)) > MOST_WORDS:
        yield old, new
        return
    for _kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        yield old[a:b], new[c:d]


def _alike(old: list[str], new: list[str]) -> int:
    """With how many of the same words both begin."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
