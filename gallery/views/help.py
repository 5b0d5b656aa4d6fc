"""What the words and the keys of this house mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery.models import Studio
from gallery.search import Field, Term

if TYPE_CHECKING:
    from django.http import HttpResponse

    from .requests import StudioRequest


@require_safe
def help_show(request: StudioRequest) -> HttpResponse:
    context = {
        "undo_seconds": Studio.objects.current().undo_send_seconds,
        "lost_hours": round(settings.LOST_SECONDS / 3600),
        "searches": searches(),
    }
    return render(request, "gallery/help_show.html", context)


def searches() -> list[tuple[str, str]]:
    """Lines as the search of the gallery takes them, each with what it finds."""
    filters = [
        (Term(Field.MODEL, "flux"), _("Made by a model with this in its name")),
        (Term(Field.RATIO, "16:9"), _("Of this ratio")),
        (Term(Field.RATING, ">=4"), _("Rated so or better; as well 5, 2..4, and 0 for not rated")),
        (Term(Field.FAV, ""), _("Favourites")),
        (Term(Field.TAG, _("new year")), _("With this tag")),
        (Term(Field.IN, _("shop")), _("In this collection")),
        (
            Term(Field.DATE, "2026-11"),
            _("Of a month; as well a day, a year, >=2026-11-24, 2025..2026"),
        ),
        (Term(Field.COST, ">10"), _("Paid more than so many roubles; as well <=4.50 and 4..10")),
        (Term(Field.TAG, _("draft"), negated=True), _("Without it: a minus turns any word round")),
    ]
    return [
        (
            _("fox snow"),
            _("Prompts with both words, be it within longer ones from three letters on"),
        ),
        ('"{}"'.format(_("red fox")), _("These words as they stand here, side by side")),
        *((term.written_here, words) for term, words in filters),
    ]
