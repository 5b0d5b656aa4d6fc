"""What is done to many pictures at once: those that were selected, or all that a search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gallery.forms import (
    CollectForm,
    FavourForm,
    RateForm,
    RerunForm,
    SelectionForm,
    TagsForm,
    first_words,
    refusal_words,
)
from gallery.jobs import rerun
from gallery.models import Change, Collection, Refusal, TooManyTags, TooMuchAtOnce
from gallery.templatetags.artel import rub

from .changes import told
from .errors import refusal_notice
from .requests import StudioRequest, gallery_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from gallery.models import User


@require_POST
def selection_show(request: StudioRequest) -> HttpResponse:
    """What can be done with them: the page for whoever has no script, who has the bar else."""
    form = SelectionForm(request.POST, user=request.user)
    return _page(request, form, form.words)


@require_POST
def selection_count(request: StudioRequest) -> HttpResponse:
    """How many they are: a search's are known here alone."""
    form = SelectionForm(request.POST, user=request.user)
    context = {"count": form.images().count()}
    return render(request, "gallery/_selection_count.html", context)


@require_POST
def selection_rate(request: StudioRequest) -> HttpResponse:
    form = SelectionForm(request.POST, user=request.user)
    asked = RateForm(request.POST)
    if words := form.words or first_words(asked):
        return _refused(request, form, words)
    rating = asked.cleaned_data["rating"]
    return _done(request, form, lambda: Change.objects.rate(request.user, form.images(), rating))


@require_POST
def selection_favour(request: StudioRequest) -> HttpResponse:
    form = SelectionForm(request.POST, user=request.user)
    asked = FavourForm(request.POST)
    if words := form.words or first_words(asked):
        return _refused(request, form, words)
    on = asked.cleaned_data["on"]
    return _done(request, form, lambda: Change.objects.favour(request.user, form.images(), on))


@require_POST
def selection_tag(request: StudioRequest) -> HttpResponse:
    """Give tags to all of them, or take them away."""
    form = SelectionForm(request.POST, user=request.user)
    asked = TagsForm(request.POST)
    if words := form.words or first_words(asked):
        return _refused(request, form, words)
    verb = Change.objects.untag if asked.cleaned_data["off"] else Change.objects.tag
    tags = asked.cleaned_data["tags"]
    try:
        return _done(request, form, lambda: verb(request.user, form.images(), tags), len(tags))
    except TooManyTags:
        asked.refuse()
        return _refused(request, form, first_words(asked))


@require_POST
def selection_collect(request: StudioRequest) -> HttpResponse:
    """Put them into a collection, which is made when there is none of that name."""
    form = SelectionForm(request.POST, user=request.user)
    asked = CollectForm(request.POST)
    if words := form.words or first_words(asked):
        return _refused(request, form, words)
    name, user = asked.cleaned_data["collection"], request.user

    @transaction.atomic
    def collect() -> Change:
        collection, is_new = Collection.objects.named(user, name)
        return Change.objects.collect(user, form.images(), collection, is_new=is_new)

    return _done(request, form, collect)


@require_POST
def selection_trash(request: StudioRequest) -> HttpResponse:
    form = SelectionForm(request.POST, user=request.user)
    if form.words:
        return _refused(request, form, form.words)
    return _done(request, form, lambda: Change.objects.trash(request.user, form.images()))


def _done(
    request: StudioRequest, form: SelectionForm, act: Callable[[], Change], tags: int = 1
) -> HttpResponse:
    """What one press has changed, or how many pictures it may change."""
    try:
        return told(request, act(), _back(form))
    except TooMuchAtOnce as refusal:
        return _refused(request, form, _at_once(refusal.most, tags))


def _at_once(most: int, tags: int) -> str:
    words = (
        ngettext(
            "With so many tags, at most %d picture at a time. Select fewer, or name fewer tags.",
            "With so many tags, at most %d pictures at a time. Select fewer, or name fewer tags.",
            most,
        )
        if tags > 1
        else ngettext(
            "At most %d picture is changed at a time. Select fewer.",
            "At most %d pictures are changed at a time. Select fewer.",
            most,
        )
    )
    return words % most


@require_POST
def selection_rerun(request: StudioRequest) -> HttpResponse:
    """The prompts of all of them once more: first what that costs, then, agreed to, the press."""
    form = SelectionForm(request.POST, user=request.user)
    press = RerunForm(request.POST)
    # Looked at first, and once more at the end, for a press that came in between: one that is
    # repeated is answered like the first, though what was chosen cannot be read any more, the
    # search finds more, or all that it would need is spent. Whoever is told else pays twice.
    if press.is_valid() and rerun.is_accepted(request.user, press.cleaned_data["token"]):
        return redirect("studio_show")
    if form.words:
        return _refused(request, form, form.words)
    plan = rerun.plan(request.user, form.images())
    if "token" not in request.POST:
        return _question(request, form, plan)
    if not press.is_valid():
        return _question(request, form, plan, first_words(press))
    token = press.cleaned_data["token"]
    words = _order(request.user, plan, token, press.cleaned_data["total"])
    if words and not rerun.is_accepted(request.user, token):
        return _question(request, form, plan, words)
    return redirect("studio_show")


def _order(owner: User, plan: rerun.Plan, token: UUID, agreed_kopecks: int) -> str:
    """Why this press ordered nothing; empty when it ordered all."""
    if words := _hindrance(plan, agreed_kopecks):
        return words
    try:
        rerun.accept(owner, plan, token)
    except Refusal as refusal:
        return str(refusal_words(refusal))
    return ""


def _hindrance(plan: rerun.Plan, agreed: int) -> str:
    """Why a press is not made; empty when it may be."""
    if plan.total_kopecks != agreed:
        return _("All of it costs %s now. Send again to agree to it.") % rub(plan.total_kopecks)
    if not plan.count:
        return _("None of these pictures can be made again.")
    if plan.is_too_many:
        return too_many()
    if plan.is_beyond:
        return beyond(plan)
    return ""


def too_many() -> str:
    return ngettext(
        "At most %d picture is ordered at a time. Select fewer.",
        "At most %d pictures are ordered at a time. Select fewer.",
        rerun.MOST,
    ) % rerun.MOST  # fmt: skip


def beyond(plan: rerun.Plan) -> str:
    assert plan.left
    words = (
        _("The studio's purse has %s left this month. Nothing was ordered.")
        if plan.left.whose == "purse"
        else _("Your limit has %s left this month. Nothing was ordered.")
    )
    return words % rub(plan.left.kopecks)


def _question(
    request: StudioRequest, form: SelectionForm, plan: rerun.Plan, words: str = ""
) -> HttpResponse:
    stopped = too_many() if plan.is_too_many else beyond(plan) if plan.is_beyond else ""
    context = {
        "form": form,
        "plan": plan,
        "words": words or stopped,
        "is_possible": plan.count and not stopped,
        "back": _back(form),
    }
    status = 422 if words else 200
    return render(request, "gallery/selection_rerun.html", context, status=status)


def _page(request: StudioRequest, form: SelectionForm, words: str) -> HttpResponse:
    is_good = form.is_valid()
    context = {
        "form": form,
        "words": words,
        "count": form.images().count() if is_good else 0,
        "fields": form.hidden if is_good else [],
        "back": _back(form),
    }
    status = 422 if words else 200
    return render(request, "gallery/selection_show.html", context, status=status)


def _refused(request: StudioRequest, form: SelectionForm, words: str) -> HttpResponse:
    if not request.htmx:
        return _page(request, form, words)
    return refusal_notice(request, words)


def _back(form: SelectionForm) -> str:
    """The search that they were selected from."""
    return gallery_at(form.find.query)
