"""A task: its page, its card's news, and what can be done with it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import media
from gallery.forms import NoteForm, PressForm, refusal_words
from gallery.jobs import poll, pump, submit
from gallery.models import Charge, Event, Refusal, Studio, Task, TaskStatus
from gallery.notices import notices
from gallery.support import claim, doubt_of
from gallery.templatetags.artel import grouped

from . import cards
from .queue import around, queue
from .requests import StudioRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpResponseBase

KNOWN = re.compile(r"(\d{1,18}):([\w.-]{1,60})")
MOST_KNOWN = 2000
NOTICES = 0
"""Where a page's cards have their numbers, the version of its notices has this one."""
LONGEST_KNOWN = MOST_KNOWN * 80
"""Characters: looking for pairs in all that a request can carry would take seconds."""


def _own(request: StudioRequest, pk: int) -> Task:
    return get_object_or_404(Task.objects.of(request.user).for_cards(), pk=pk)


@require_safe
def task_show(request: StudioRequest, pk: int) -> HttpResponse:
    return _page(request, _own(request, pk), NoteForm())


@require_POST
def task_note(request: StudioRequest, pk: int) -> HttpResponse:
    """What the owner knows of a task in trouble: a line of its story, which moves no money."""
    task = _own(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        if Task.objects.note(task.pk, form.cleaned_data["note"], by=request.user):
            return redirect("task_show", pk)
        form.refuse()
    return _page(request, task, form)


def _page(request: StudioRequest, task: Task, form: NoteForm) -> HttpResponse:
    events = list(Event.objects.filter(task=task).select_related("actor"))
    studio = Studio.objects.current()
    doubt = doubt_of(events)
    is_unknown = task.status == TaskStatus.UNKNOWN
    context = {
        "task": task,
        "card": cards.card(task, studio, {task.pk: doubt} if doubt and is_unknown else {}),
        "doubt": doubt,
        "comparison": task.told_by_balance,
        "sees_balance": request.user.has_perm("gallery.view_charge"),
        "events": events,
        "charges": Charge.objects.filter(task=task),
        "aside": media.put_aside(task),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "gallery/task_show.html", context, status=status)


@require_safe
def task_quarantine(request: StudioRequest, pk: int, sha256: str) -> HttpResponseBase:
    """Paid bytes that are no picture, to be kept for a complaint."""
    return media.aside(request, _own(request, pk), sha256)


@require_safe
def task_receipt(request: StudioRequest, pk: int) -> HttpResponse:
    """What was held, sent, accepted, kept and paid, to be printed: it outlives the picture."""
    task = _own(request, pk)
    charges = list(Charge.objects.filter(task=task).select_related("actor"))
    events = list(Event.objects.filter(task=task).select_related("actor"))
    context = {
        "task": task,
        "prompt": task.batch.prompt,
        "image": getattr(task, "image", None),
        "charges": charges,
        "held": sum(charge.held_kopecks for charge in charges),
        "spent": sum(charge.spent_kopecks for charge in charges),
        "is_unconfirmed": any(charge.unconfirmed for charge in charges),
        "events": events,
        "claim": claim(task, events),
        "now": timezone.now(),
        "host": request.get_host(),
    }
    return render(request, "gallery/task_receipt.html", context)


@require_POST
def task_live(request: StudioRequest) -> HttpResponse:
    """The cards and the notices that changed since the page drew them; 204 when none did."""
    known = {int(pk): version for pk, version in _known(request)}
    studio = Studio.objects.current()
    # A card that was dismissed is on its way off the page: news of it would bring it back.
    own = Task.objects.of(request.user).filter(pk__in=known, dismissed_at=None)
    # Most ticks change nothing, so what tells whether is fetched first, and no more than that.
    light = own.select_related("model", "owner").only(
        "version",
        "status",
        "provider",
        "due_at",
        "claimed_until",
        "ready_at",
        "link_since",
        "reason",
        "model__is_enabled",
        "owner__held_until",
    )
    now = {task.pk: task for task in light}
    if any(task.is_open for task in now.values()):
        pump.revive()
    changed = [pk for pk, task in now.items() if task.live_version(studio) != known[pk]]
    told = notices(request.user, studio)
    is_told = known.get(NOTICES, told.version) == told.version
    if not changed and is_told:
        return HttpResponse(status=204)
    context: dict[str, object] = {} if is_told else {"notices": told}
    if changed:
        tasks = cards.for_cards(Task.objects.filter(pk__in=changed))
        context |= {"cards": cards.cards(tasks, studio), "news": _news(tasks), **around(request)}
    return render(request, "gallery/task_live.html", context)


def _known(request: StudioRequest) -> Iterable[tuple[str, str]]:
    return KNOWN.findall(request.POST.get("v", "")[:LONGEST_KNOWN])[:MOST_KNOWN]


def _news(tasks: Iterable[Task]) -> list[tuple[str, int]]:
    """What a screen reader hears: how many tasks came into which state."""
    counts = Counter(task.status for task in tasks)
    return [(str(TaskStatus(status).label), count) for status, count in counts.items()]


@require_POST
def task_cancel(request: StudioRequest, pk: int) -> HttpResponse:
    task = _own(request, pk)
    Task.objects.cancel(task.pk, by=request.user)
    return _card(request, pk, "gallery/task_cancel.html", **around(request))


@require_http_methods(["GET", "HEAD", "POST"])
def task_cancel_all(request: StudioRequest) -> HttpResponse:
    """Take back all that waits to be sent, after saying how much that is."""
    if request.method == "POST":
        count = Task.objects.current().cancel_all(request.user, by=request.user)
        words = ngettext("%s picture is canceled.", "%s pictures are canceled.", count)
        words %= grouped(count)
        messages.success(request, words if count else _("Nothing waited any more."))
        return redirect("studio_show")
    return render(request, "gallery/task_cancel_all.html", {"queue": queue(request.user)})


@require_POST
def task_dismiss(request: StudioRequest, pk: int) -> HttpResponse:
    """Take a troubled card off the studio page."""
    task = _own(request, pk)
    Task.objects.dismiss(task.pk)
    return HttpResponse() if request.htmx else redirect("studio_show")


@require_POST
def task_ask(request: StudioRequest, pk: int) -> HttpResponse:
    """Ask the provider for a lost picture once more; costs nothing."""
    task = _own(request, pk)
    poll.ask_again(task.pk, request.user)
    return _card(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def task_again(request: StudioRequest, pk: int) -> HttpResponse:
    """Send an unknown task once more, after saying that it may cost twice."""
    task = _own(request, pk)
    form = PressForm(request.POST if request.method == "POST" else None)
    words = ""
    if form.is_bound:
        if form.is_valid():
            try:
                submit.accept(request.user, form.again(task))
                return redirect("studio_show")
            except Refusal as refusal:
                words = str(refusal_words(refusal))
                task.model.refresh_from_db()
        words = words or form.words
    card = cards.card(task, Studio.objects.current())
    context = {
        "task": task,
        "card": card,
        "words": words,
        "comparison": task.told_by_balance,
        "sees_balance": request.user.has_perm("gallery.view_charge"),
        "note": Event.objects.owners_note(task.pk),
    }
    return render(request, "gallery/task_again.html", context, status=422 if words else 200)


def _card(
    request: StudioRequest, pk: int, template: str = "gallery/_task_card.html", **more: object
) -> HttpResponse:
    if not request.htmx:
        return redirect("studio_show")
    task = cards.for_cards(Task.objects.filter(pk=pk)).get()
    context = {"card": cards.card(task, Studio.objects.current()), **more}
    return render(request, template, context)
