"""What was done to pictures, said with a way back: of one or of thousands, from whatever page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gallery import search
from gallery.models import OF_PROMPTS, Change, ChangeKind, Collection, Image, Tag
from gallery.templatetags.artel import grouped

from .requests import StudioRequest, came_from

if TYPE_CHECKING:
    from django.http import HttpResponse

NAMED: dict[str, tuple[type[Tag | Collection], search.Field]] = {
    "tag": (Tag, search.Field.TAG),
    "collection": (Collection, search.Field.IN),
}
"""What a search line may name, and has a name that can be changed."""
MOST_NAMED = 60
"""Pictures that an answer's header names, which proxies want small; of more it says only that."""


@require_POST
def change_undo(request: StudioRequest, pk: int) -> HttpResponse:
    change = get_object_or_404(Change.objects.of(request.user), pk=pk)
    is_seen = change.can_be_seen()
    if not change.undo():
        return said(request, change, _("This was taken back already."))
    if not is_seen:
        return said(request, change, _("Nothing had to be changed."))
    return told(request, change, is_undone=True)


@require_POST
def change_restore(request: StudioRequest, pk: int) -> HttpResponse:
    """Bring back what was deleted together, as far as it is in the trash yet."""
    deletions = Change.objects.of(request.user).filter(kind=ChangeKind.TRASH)
    deletion = get_object_or_404(deletions, pk=pk)
    return told(request, Change.objects.restore(request.user, deletion.in_trash()))


def told(
    request: StudioRequest, change: Change, back: str = "", *, is_undone: bool = False
) -> HttpResponse:
    """Say what was done, and offer to take it back: to htmx as the bar, with an event `changed`
    from which tiles and marks bring themselves up to date; else on the page that one came from, or
    on `back`. Of what is taken back what was done before it is offered next, and so it is when
    nothing had to be changed: a second press does not take away what the first one offers.
    """
    _let_searches_follow(change, is_undone=is_undone)
    event = _event(change, is_undone=is_undone)
    events: dict[str, Any] = {"changed": event}
    there = list(event["marks"] or ())
    words = _undone_words(change, there) if is_undone else change_words(change)
    if change.count:
        events |= _before_ones_eyes(change, there, is_undone=is_undone)
    if is_undone or not change.count:
        return said(request, change, words, back, events)
    return answered(request, words, change, back, events)


def said(
    request: StudioRequest, change: Change, words: str, back: str = "",
    events: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """These words, and what was done before this change."""
    last = Change.objects.previous(change)
    if last:
        words += " " + _("Before that: %(done)s") % {"done": change_words(last)}
    return answered(request, words, last, back, events)


def answered(
    request: StudioRequest, words: str, offered: Change | None, back: str = "",
    events: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """These words, and this change to be taken back."""
    undo = reverse("change_undo", args=[offered.pk]) if offered else ""
    answer = bar(request, words, undo, back)
    if events and request.htmx:
        answer["HX-Trigger"] = json.dumps(events)
    return answer


def bar(
    request: StudioRequest, words: str, undo: str = "", back: str = "",
    template: str = "gallery/_undo.html",
) -> HttpResponse:  # fmt: skip
    """These words, and an address that takes it back: to htmx as the bar of `template`, else as a
    message on `back`, or on the page that one came from.
    """
    if request.htmx:
        return render(request, template, {"words": words, "undo": undo})
    messages.success(request, words, extra_tags=undo)
    return redirect(back or came_from(request) or reverse("image_list"))


def _before_ones_eyes(change: Change, there: list[int], *, is_undone: bool) -> dict[str, str]:
    """What pages hide, or show again, at once: a prompt, or a picture that is alone, by its name.
    What is deleted by a press of its own is told by that.
    """
    kind = ChangeKind(change.kind)
    is_gone = (kind in {ChangeKind.TRASH, ChangeKind.TRASH_PROMPT}) != is_undone
    event = "trashed" if is_gone else "restored"
    if kind in OF_PROMPTS:
        return {event: f"prompt-{change.before['prompt']}"}
    pks = change.images if is_gone else there
    if kind == ChangeKind.RESTORE or (kind == ChangeKind.TRASH and is_undone):
        return {event: f"image-{pks[0]}"} if len(pks) == 1 else {}
    return {}


def _let_searches_follow(change: Change, *, is_undone: bool) -> None:
    """Saved ones that name what was renamed, or named back, ask for the name that it has by now."""
    renamed = NAMED.get(change.before.get("what", "")) if change.count else None
    if renamed is None:
        return
    kind, field = renamed
    old = change.before["now" if is_undone else "was"]
    rows = kind._default_manager.filter(owner=change.owner_id, pk=change.before["pk"])
    now = rows.values_list("name", flat=True).first()
    if now is not None:
        search.follow(change.owner, field, old, now)


def _event(change: Change, *, is_undone: bool) -> dict[str, Any]:
    """`ids` and `marks` (rating and favourite of each) are null when they are too many to name.
    What is restored is told as a deletion that is undone: pages know one of the two.
    """
    kind, is_back = change.kind, is_undone
    if kind == ChangeKind.RESTORE:
        kind, is_back = ChangeKind.TRASH, not is_undone
    event: dict[str, Any] = {"kind": kind, "undone": is_back, "ids": None, "marks": None}
    if change.count <= MOST_NAMED:
        event["ids"] = change.images
        rows = Image.objects.filter(owner=change.owner_id).in_gallery().filter(pk__in=event["ids"])
        event["marks"] = marks_of(rows)
    return event


def marks_of(images: Any) -> dict[int, tuple[int, bool]]:
    """Rating and favourite of each, by number."""
    rows = images.order_by().values_list("pk", "rating", "favourite")
    return {pk: (rating, favourite) for pk, rating, favourite in rows}


def _undone_words(change: Change, there: list[int]) -> str:
    if change.kind == ChangeKind.TRASH_PROMPT:
        return _("Prompt restored with its pictures.")
    if change.kind == ChangeKind.TRASH and len(there) == 1:
        return _("Picture restored.")
    return _("Taken back.")


def change_words(change: Change) -> str:
    """What it has done, in a sentence."""
    count = change.count
    if not count:
        return _("Nothing had to be changed.")
    kind = ChangeKind(change.kind)
    if kind == ChangeKind.RESTORE and count == 1:
        return _("Picture restored.")
    if kind in {ChangeKind.RATE, ChangeKind.FAVOUR}:
        return _mark_words(kind, count, change.before["now"])
    words = {
        ChangeKind.TAG: ngettext("%s picture tagged.", "%s pictures tagged.", count),
        ChangeKind.UNTAG: ngettext(
            "Tag taken off %s picture.", "Tag taken off %s pictures.", count
        ),
        ChangeKind.COLLECT: ngettext(
            "%s picture put into the collection.", "%s pictures put into the collection.", count
        ),
        ChangeKind.DROP: ngettext(
            "%s picture taken out of the collection.",
            "%s pictures taken out of the collection.",
            count,
        ),
        ChangeKind.TRASH: ngettext("%s picture deleted.", "%s pictures deleted.", count),
        ChangeKind.RESTORE: ngettext("%s picture restored.", "%s pictures restored.", count),
    }
    return words[kind] % grouped(count) if kind in words else _one_words(change)


def _one_words(change: Change) -> str:
    """Of what is done to one thing at a time."""
    if change.kind == ChangeKind.RENAME:
        return _("Renamed to “%(name)s”.") % {"name": change.before["now"]}
    if change.kind == ChangeKind.TRASH_PROMPT:
        return _("Prompt deleted with its pictures.")
    if change.kind == ChangeKind.RESTORE_PROMPT:
        return _("Prompt restored with its pictures.")
    if change.kind == ChangeKind.COVER:
        return _("This picture stands for the collection now.")
    return _("Moved.")


def _mark_words(kind: ChangeKind, count: int, now: int) -> str:
    if kind == ChangeKind.FAVOUR:
        words = (
            ngettext("%s picture made a favourite.", "%s pictures made favourites.", count)
            if now
            else ngettext(
                "%s picture is no favourite any more.",
                "%s pictures are no favourites any more.",
                count,
            )
        )
        return words % grouped(count)
    if not now:
        words = ngettext("Rating taken from %s picture.", "Rating taken from %s pictures.", count)
        return words % grouped(count)
    words = ngettext(
        "%(count)s picture rated %(stars)d of 5.", "%(count)s pictures rated %(stars)d of 5.", count
    )
    return words % {"count": grouped(count), "stars": now}
