"""`python -m tests.chaos`: the long campaigns, in pieces that add up. `make chaos` runs it all.

Each piece prints its seed, and adds its figures to a results file; `--summary` adds those up.
Houses run side by side, each with processes, database and provider of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos import campaign
from tests.running import BASE

SERVICES = {
    "DATABASE_URL": "postgres://127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
RESULTS = BASE / "var" / "chaos.jsonl"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="so many kills at random")
    parser.add_argument("--rounds", type=int, default=0, help="of the supervisor's eight ways")
    parser.add_argument("--pairs", action="store_true", help="each failpoint with each answer")
    parser.add_argument("--part", default="0/1", help="of the pairs, as 2/5: the third fifth")
    parser.add_argument("--seed", type=int, help="as was printed; else a new one")
    parser.add_argument("--houses", type=int, default=2, help="how many run side by side")
    parser.add_argument("--database", choices=("sqlite", "services"), default="sqlite")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="a folder for the houses, kept for a look")
    parser.add_argument("--summary", action="store_true", help="only add up what was run so far")
    parser.add_argument("--house", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = parse()
    if options.house is not None:
        return house(options)
    options.seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    if not options.summary:
        campaign.say(f"seed {options.seed}, {options.houses} houses, {options.database}")
        began = time.monotonic()
        codes = [process.wait() for process in [start(options, n) for n in range(options.houses)]]
        campaign.say(f"seed {options.seed} took {time.monotonic() - began:.0f} s")
        summarize(options.results)
        return max(codes)
    return summarize(options.results)


def start(options: argparse.Namespace, number: int) -> subprocess.Popen[bytes]:
    """One house, in a process of its own that knows only the services it is to use."""
    env = {key: value for key, value in os.environ.items() if key not in SERVICES}
    if options.database == "services":
        env |= {key: os.environ.get(key, value) for key, value in SERVICES.items()}
    command = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    command += [f"--house={number}", f"--seed={options.seed}"]
    return subprocess.Popen(command, cwd=BASE, env=env)


def house(options: argparse.Namespace) -> int:
    """What falls to this house, piece after piece; 1 as soon as something is wrong."""
    options.results.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"chaos-{options.house}-") as temporary:
        folder = options.keep / str(options.house) if options.keep else Path(temporary)
        for result in pieces(options, folder):
            line = asdict(result)
            with options.results.open("a") as results:
                results.write(json.dumps({"at": time.time(), **line}) + "\n")
            shown = {name: value for name, value in line.items() if value}
            campaign.say(f"house {options.house}: {json.dumps(shown)}")
            if result.wrong:
                return 1
    return 0


def pieces(options: argparse.Namespace, folder: Path) -> Iterator[campaign.Result]:
    number, houses = options.house, options.houses
    seed = options.seed * 100 + number
    if share := _share(options.kills, number, houses):
        yield from campaign.kills(folder / "kills", seed, share)
    if share := _share(options.rounds, number, houses):
        yield from campaign.ways(folder / "ways", seed, share)
    if options.pairs:
        part, parts = (int(number) for number in options.part.split("/"))
        mine = part * houses + options.house
        yield from campaign.pairs(folder / "pairs", seed, mine, parts * houses)


def _share(count: int, number: int, houses: int) -> int:
    return count // houses + (number < count % houses)


def summarize(path: Path) -> int:
    """All pieces so far, by campaign and database; 1 when something was wrong in one of them."""
    found: dict[tuple[str, str], Counter[str]] = {}
    seeds: dict[tuple[str, str], set[int]] = {}
    wrong: list[str] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        result: dict[str, Any] = json.loads(line)
        key = (result["campaign"], result["database"])
        total = found.setdefault(key, Counter())
        seeds.setdefault(key, set()).add(result["seed"])
        for name in ("kills", "stops", "looks", "extra_charges", "torn", "tasks", "charges"):
            # A house counts its tasks from its beginning in the campaigns of single steps.
            if name in {"tasks", "charges"} and key[0] != "kills":
                continue
            total[name] += result[name]
        total["seconds"] += round(result["seconds"])
        total["lost"] += sum("done_has_its_file" in what for what in result["wrong"])
        total.update(result["counts"])
        wrong += [f"seed {result['seed']}: {what}" for what in result["wrong"]]
    for key, total in found.items():
        campaign.say(f"{' on '.join(key)}, seeds {sorted(seeds[key])}: {dict(total)}")
    for what in wrong:
        campaign.say(f"WRONG {what}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
