"""A database that was restored from a backup: it does not know what was sent since."""

from __future__ import annotations

from gallery.models import Studio, Task, TaskStatus


def note() -> int:
    """Pause spending, and doubt what was queued; how many tasks. To be called before a start.

    What was queued may have been sent and paid for since the backup: sent again, it would be
    charged twice. What was being sent is in doubt as soon as its claim is over.
    """
    Studio.objects.pause("restored")
    queued = Task.objects.real().filter(status=TaskStatus.QUEUED)
    return sum(Task.objects.doubt_restored(pk) for pk in queued.values_list("pk", flat=True))
