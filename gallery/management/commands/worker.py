"""`manage.py worker`: the launcher and its cluster of workers."""

import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

# Imported before the workers are forked, so that they share the modules' memory.
from gallery.jobs import poll, save, submit, sweep  # noqa: F401
from gallery.jobs.cluster import run_cluster
from gallery.jobs.processes import die_with_parent
from gallery.jobs.supervisor import Launcher


class Command(BaseCommand):
    help = "Run the workers that send, poll and save; restart them when they hang."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cluster", action="store_true", help="the launcher's own child")
        parser.add_argument("--parent", type=int, help="die when this process does")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o027)
        if options["parent"]:
            die_with_parent(options["parent"])
        if not options["cluster"]:
            sys.exit(Launcher().run())
        if os.getpid() != os.getpgrp():
            os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        sys.exit(run_cluster())
