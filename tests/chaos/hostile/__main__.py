"""`python -m tests.chaos.hostile`: run the hostile provider in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from gallery.demo.parent import follow_parent

from .house import House
from .rules import Mix, Rules
from .server import Server


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.hostile", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--folder", type=Path, required=True, help="for its book and its rules")
    parser.add_argument("--key", required=True, help="the only key that it accepts")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long pictures take")
    parser.add_argument("--mix", type=int, metavar="SEED", help="let chance decide, by default")
    parser.add_argument(
        "--with-parent",
        type=int,
        nargs="?",
        const=os.getppid(),
        metavar="PID",
        help="die together with the process that started this one",
    )
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.with_parent:
        follow_parent(options.with_parent)
    house = House(options.folder, options.key, options.seconds)
    rules = Rules(options.folder)
    if options.mix is not None:
        rules.mix(Mix(options.mix))
    server = Server(house, rules, options.port)
    sys.stdout.write(f"hostile provider listening on http://{house.host}/v1\n")
    sys.stdout.flush()
    server.serve()


if __name__ == "__main__":
    main()
