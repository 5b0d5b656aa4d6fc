"""Zips of pictures: having one made, watching it, fetching it, and giving it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery import media
from gallery.archive import packing
from gallery.forms import SelectionForm
from gallery.jobs import zip
from gallery.models import NoRoom, Zip

from .errors import refusal_notice
from .requests import StudioRequest

if TYPE_CHECKING:
    from django.http import HttpResponseBase


def _own(request: StudioRequest, pk: int) -> Zip:
    return get_object_or_404(Zip.objects.of(request.user).shown(), pk=pk)


@require_safe
def zip_list(request: StudioRequest) -> HttpResponse:
    rows = list(Zip.objects.of(request.user).shown())
    if any(row.is_unfinished for row in rows):
        zip.refresh()
    return render(request, "gallery/zip_list.html", {"zips": rows})


@require_safe
@vary_on_headers("HX-Request")
def zip_show(request: StudioRequest, pk: int) -> HttpResponse:
    """One zip and how far it has come; to htmx this alone, which asks again until it is made."""
    row = _own(request, pk)
    if row.is_unfinished:
        zip.refresh()
    shape = "_zip_row" if request.htmx else "zip_show"
    is_page = not request.htmx or request.htmx.current_url_abs_path == request.path
    context = {"zip": row, "is_page": is_page, "is_answer": bool(request.htmx)}
    return render(request, f"gallery/{shape}.html", context)


@require_POST
def zip_create(request: StudioRequest) -> HttpResponse:
    form = SelectionForm(request.POST, user=request.user)
    words = form.words
    if not words and not form.images().exists():
        words = _("None of these pictures is in the gallery any more.")
    if not words:
        try:
            made = zip.begin(request.user, form.images())
        except NoRoom as refusal:
            words = no_room(refusal)
        else:
            return _begun(request, made)
    if request.htmx:
        return refusal_notice(request, words)
    context = {"zips": Zip.objects.of(request.user).shown(), "words": words}
    return render(request, "gallery/zip_list.html", context, status=422)


def _begun(request: StudioRequest, made: Zip) -> HttpResponse:
    page = reverse("zip_show", args=[made.pk])
    # htmx would lay the page into a corner of the old one.
    return HttpResponse(headers={"HX-Redirect": page}) if request.htmx else redirect(page)


def no_room(refusal: NoRoom) -> str:
    """Why a zip was not begun, and what helps."""
    if refusal.why == "many":
        return ngettext(
            "You have %d zip already. Delete one, then try again.",
            "You have %d zips already. Delete one, then try again.",
            settings.ZIPS_EACH,
        ) % settings.ZIPS_EACH  # fmt: skip
    if refusal.why == "own":
        return _(
            "Your zips take at most %s together, and this one does not fit. Choose fewer pictures, "
            "or delete a zip."
        ) % filesizeformat(settings.ZIP_BYTES_EACH)
    return _("There is no room for another zip now. Each goes after a day; try again later.")


@require_safe
def zip_file(request: StudioRequest, pk: int) -> HttpResponseBase:
    """The finished zip, for a day; whoever was interrupted goes on where they were."""
    row = get_object_or_404(Zip.objects.of(request.user).ready().defer("chosen"), pk=pk)
    made = timezone.localtime(row.ready_at)
    name = packing.finished_name(row.stem)
    filename = f"artel-{made:%Y-%m-%d}-{row.pk}.zip"
    return media.download(request, name, "application/zip", f'"{row.stem}"', filename)


@require_http_methods(["GET", "HEAD", "POST"])
def zip_delete(request: StudioRequest, pk: int) -> HttpResponse:
    """Give up a zip, made or in the making, after saying what that means."""
    row = _own(request, pk)
    if request.method == "POST":
        zip.drop(row)
        return redirect("zip_list")
    return render(request, "gallery/zip_delete.html", {"zip": row})
