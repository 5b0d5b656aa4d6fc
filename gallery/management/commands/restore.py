"""`manage.py restore SRC`: a new installation made of a backup; spending starts paused."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gallery.jobs import backup, library, restored
from gallery.jobs.processes import umask


class Command(BaseCommand):
    help = "Make this installation, which must be stopped and empty, of the backup in SRC."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("src", type=Path, help="what manage.py backup has made")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["src"].expanduser().absolute()
        try:
            with umask(0o027):  # as when it runs: the group may be the web proxy's
                manifest, doubted = backup.restore(folder)
        except backup.Refused as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.") from error
        self.stdout.write(
            f"Restored what was there at {_moment(manifest.made_at)}. Spending is paused."
            f" Tasks that may have been sent since, and are unknown now: {doubted}."
        )
        self.stdout.write(
            "Next: start Artel, look through the unknowns in the panel (Tasks, Unknown) with the"
            " provider's own list of tasks beside you, then resume spending (Studio)."
        )
        for pk, name in restored.saved_since():
            self.stdout.write(f"Task {pk} is unknown, and was saved since: {name}")
        found = list(library.faults())
        faults = [fault for fault in found if fault.kind != "orphaned"]
        for fault in faults:
            self.stdout.write(f"{fault.kind}: {fault.name} (picture {fault.image})")
        if len(found) > len(faults):
            self.stdout.write(
                f"Files of which the backup knows nothing: {len(found) - len(faults)}."
                " manage.py verify_library names them; they are of pictures made since, or deleted."
            )
        if faults:
            raise CommandError("Not every picture's file was in the backup.")


def _moment(made_at: str) -> str:
    """In the time zone of the house, by its name; as it was written when that is no moment."""
    try:
        return f"{timezone.localtime(datetime.fromisoformat(made_at)):%Y-%m-%d %H:%M:%S %Z}"
    except ValueError:
        return made_at
