"""Models and prices: edited, and switched by their verbs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster
from gallery.models import RATIOS, ImageModel, User
from gallery.templatetags.artel import rub

from .base import Listed
from .deeds import Deed, Doing
from .roubles import RoublesField

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


class PricedForm(forms.ModelForm):  # type: ignore[type-arg]
    price_kopecks = RoublesField(
        label=_("Price of a picture, roubles"),
        max_value=Decimal(100_000),
        help_text=_("What is queued already keeps the price that was agreed to."),
    )
    ratios = forms.MultipleChoiceField(
        label=_("Ratios"),
        choices=[(ratio, ratio) for ratio in RATIOS],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ImageModel
        fields = ("remote_id", "label", "price_kopecks", "ratios", "max_references", "position")


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, required=False, label=_("Why?"))


def switch_on(model: ImageModel, by: User, typed: dict[str, Any]) -> bool:
    switched = ImageModel.objects.switch_on(model.pk)
    if switched:
        cluster.wake("submit")
    return switched


def switch_off(model: ImageModel, by: User, typed: dict[str, Any]) -> bool:
    return ImageModel.objects.switch_off(model.pk, "switched-off", typed.get("reason", ""))


@admin.register(ImageModel)
class ImageModelAdmin(Doing, Listed):
    form = PricedForm
    list_display = ("label", "remote_id", "price", "is_enabled", "off_sentence", "max_references")
    list_filter = ("is_enabled",)
    search_fields = ("label", "remote_id")
    readonly_fields = ("is_enabled", "off_sentence", "off_detail", "off_since")
    actions = ("switch_on", "switch_off")
    deeds = (
        Deed("switch-on", _("Switch on"), switch_on, lambda model: not model.is_enabled),
        Deed(
            "switch-off",
            _("Switch off"),
            switch_off,
            lambda model: model.is_enabled,
            form=ReasonForm,
            told=("reason",),
            words=_(
                "It disappears from the composer, and what is queued for it waits. What is with "
                "the provider already is still fetched."
            ),
        ),
    )

    @admin.display(description=_("price"), ordering="price_kopecks")
    def price(self, model: ImageModel) -> str:
        return rub(model.price_kopecks)

    @admin.display(description=_("why it is off"))
    def off_sentence(self, model: ImageModel) -> str:
        return model.off_sentence

    def get_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[Any]:
        own = ["remote_id", "label", "price_kopecks", "ratios", "max_references", "position"]
        return [*own, *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: ImageModel | None = None) -> list[Any]:
        # What is queued was agreed to for this id's price, and history names what made it.
        return [*self.readonly_fields, *(("remote_id",) if obj else ())]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: ImageModel, form: ModelForm[ImageModel], change: bool
    ) -> None:
        # Named fields: it may be switched off by its verb while this form is open.
        obj.save(update_fields=form.changed_data if change else None)

    @admin.action(description=_("Switch on"), permissions=["do"])
    def switch_on(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        self.each(request, "switch-on", models)

    @admin.action(description=_("Switch off"), permissions=["do"])
    def switch_off(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        self.each(request, "switch-off", models)
