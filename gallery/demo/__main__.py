"""`python -m gallery.demo`: run the demo provider in the foreground."""

import argparse
import os
import signal
import sqlite3
import sys
from pathlib import Path
from types import FrameType

from gallery.demo.parent import follow_parent
from gallery.demo.provider import Provider, Settings
from gallery.demo.server import Server


def seconds_range(text: str) -> tuple[float, float]:
    """MIN-MAX, or one number for both."""
    low, _, high = text.partition("-")
    limits = float(low), float(high or low)
    if not 0 <= limits[0] <= limits[1]:
        raise ValueError(text)
    return limits


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; a wrong one ends the process with code 2."""
    parser = argparse.ArgumentParser(prog="python -m gallery.demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the only address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for tasks and pictures")
    parser.add_argument("--seconds", type=seconds_range, default=(3.0, 7.0), metavar="MIN-MAX")
    parser.add_argument("--key", help="the only key to accept; without it, any")
    parser.add_argument("--control", action="store_true", help="open /control/ to tests")
    parser.add_argument(
        "--with-parent",
        type=int,
        nargs="?",
        const=os.getppid(),
        metavar="PID",
        help="die together with the process that started this one",
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until SIGTERM or SIGINT; 2 with one sentence when it cannot begin."""
    options = parse()
    if options.with_parent:
        follow_parent(options.with_parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        provider = Provider(options.data, options.key, Settings(seconds=options.seconds))
    except (OSError, sqlite3.Error) as error:
        return _refuse(f"cannot use the folder {options.data}: {error}")
    try:
        server = Server((options.host, options.port), provider, control=options.control)
    except (OSError, OverflowError) as error:
        return _refuse(f"cannot listen on {options.host}:{options.port}: {error}")
    sys.stdout.write(f"demo provider listening on http://{server.address}/v1\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        server.server_close()
        provider.close()
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"The demo provider {sentence}.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
