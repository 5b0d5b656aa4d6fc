"""`manage.py restored`: tells a database that came from a backup what it cannot know."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.jobs import backup, restored
from gallery.jobs.processes import umask


class Command(BaseCommand):
    help = "After a restore and before the start: pause spending, and doubt what was queued."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with umask(0o027), backup.while_stopped(), backup.answering():
                doubted = restored.note()
        except backup.Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"Spending is paused. Tasks that may have been sent since the backup: {doubted}."
        )
        for pk, name in restored.saved_since():
            self.stdout.write(f"Task {pk} is unknown, and was saved since: {name}")
