"""The remote's models: what each is called, takes and costs."""

from __future__ import annotations

import logging

import structlog
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .on_commit import log_on_commit
from .reasons import sentence

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
"""Every ratio that some model of the API takes (gptunnel-image-1: the first five)."""

FORBIDDEN = "model-forbidden"
"""Why a model is off that the provider does not allow for this key."""


def validate_ratios(value: object) -> None:
    if (
        not isinstance(value, list)
        or not value
        or any(ratio not in RATIOS for ratio in value)
        or len(set(value)) != len(value)
    ):
        raise ValidationError(_("A list of ratios, each one of: %s.") % ", ".join(RATIOS))


class ImageModelQuerySet(models.QuerySet["ImageModel"]):
    def enabled(self) -> ImageModelQuerySet:
        return self.filter(is_enabled=True)

    def switch_off(self, pk: int, reason: str, detail: str = "") -> bool:
        """Take the model out of the composer; its queued tasks wait. False when it was off."""
        switched = self.filter(pk=pk, is_enabled=True).update(
            is_enabled=False,
            off_reason=reason,
            off_detail=detail[:500],
            off_since=timezone.now(),
        )
        if switched:
            log_on_commit(log, logging.WARNING, "model-off", model=pk, reason=reason)
        return switched == 1

    def switch_on(self, pk: int) -> bool:
        switched = self.filter(pk=pk, is_enabled=False).update(
            is_enabled=True, off_reason="", off_detail="", off_since=None
        )
        if switched:
            log_on_commit(log, logging.INFO, "model-on", model=pk)
        return switched == 1


class ImageModel(models.Model):
    """A remote model id. Prices drift, so they are rows that an administrator edits."""

    remote_id = models.CharField(_("remote id"), max_length=100, unique=True)
    label = models.CharField(_("label"), max_length=100)
    ratios = models.JSONField(_("ratios"), default=list, validators=[validate_ratios])
    max_references = models.PositiveSmallIntegerField(_("most references"), default=0)
    price_kopecks = models.PositiveIntegerField(_("price of a picture, kopecks"))
    is_enabled = models.BooleanField(_("on"), default=False)
    off_reason = models.CharField(_("why it is off"), max_length=40, blank=True)
    off_detail = models.CharField(_("detail"), max_length=500, blank=True)
    off_since = models.DateTimeField(_("off since"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    objects = ImageModelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "remote_id"]
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return self.label

    @property
    def off_sentence(self) -> str:
        return "" if self.is_enabled else sentence(self.off_reason or "model-off")
