"""`manage.py doctor`: whether this installation could work, part by part; costs nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gallery.jobs import doctor
from gallery.jobs.processes import umask


class Command(BaseCommand):
    help = (
        "Look at key, models, balance, hosts, disk, pictures, clock, queue and permissions, and"
        " say what to do about what is wrong. Costs nothing; exit code 1 when there is a fault."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with umask(0o027):  # the first to ask the database may make its file
            self._look()

    def _look(self) -> None:
        faults = 0
        for finding in doctor.findings():
            faults += finding.level == "fault"
            self.stdout.write(f"{finding.level:8}{finding.part:12}{finding.words}")
            if finding.remedy:
                self.stdout.write(f"{'':20}Remedy: {finding.remedy}")
        if faults:
            raise CommandError(f"Faults: {faults}.")
