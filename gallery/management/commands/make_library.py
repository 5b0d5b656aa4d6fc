"""`manage.py make_library`: a library of demo pictures for one user, to try and to measure with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.management.library import Librarian
from gallery.models import User

MOST = 10_000_000


class Command(BaseCommand):
    help = (
        "Make a library of demo pictures for one user: rows for all of them, with their tasks and "
        "their demo money, and drawn files for the newest."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=int, required=True, help="how many pictures")
        parser.add_argument(
            "--user", default="librarian", help="whose; made when there is no such user"
        )
        parser.add_argument(
            "--sample", type=int, default=300, help="how many of the newest have files (300)"
        )
        parser.add_argument("--seed", type=int, default=7, help="the same seed, the same library")
        parser.add_argument(
            "--force", action="store_true", help="also where real pictures are paid for"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO and not options["force"]:
            raise CommandError("This installation is not the demo. Use --force if you mean it.")
        if not 1 <= options["images"] <= MOST or options["sample"] < 0:
            raise CommandError(f"--images is from 1 to {MOST}, and --sample not below 0.")
        user = User.objects.filter(username=options["user"]).first()
        made = user is None
        user = user or User.objects.create_user(options["user"])
        librarian = Librarian(user, seed=options["seed"])
        for done in librarian.build(options["images"], options["sample"]):
            self.stdout.write(f"\r{done} of {options['images']} pictures", ending="")
            self.stdout.flush()
        self.stdout.write("")
        if made:
            link = User.objects.one_time_link(user)
            self.stdout.write(f"{user.username} is new. To set a password, open once: {link}")
