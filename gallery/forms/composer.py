"""The composer: a prompt and everything that it needs."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from gallery.models import (
    MAX_COUNT,
    MAX_TEXT,
    RATIOS,
    AskFirst,
    BeyondBudget,
    Budget,
    ImageModel,
    Left,
    ModelOff,
    Order,
    Precedent,
    PriceChanged,
    Prompt,
    Refusal,
    User,
)

from .links import check_link
from .press import AGAIN, refusal_words


class ComposerForm(forms.Form):
    """A prompt and everything that it needs; all but the prompt is preselected."""

    prompt = forms.CharField(
        strip=False, error_messages={"required": _("Write what the picture is to show.")}
    )
    model = forms.CharField(required=False)
    ratio = forms.CharField(required=False)
    count = forms.IntegerField(
        min_value=1,
        max_value=MAX_COUNT,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            _("From 1 to 8 pictures at once."),
        ),
    )
    references = forms.CharField(required=False)
    token = forms.UUIDField(error_messages={"required": AGAIN, "invalid": AGAIN})
    # What the button of the question below sends.
    anyway = forms.CharField(required=False)
    parent = forms.ModelChoiceField(
        Prompt.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("The prompt that this one came from is not there.")},
    )

    question: Precedent | None = None
    """What the owner is asked before exactly this is sent once more."""

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        parent.queryset = Prompt.objects.of(owner)

    @classmethod
    def blank(
        cls, owner: User, source: Prompt | None = None, count: int = 1, reference: str = ""
    ) -> ComposerForm:
        """A composer with the owner's last choices, or filled from the prompt to be edited.

        The reference is the link of a picture to be used beside those that are there already.
        """
        last = (
            source or Prompt.objects.of(owner).select_related("model").defer("search_text").first()
        )
        initial: dict[str, object] = {"count": count, "references": reference}
        if last is not None:
            initial |= {"model": last.model.remote_id, "ratio": last.ratio}
        if source is not None:
            references = [*source.reference_urls, *filter(None, [reference])]
            initial |= {
                "prompt": source.text,
                "references": "\n".join(references),
                "parent": source.pk,
            }
        return cls(owner=owner, initial=initial)

    # What the template draws

    @cached_property
    def models(self) -> list[ImageModel]:
        return list(ImageModel.objects.enabled())

    @cached_property
    def model_chosen(self) -> ImageModel | None:
        """The model asked for when it is on, else the first: something is always preselected."""
        return self._model_named(self["model"].value()) or next(iter(self.models), None)

    @property
    def ratios(self) -> list[str]:
        return [ratio for ratio in RATIOS if any(ratio in model.ratios for model in self.models)]

    @property
    def ratio_chosen(self) -> str:
        wanted = self["ratio"].value()
        return wanted if wanted in self.ratios else next(iter(self.ratios), "")

    @property
    def counts(self) -> range:
        return range(1, MAX_COUNT + 1)

    @property
    def count_chosen(self) -> int:
        wanted = str(self["count"].value())
        return int(wanted) if wanted in {str(n) for n in self.counts} else 1

    @property
    def max_references(self) -> int:
        return max((model.max_references for model in self.models), default=0)

    @cached_property
    def left(self) -> Left | None:
        """What the owner's limit or the studio's purse leaves of this month, whichever is less."""
        return Budget.objects.left(self.owner, demo=settings.IS_DEMO)

    @cached_property
    def fresh_token(self) -> uuid.UUID:
        """Every rendering is another form: a press of this one counts once."""
        return uuid.uuid4()

    def _model_named(self, remote_id: object) -> ImageModel | None:
        return next((model for model in self.models if model.remote_id == remote_id), None)

    # Checking

    def clean_prompt(self) -> str:
        text: str = self.cleaned_data["prompt"].replace("\r\n", "\n").strip()
        if not text:
            raise ValidationError(_("Write what the picture is to show."))
        if len(text) > MAX_TEXT:
            raise ValidationError(
                _("A prompt has at most %(most)s characters; this one has %(length)s."),
                params={
                    "most": number_format(MAX_TEXT, force_grouping=True),
                    "length": number_format(len(text), force_grouping=True),
                },
            )
        # Browsers and Django make half a character the replacement character on its way here.
        if any("\ud800" <= letter <= "\udfff" or letter == "\ufffd" for letter in text):
            raise ValidationError(_("The prompt holds half a character, which cannot be kept."))
        return text

    def clean_model(self) -> ImageModel:
        # Not only those that are on: an order that was accepted earlier is recognised by its token
        # though its model is off by now, and a new one is refused with the reason.
        model = ImageModel.objects.filter(remote_id=self.cleaned_data["model"]).first()
        if model is None:
            raise ValidationError(_("This model is not to be had. Choose one of the list."))
        return model

    def clean_references(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.cleaned_data["references"].splitlines())
        return tuple(line for line in lines if line)

    def clean(self) -> None:
        model: ImageModel | None = self.cleaned_data.get("model")
        if model is None:
            return
        if self.cleaned_data.get("ratio") not in model.ratios:
            self.add_error("ratio", _("%s does not take this ratio.") % model.label)
        self._check_references(model)

    def _check_references(self, model: ImageModel) -> None:
        links: tuple[str, ...] = self.cleaned_data.get("references", ())
        if links and not model.max_references:
            self.add_error("references", _("%s takes no references.") % model.label)
            return
        if len(links) > model.max_references:
            message = ngettext_lazy(
                "%(model)s takes at most %(most)d reference; there are %(count)d.",
                "%(model)s takes at most %(most)d references; there are %(count)d.",
                "most",
            ) % {"model": model.label, "most": model.max_references, "count": len(links)}
            self.add_error("references", message)
            return
        for link in links:
            try:
                check_link(link)
            except ValidationError as error:
                self.add_error("references", error)

    def refuse(self, refusal: Refusal) -> None:
        """Put the reason of a refused order beside the field that it is about; or ask."""
        if isinstance(refusal, AskFirst):
            self.question = refusal.precedent
            return
        field = {PriceChanged: "model", ModelOff: "model", BeyondBudget: "count"}
        self.add_error(field.get(type(refusal)), str(refusal_words(refusal)))

    def _price_shown(self, model: ImageModel) -> int:
        """Kopecks that the form showed for this model; -1, which no price is, when forged."""
        shown = self.data.get(f"price-{model.pk}", "")
        return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else -1

    @property
    def order(self) -> Order:
        data = self.cleaned_data
        return Order(
            token=data["token"],
            count=data["count"],
            price_kopecks=self._price_shown(data["model"]),
            model=data["model"],
            text=data["prompt"],
            ratio=data["ratio"],
            references=data["references"],
            parent=data["parent"],
            insists=data["anyway"],
        )
