"""`manage.py verify_library`: whether every picture's file is there, unchanged, and no other."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.jobs import backup, library
from gallery.jobs.processes import umask


class Command(BaseCommand):
    help = "Find every missing, changed or orphaned file; exit code 1 when any is left so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="fetch from the provider what it still has, and put away what does not belong",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with umask(0o027), backup.answering():
                self._look(**options)
        except backup.Refused as refused:
            raise CommandError(str(refused)) from refused

    def _look(self, **options: Any) -> None:
        if options["repair"] and library.is_gone():
            raise CommandError(f"Nothing is repaired: {library.GONE}.")
        found = left = 0
        for fault in library.faults():
            found += 1
            whose = f" (picture {fault.image})" if fault.image else ""
            self.stdout.write(f"{fault.kind}: {fault.name}{whose}")
            if not options["repair"]:
                left += 1
                continue
            repair = library.repair(fault)
            left += not repair.is_done
            self.stdout.write(
                f"  {'repaired' if repair.is_done else 'not repaired'}: {repair.words}"
            )
        if left:
            raise CommandError(f"Files that are not as they should be: {left} of {found} found.")
        repaired = f" Repaired: {found}." if options["repair"] else ""
        self.stdout.write(f"Every picture's file is there and unchanged.{repaired}")
