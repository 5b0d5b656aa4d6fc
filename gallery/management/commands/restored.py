"""`manage.py restored`: tells a database that came from a backup what it cannot know."""

from typing import Any

from django.core.management.base import BaseCommand

from gallery.jobs import restored


class Command(BaseCommand):
    help = "After a restore and before the start: pause spending, and doubt what was queued."

    def handle(self, *args: Any, **options: Any) -> None:
        doubted = restored.note()
        self.stdout.write(
            f"Spending is paused. Tasks that may have been sent since the backup: {doubted}."
        )
        for pk, name in restored.saved_since():
            self.stdout.write(f"Task {pk} is unknown, and was saved since: {name}")
