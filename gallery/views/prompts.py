"""History: every prompt with what became of it, and running one again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, F, Max, Sum, Window
from django.db.models.functions import Left, RowNumber
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import PressForm, refusal_words
from gallery.jobs import submit
from gallery.models import Batch, Charge, Prompt, Refusal, Studio, Task

from . import cards, pages, studio
from .requests import StudioRequest, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

PAGE = 20
SHOWN = 8
"""Cards of one prompt in the list; the newest."""
EXCERPT = 600


@dataclass(frozen=True)
class Entry:
    """One prompt of the history. Money in kopecks."""

    prompt: Prompt
    cards: list[cards.Card]
    tasks: int
    spent: int
    held: int
    count: int
    """Pictures of its last batch: so many a re-run makes."""

    @property
    def more(self) -> int:
        return self.tasks - len(self.cards)

    @property
    def price(self) -> int:
        return self.count * self.prompt.model.price_kopecks


@require_safe
@vary_on_headers("HX-Request")
def prompt_list(request: StudioRequest) -> HttpResponse:
    words = request.GET.get("q", "")[:200].replace("\0", " ").strip()
    before = whole_number(request.GET.get("before"))
    prompts = (
        Prompt.objects.of(request.user)
        .matching(words)
        .select_related("model")
        .defer("text", "search_text")
        .annotate(excerpt=Left("text", EXCERPT))
        .order_by("-pk")
    )
    if before is not None:
        prompts = prompts.filter(pk__lt=before)
    page = pages.page(prompts, PAGE, is_first=before is None)
    context = {"page": page, "entries": _entries(page.rows), "q": words}
    more = request.htmx and "before" in request.GET
    return render(request, f"gallery/{'_prompt_entries' if more else 'prompt_list'}.html", context)


def _entries(prompts: Sequence[Prompt]) -> list[Entry]:
    """What became of these prompts, in as many queries for one as for twenty."""
    ids = [prompt.pk for prompt in prompts]
    rank = Window(RowNumber(), partition_by=F("batch__prompt"), order_by=F("pk").desc())
    newest = Task.objects.filter(batch__prompt__in=ids).annotate(rank=rank).filter(rank__lte=SHOWN)
    shown: dict[int, list[cards.Card]] = {pk: [] for pk in ids}
    for card in cards.cards(cards.for_cards(newest).order_by("-pk"), Studio.objects.current()):
        shown[card.task.batch.prompt_id].append(card)
    tasks = Task.objects.filter(batch__prompt__in=ids).order_by()
    counts = dict(tasks.values_list("batch__prompt").annotate(Count("pk")))
    money = {
        pk: (spent, held)
        for pk, spent, held in Charge.objects.filter(task__batch__prompt__in=ids)
        .order_by()
        .values_list("task__batch__prompt")
        .annotate(Sum("spent_kopecks"), Sum("held_kopecks"))
    }
    last = Batch.objects.filter(prompt__in=ids).order_by().values("prompt")
    newest_batches = Batch.objects.filter(pk__in=last.annotate(last=Max("pk")).values("last"))
    sizes = dict(newest_batches.values_list("prompt", "count"))
    return [
        Entry(
            prompt,
            shown[prompt.pk],
            counts.get(prompt.pk, 0),
            *money.get(prompt.pk, (0, 0)),
            sizes.get(prompt.pk, 1),
        )
        for prompt in prompts
    ]


@require_safe
def prompt_show(request: StudioRequest, pk: int) -> HttpResponse:
    """One prompt whole, with every task of it, what it came from and what came of it."""
    own = Prompt.objects.of(request.user).select_related("model")
    prompt = get_object_or_404(own, pk=pk)
    before = whole_number(request.GET.get("before"))
    tasks = cards.for_cards(Task.objects.filter(batch__prompt=prompt)).order_by("-pk")
    if before is not None:
        tasks = tasks.filter(pk__lt=before)
    page = pages.page(tasks, settings.PAGE_SIZE, is_first=before is None)
    context = {
        "prompt": prompt,
        "entry": _entries([prompt])[0],
        "cards": cards.cards(page.rows, Studio.objects.current()),
        "page": page,
        "children": prompt.children.order_by("pk").annotate(excerpt=Left("text", EXCERPT))[:PAGE],
    }
    return render(request, "gallery/prompt_show.html", context)


@require_POST
def prompt_rerun(request: StudioRequest, pk: int) -> HttpResponse:
    """The same prompt once more, as a new batch."""
    prompt = get_object_or_404(Prompt.objects.of(request.user).select_related("model"), pk=pk)
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
        return redirect("studio_show")
    context = {"group": studio.fresh_cards(batch), "pressed": request.htmx.trigger}
    return render(request, "gallery/prompt_rerun_done.html", context)


def _refused(request: StudioRequest, context: dict[str, object]) -> HttpResponse:
    template = "_refusal" if request.htmx else "prompt_rerun"
    answer = render(request, f"gallery/{template}.html", context, status=422)
    if request.htmx:
        answer["HX-Retarget"] = "#alert"
        answer["HX-Reswap"] = "innerHTML"
    return answer


def _count(form: PressForm) -> int:
    return int(form.cleaned_data.get("count") or 1)
