"""The search line as it is written, and searches that are kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery import search
from gallery.forms import first_words
from gallery.forms.find import line_of
from gallery.forms.saved_search import SaveSearchForm, SearchNameForm
from gallery.models import (
    MAX_LINE,
    MOST_SEARCHES,
    Change,
    NameTaken,
    SavedSearch,
    TooManySearches,
)

from .changes import told
from .requests import StudioRequest, gallery_at, typed, whole_number

if TYPE_CHECKING:
    from django.forms import Form


@require_safe
def search_complete(request: StudioRequest) -> HttpResponse:
    """What the line may go on with, as the options of a list."""
    line = typed(request, "q")[:MAX_LINE]
    at = whole_number(request.GET.get("at"))
    found = search.completions(line, len(line) if at is None else at, request.user)
    return render(request, "gallery/search_complete.html", {"completions": found})


@require_safe
def search_line(request: StudioRequest) -> HttpResponse:
    """The line with what was changed in its controls, and what they show of it."""
    line = line_of(request.GET) if "was" in request.GET else typed(request, "q")
    return JsonResponse({"line": line, "values": search.values(line)})


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def search_list(request: StudioRequest) -> HttpResponse:
    """The searches that are kept, and one more."""
    if request.method != "POST":
        return _listed(request, None)
    form = SaveSearchForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            kept = SavedSearch.objects.keep(request.user, data["name"], data["q"], data["sort"])
        except NameTaken:
            form.add_error("name", _taken())
        except TooManySearches:
            words = _("You keep %(most)s searches, as many as may be kept. Delete one first.")
            form.add_error(None, words % {"most": MOST_SEARCHES})
        else:
            query = {"q": data["q"], "sort": data["sort"]}
            return _kept(request, SavedSearch(line=query["q"], sort=query["sort"]).query, kept.pk)
    return _refused(request, form, None)


@require_POST
def search_rename(request: StudioRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SavedSearch.objects.of(request.user), pk=pk)
    form = SearchNameForm(request.POST)
    if form.is_valid():
        try:
            change = Change.objects.rename(request.user, found, form.cleaned_data["name"])
        except NameTaken:
            form.add_error("name", _taken())
        else:
            answer = told(request, change, gallery_at(found.query))
            # The list is the place of what is wrong; when all is well it comes beside the bar.
            answer["HX-Retarget"], answer["HX-Reswap"] = "#undo", "innerHTML"
            if request.htmx:
                answer.write(_listed(request, None, focus=pk, beside=True).content)
            return answer
    return _refused(request, form, found)


@require_POST
def search_delete(request: StudioRequest, pk: int) -> HttpResponse:
    """Asked first: by the script, or by a page."""
    found = get_object_or_404(SavedSearch.objects.of(request.user), pk=pk)
    if not request.htmx and "sure" not in request.POST:
        context = {"found": found, "back": gallery_at(found.query)}
        return render(request, "gallery/search_delete.html", context)
    found.delete()
    return _kept(request, found.query, 0)


def _taken() -> str:
    return _("You have a saved search of this name already.")


def _kept(request: StudioRequest, query: str, focus: int) -> HttpResponse:
    """The focus goes to the search of this number; 0: to the head of the list."""
    return _listed(request, None, focus=focus) if request.htmx else redirect(gallery_at(query))


def _refused(request: StudioRequest, form: Form, found: SavedSearch | None) -> HttpResponse:
    return _listed(request, first_words(form), found)


def _listed(
    request: StudioRequest, complaint: str | None, refused: SavedSearch | None = None,
    focus: int | None = None, *, beside: bool = False,
) -> HttpResponse:  # fmt: skip
    """The list, and the search that the page shows, for the next one to be saved. Beside another
    fragment it finds its place by itself.
    """
    asked = request.POST or request.GET
    context = {
        "searches": SavedSearch.objects.of(request.user),
        "line": asked.get("q", ""),
        "sort": asked.get("sort", ""),
        "complaint": complaint,
        "refused": refused,
        "name": request.POST.get("name", ""),
        "focus": focus,
        "oob": beside,
    }
    shape = "_saved_searches" if request.htmx else "search_list"
    status = 422 if complaint else 200
    return render(request, f"gallery/{shape}.html", context, status=status)
