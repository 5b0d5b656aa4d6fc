"""`manage.py backup DEST`: the whole installation in a folder, made while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.jobs import backup
from gallery.jobs.processes import umask


class Command(BaseCommand):
    help = "Copy database and files to DEST, consistent while Artel runs, without any secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dest", type=Path, help="a new folder, or one with an earlier backup")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["dest"].expanduser().absolute()
        try:
            with umask(0o077):
                made = backup.back_up(folder)
        except backup.Refused as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.") from error
        self.stdout.write(f"Backed up to {folder}: the database, and {made.pictures} pictures.")
        for name in made.missing:
            self.stdout.write(f"not in the backup, as it is missing or changed: {name}")
        if made.missing:
            raise CommandError("Files are not as they should be: see manage.py verify_library.")
