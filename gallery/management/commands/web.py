"""`manage.py web`: the web server's processes."""

import logging
import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from gallery.jobs.processes import die_with_parent

PROCESSES = 2
# Rendering holds the interpreter's lock, so that one thread would do for it; the others are for
# clients that send or read slowly. Threads that nobody needs are not started.
THREADS = 32


def is_news(record: logging.LogRecord) -> bool:
    """Not what the server says of THREADS at each start: they are meant."""
    return "spawning up to" not in record.getMessage()


class Command(BaseCommand):
    help = "Serve the web pages at HOST and PORT."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, help="die when this process does")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["parent"]:
            die_with_parent(options["parent"])
        logging.getLogger("_granian").addFilter(is_news)
        # The server takes addresses alone, and HOST may be a name.
        address = settings.HOST if ":" in settings.HOST else socket.gethostbyname(settings.HOST)
        os.environ["ARTEL_WEB_PID"] = str(os.getpid())  # project.wsgi makes the workers follow us
        Server(
            "project.wsgi:application",
            address=address,
            port=settings.PORT,
            interface=Interfaces.WSGI,
            loop=Loops.asyncio,
            workers=PROCESSES,
            blocking_threads=THREADS,
            blocking_threads_idle_timeout=60,  # a thread keeps its database connection
            websockets=False,
            respawn_failed_workers=True,
            respawn_interval=0.1,
            workers_kill_timeout=4,
            log_level=LogLevels.warning,
            # Its own lines look like all others, and go where those go.
            log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
        ).serve()
