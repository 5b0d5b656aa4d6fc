"""The states of a task and the one table of its legal moves.

Every change of state in the code goes through this table; nothing else names a status literal.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    RENDERING = "rendering", _("Rendering")
    SAVING = "saving", _("Saving")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    UNKNOWN = "unknown", _("Unknown")
    WRITTEN_OFF = "written-off", _("Written off")
    LOST = "lost", _("Lost")


S = TaskStatus

MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    S.QUEUED: frozenset({S.SENDING, S.CANCELED, S.UNKNOWN}),
    S.SENDING: frozenset({S.QUEUED, S.RENDERING, S.SAVING, S.FAILED, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.RENDERING, S.FAILED, S.WRITTEN_OFF}),
    S.WRITTEN_OFF: frozenset({S.RENDERING}),
    S.RENDERING: frozenset({S.SAVING, S.FAILED, S.LOST}),
    S.SAVING: frozenset({S.RENDERING, S.DONE, S.LOST}),
    S.LOST: frozenset({S.RENDERING, S.DONE}),
    S.DONE: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELED: frozenset(),
}

OPEN = frozenset({S.QUEUED, S.SENDING, S.RENDERING, S.SAVING})
"""Work is under way or due: these cards ask for news."""

TROUBLED = frozenset({S.FAILED, S.UNKNOWN, S.LOST})
"""Ended without a picture, or perhaps not ended: these cards stay until they are dismissed."""

NOTED = TROUBLED | {S.WRITTEN_OFF}
"""Whose owner may have something to say: what they know of the money, or of the picture."""

PAID_NOT_SAVED = frozenset({S.RENDERING, S.SAVING})
"""The provider has accepted these, so a picture has been or will be paid for."""
