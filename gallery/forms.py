"""What people send: checked here, and nowhere past it is a request's body read."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .models import (
    MAX_COUNT,
    MAX_TEXT,
    RATIOS,
    BeyondBudget,
    ImageModel,
    ModelOff,
    NoLongerUnknown,
    Order,
    PriceChanged,
    Prompt,
    Refusal,
    Task,
    User,
)
from .templatetags.artel import rub

if TYPE_CHECKING:
    from django.utils.functional import Promise

MAX_LINK = 2000
"""Characters of a reference link: what every server takes."""

AGAIN = _("This form was used before. Nothing was ordered; send it again if you mean it.")


def refusal_words(refusal: Refusal) -> str | Promise:
    """Why an order was not accepted, in words."""
    match refusal:
        case PriceChanged():
            return _("The price of a picture is now %(price)s. Send again to agree to it.") % {
                "price": rub(refusal.price_kopecks)
            }
        case ModelOff():
            return refusal.model.off_sentence
        case BeyondBudget():
            return _budget_words(refusal)
        case NoLongerUnknown():
            return _("This task is not unknown any more, or may still be answered.")
        case _:
            return AGAIN


def _budget_words(refusal: BeyondBudget) -> str | Promise:
    if refusal.fits <= 0:
        return (
            _("The studio's money for this month is used up.")
            if refusal.whose == "purse"
            else _("Your limit for this month is used up.")
        )
    room = (
        ngettext_lazy(
            "The studio's money for this month has room for %d more picture at this price.",
            "The studio's money for this month has room for %d more pictures at this price.",
        )
        if refusal.whose == "purse"
        else ngettext_lazy(
            "Your limit for this month has room for %d more picture at this price.",
            "Your limit for this month has room for %d more pictures at this price.",
        )
    )
    return room % refusal.fits


def check_link(link: str) -> None:
    """Raise ValidationError unless the link is one that the provider could fetch. We never do."""
    try:
        parts = urlsplit(link)
        host, login = parts.hostname, "@" in parts.netloc
        _port = parts.port
    except ValueError:
        host, login, parts = None, False, urlsplit("")
    if len(link) > MAX_LINK or not link.isprintable() or " " in link or "\\" in link:
        raise ValidationError(_("This is not a link: %s") % _shown(link))
    if parts.scheme not in {"http", "https"} or not host:
        raise ValidationError(_("A link begins with http:// or https://: %s") % _shown(link))
    if login:
        raise ValidationError(_("A link must not carry a login: %s") % _shown(link))


def _shown(link: str) -> str:
    return link if len(link) <= 60 else f"{link[:59]}…"


class PressForm(forms.Form):
    """A press of a button that spends: which press it is, how many, and the price it showed."""

    token = forms.UUIDField(error_messages={"required": AGAIN, "invalid": AGAIN})
    count = forms.IntegerField(min_value=1, max_value=MAX_COUNT)
    price = forms.IntegerField(min_value=0, max_value=10**9)

    @property
    def words(self) -> str:
        """The first message, for a page that shows but one."""
        return next((str(message) for errors in self.errors.values() for message in errors), "")

    def rerun(self, prompt: Prompt) -> Order:
        data = self.cleaned_data
        return Order.rerun(
            prompt, token=data["token"], count=data["count"], price_kopecks=data["price"]
        )

    def again(self, task: Task) -> Order:
        data = self.cleaned_data
        return Order.again(task, token=data["token"], price_kopecks=data["price"])


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
    parent = forms.ModelChoiceField(
        Prompt.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("The prompt that this one came from is not there.")},
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        parent.queryset = Prompt.objects.of(owner)

    @classmethod
    def blank(cls, owner: User, source: Prompt | None = None, count: int = 1) -> ComposerForm:
        """A composer with the owner's last choices, or filled from the prompt to be edited."""
        last = (
            source or Prompt.objects.of(owner).select_related("model").defer("search_text").first()
        )
        initial: dict[str, object] = {"count": count}
        if last is not None:
            initial |= {"model": last.model.remote_id, "ratio": last.ratio}
        if source is not None:
            references = "\n".join(source.reference_urls)
            initial |= {"prompt": source.text, "references": references, "parent": source.pk}
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
                params={"most": f"{MAX_TEXT:,}", "length": f"{len(text):,}"},
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
        """Put the reason of a refused order beside the field that it is about."""
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
        )


class SetupForm(forms.Form):
    """The first administrator."""

    username = forms.CharField(
        max_length=150, validators=[*User._meta.get_field("username").validators]
    )
    password = forms.CharField(strip=False, widget=forms.PasswordInput)

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("This name is taken."))
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password
