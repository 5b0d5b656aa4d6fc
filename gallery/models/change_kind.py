"""The kinds of what a person does to pictures, prompts, tags and collections."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeKind(models.TextChoices):
    RATE = "rate", _("rating")
    FAVOUR = "favour", _("favourite")
    TAG = "tag", _("tags given")
    UNTAG = "untag", _("tags taken away")
    COLLECT = "collect", _("put into a collection")
    DROP = "drop", _("taken out of a collection")
    TRASH = "trash", _("moved to the trash")
    RESTORE = "restore", _("taken out of the trash")
    TRASH_PROMPT = "trash-prompt", _("prompt moved to the trash")
    RESTORE_PROMPT = "restore-prompt", _("prompt taken out of the trash")
    MOVE = "move", _("moved within a collection")
    COVER = "cover", _("cover of a collection")
    RENAME = "rename", _("renamed")


OF_PROMPTS = {ChangeKind.TRASH_PROMPT, ChangeKind.RESTORE_PROMPT}
