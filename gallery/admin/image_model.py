"""Models and prices: edited, and switched by their verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.models import ImageModel
from gallery.templatetags.artel import rub

from .base import Listed

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


@admin.register(ImageModel)
class ImageModelAdmin(Listed):
    list_display = ("label", "remote_id", "price", "is_enabled", "off_sentence", "max_references")
    list_filter = ("is_enabled",)
    search_fields = ("label", "remote_id")
    readonly_fields = ("is_enabled", "off_sentence", "off_detail", "off_since")
    actions = ("switch_on", "switch_off")

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

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        for model in models:
            ImageModel.objects.switch_on(model.pk)

    @admin.action(description=_("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, models: QuerySet[ImageModel]) -> None:
        for model in models:
            ImageModel.objects.switch_off(model.pk, "not-chosen")
