"""What a person looks for in their history: a GET form, so that the address is the search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from gallery import search
from gallery.models import RATIOS, ImageModel, Outcome

if TYPE_CHECKING:
    from django.http import QueryDict

    from gallery.models.prompt import PromptQuerySet

MAX_WORDS = 200
"""Characters of a search."""
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""Beyond, a day in one's own time zone may have no moment that Python can name."""

NO_DATE = _("This is not a date. Write it as 2026-11-24.")
NO_CHOICE = _("This is none of the choices.")


@dataclass(frozen=True)
class Filter:
    """One filter in force, as the page names it, and the search without it."""

    label: str
    value: str
    rest: str


class DayInput(forms.DateInput):
    """A browser's calendar; a line of text for what is no date, which a calendar would drop."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        try:
            is_date = parse_date(context["widget"]["value"] or "2000-01-01") is not None
        except ValueError:
            is_date = False
        if not is_date:
            context["widget"]["type"] = "text"
        return context


class HistoryForm(forms.Form):
    """Every field may be left out. Days are days in the time zone of whoever looks."""

    q = forms.CharField(
        label=_("Search prompts"),
        required=False,
        max_length=MAX_WORDS,
        error_messages={"max_length": _("A search has at most 200 characters.")},
    )
    model = forms.ModelChoiceField(
        ImageModel.objects.none(),
        label=_("Model"),
        required=False,
        to_field_name="remote_id",
        empty_label=_("Every model"),
        error_messages={"invalid_choice": NO_CHOICE},
    )
    ratio = forms.ChoiceField(
        label=_("Ratio"),
        required=False,
        choices=[("", _("Every ratio")), *((ratio, ratio) for ratio in RATIOS)],
        error_messages={"invalid_choice": NO_CHOICE},
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Every outcome")), *Outcome.choices],
        error_messages={"invalid_choice": NO_CHOICE},
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(EARLIEST, NO_DATE), MaxValueValidator(LATEST, NO_DATE)],
        error_messages={"invalid": NO_DATE},
    )
    like = forms.IntegerField(
        label=_("The same prompt, model, ratio and references"),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), NO_CHOICE),
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(EARLIEST, NO_DATE), MaxValueValidator(LATEST, NO_DATE)],
        error_messages={"invalid": NO_DATE},
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="history-%s")
        model = self.fields["model"]
        assert isinstance(model, forms.ModelChoiceField)
        model.queryset = ImageModel.objects.all()
        # A date is drawn as browsers send it, whatever the page's language.
        for name in ("since", "until"):
            self.fields[name].widget = DayInput(attrs={"type": "date"}, format="%Y-%m-%d")
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"history-{name}-error"

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError(_("This day is before the first one.")))

    # Looking

    def narrow(self, prompts: PromptQuerySet) -> PromptQuerySet:
        """Those of the prompts that were asked for; none while something asked for is not clear."""
        if not self.is_valid():
            return prompts.none()
        data = self.cleaned_data
        found = search.holding(prompts, data["q"].split())
        if data["model"]:
            found = found.for_model(data["model"])
        if data["like"]:
            found = found.like(data["like"])
        if data["ratio"]:
            found = found.filter(ratio=data["ratio"])
        if data["outcome"]:
            found = found.with_outcome(Outcome(data["outcome"]))
        if data["since"]:
            found = found.since(_midnight(data["since"]))
        if data["until"]:
            found = found.until(_midnight(data["until"] + timedelta(days=1)))
        return found

    # What the page draws

    @cached_property
    def asked(self) -> dict[str, str]:
        """What was asked for, as the address has it: only fields with something in them."""
        values = {name: str(self[name].data or "").strip() for name in self.fields}
        return {name: value for name, value in values.items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.asked)

    @property
    def is_open(self) -> bool:
        """Something besides words is asked for, or is wrong: the filters are shown."""
        return any(name != "q" for name in [*self.asked, *self.errors])

    @property
    def filters(self) -> list[Filter]:
        """The filters in force; words stand in their own field."""
        return [
            Filter(str(self.fields[name].label), self._shown(name), self._without(name))
            for name in self.asked
            if name != "q" and name in self.cleaned_data
        ]

    def _without(self, name: str) -> str:
        return urlencode({other: value for other, value in self.asked.items() if other != name})

    def _shown(self, name: str) -> str:
        if name == "like":
            return ""
        value = self.cleaned_data[name]
        if isinstance(value, date):
            return date_format(value)
        return str(Outcome(value).label) if name == "outcome" else str(value)


def _midnight(day: date) -> datetime:
    """The moment at which the day begins for whoever looks."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
