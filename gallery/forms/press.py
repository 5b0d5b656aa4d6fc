"""Presses of buttons that spend, and why an order was not accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from gallery.models import (
    MAX_COUNT,
    BeyondBudget,
    ModelOff,
    NoLongerUnknown,
    Order,
    OtherMoney,
    PriceChanged,
    Prompt,
    PromptTrashed,
    Refusal,
    Task,
)
from gallery.templatetags.artel import rub

if TYPE_CHECKING:
    from django.utils.functional import Promise

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
        case OtherMoney():
            return _("A demo picture never takes a real one's place, nor a real one a demo's.")
        case PromptTrashed():
            return _("This prompt is in the trash. Restore it there to run it again.")
        case _:
            return AGAIN


def _budget_words(refusal: BeyondBudget) -> str | Promise:
    if refusal.fits <= 0:
        return (
            _("The studio's purse has less left this month than one picture costs.")
            if refusal.whose == "purse"
            else _("Your limit has less left this month than one picture costs.")
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


def first_words(form: forms.Form) -> str:
    """The first message, for a page that shows but one; empty when all is well."""
    return next((str(message) for errors in form.errors.values() for message in errors), "")


class PressForm(forms.Form):
    """A press of a button that spends: which press it is, how many, and the price it showed."""

    token = forms.UUIDField(error_messages={"required": AGAIN, "invalid": AGAIN})
    count = forms.IntegerField(min_value=1, max_value=MAX_COUNT)
    price = forms.IntegerField(min_value=0, max_value=10**9)

    @property
    def words(self) -> str:
        return first_words(self)

    def rerun(self, prompt: Prompt) -> Order:
        data = self.cleaned_data
        return Order.rerun(
            prompt, token=data["token"], count=data["count"], price_kopecks=data["price"]
        )

    def again(self, task: Task) -> Order:
        data = self.cleaned_data
        return Order.again(task, token=data["token"], price_kopecks=data["price"])
