"""History: every prompt with what became of it, and running one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import HistoryForm, PressForm, refusal_words
from gallery.jobs import submit
from gallery.models import Prompt, Refusal, Studio, Task

from . import cards, entries, pages, studio
from .errors import refusal_notice
from .queue import around
from .requests import StudioRequest, came_from, whole_number

if TYPE_CHECKING:
    from gallery.models import Batch

PAGE = 20
CHILDREN = 100
"""Children that a prompt's page names; the newest."""


@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def prompt_list(request: StudioRequest) -> HttpResponse:
    """One's prompts, newest first, narrowed to what the address asks for."""
    form = HistoryForm(request.GET)
    before = whole_number(request.GET.get("before"))
    prompts = entries.for_entries(form.narrow(Prompt.objects.of(request.user).kept()))
    page = pages.page(prompts.before(before).order_by("-pk"), PAGE, is_first=before is None)
    context = {"form": form, "page": page, "entries": entries.entries(page.rows)}
    shape = _shape(request)
    answer = render(request, f"gallery/{shape}.html", context, status=422 if form.errors else 200)
    if shape == "_prompt_found":
        path = f"{request.path}?{form.query}".removesuffix("?")
        # The same search again is no step of the browser's history.
        now = request.htmx.current_url_abs_path
        answer["HX-Push-Url"] = "false" if now == path else path
    return answer


def _shape(request: StudioRequest) -> str:
    """The page; or to htmx what was found; or, further down the list, only more of it."""
    if not request.htmx or request.htmx.history_restore_request:
        return "prompt_list"
    return "_prompt_entries" if "before" in request.GET else "_prompt_found"


@require_safe
def prompt_show(request: StudioRequest, pk: int) -> HttpResponse:
    """One prompt whole, with every task of it, what it came from and what came of it."""
    own = Prompt.objects.of(request.user).kept().with_parent(entries.KIN)
    prompt = get_object_or_404(own.select_related("model"), pk=pk)
    before = whole_number(request.GET.get("before"))
    tasks = cards.for_cards(Task.objects.filter(batch__prompt=prompt)).order_by("-pk")
    if before is not None:
        tasks = tasks.filter(pk__lt=before)
    page = pages.page(tasks, settings.PAGE_SIZE, is_first=before is None)
    children = prompt.children.defer("text", "search_text").order_by("-pk")
    context = {
        "prompt": prompt,
        "entry": entries.entries([prompt])[0],
        "cards": cards.cards(page.rows, Studio.objects.current()),
        "page": page,
        "children": children.annotate(excerpt=Left("text", entries.KIN))[:CHILDREN],
    }
    return render(request, "gallery/prompt_show.html", context)


@require_safe
def prompt_text(request: StudioRequest, pk: int) -> HttpResponse:
    """The text alone, to be copied: lists have only its beginning."""
    prompt = get_object_or_404(Prompt.objects.of(request.user).kept().only("text"), pk=pk)
    return HttpResponse(prompt.text, content_type="text/plain; charset=utf-8")


@require_POST
def prompt_rerun(request: StudioRequest, pk: int) -> HttpResponse:
    """The same prompt once more, as a new batch."""
    own = Prompt.objects.of(request.user).kept().select_related("model")
    prompt = get_object_or_404(own, pk=pk)
    form = PressForm(request.POST)
    words = ""
    if form.is_valid():
        try:
            batch = submit.accept(request.user, form.rerun(prompt))
        except Refusal as refusal:
            words = str(refusal_words(refusal))
            prompt.model.refresh_from_db()
        else:
            return _running(request, batch)
    context = {"prompt": prompt, "words": words or form.words, "count": _count(form)}
    return _refused(request, context)


def _running(request: StudioRequest, batch: Batch) -> HttpResponse:
    if not request.htmx:
        named = request.POST.get("next")
        return redirect((came_from(request) if named else "") or "studio_show")
    context = {
        "group": studio.fresh_cards(batch),
        "pressed": request.htmx.trigger,
        **around(request),
    }
    return render(request, "gallery/prompt_rerun_done.html", context)


def _refused(request: StudioRequest, context: dict[str, object]) -> HttpResponse:
    if request.htmx:
        return refusal_notice(request, context["words"])
    return render(request, "gallery/prompt_rerun.html", context, status=422)


def _count(form: PressForm) -> int:
    return int(form.cleaned_data.get("count") or 1)
