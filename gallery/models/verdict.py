"""Whether an unknown task was charged, as far as the balance tells."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    CHARGED = "charged", _("fits being charged")
    FREE = "free", _("fits not being charged")
    UNTOLD = "untold", _("cannot be told")
