"""Which behaviour the next call has: by a rule, else by the mix, else the right one.

Both are kept in the provider's folder, so that they outlive its kill -9.
"""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

from .behaviours import Behaviour, Table
from .creates import CREATES
from .downloads import DOWNLOADS
from .results import RESULTS

TABLES: dict[str, Table[Any]] = {table.on: table for table in (CREATES, RESULTS, DOWNLOADS)}

DEFAULT_WEIGHTS: dict[str, dict[str, float]] = {
    "create": {"accepts": 80, "accepted": 8, "unknown": 5, "later": 5, "refused": 2},
    "result": {"tells": 70, "rendering": 30},
    "download": {"serves": 70, "done": 10, "rendering": 20},
}
"""Weights by behaviour, or by class of outcome, whose behaviours then share it evenly."""

UNWANTED = {"for_ever", "pauses", "waits"}
"""What stops a campaign is in no mix, unless its weights name the behaviour itself: tasks that are
forgotten for ever, results that pause spending, waits that the provider asked for; nor are refusals
of content, of which a few hold up a person."""


class Mix:
    """Behaviours by weight and chance. The same seed and the same call give the same one.

    `weights` holds, for each kind of call, numbers by behaviour or class as above; `quick` leaves
    out what lasts until the caller gives up, or is many megabytes.
    """

    def __init__(self, seed: int, weights: dict[str, Any] | None = None, *, quick: bool = False):
        self.seed = seed
        self.quick = quick
        self.weights = {**DEFAULT_WEIGHTS, **(weights or {})}
        self._choices = {on: self._spread(on, told) for on, told in self.weights.items()}

    def pick(self, on: str, what: str, number: int) -> Behaviour[Any]:
        """For the call about `what` (a prompt, a task) that is the `number`-th of its kind."""
        chosen = self._choices[on]
        chance = random.Random(f"{self.seed} {on} {what} {number}")
        return chance.choices(list(chosen), list(chosen.values()))[0]

    def describe(self) -> dict[str, Any]:
        return {"seed": self.seed, "weights": self.weights, "quick": self.quick}

    def _spread(self, on: str, told: dict[str, float]) -> dict[Behaviour[Any], float]:
        table = TABLES[on]
        weights: dict[str, float] = {}
        for name, weight in told.items():
            members = [name] if name in table.behaviours else self._members(table, name)
            for member in members:
                weights[member] = weights.get(member, 0) + float(weight) / len(members)
        return {table[name]: weight for name, weight in weights.items()}

    def _members(self, table: Table[Any], outcome: str) -> list[str]:
        members = [
            behaviour.name
            for behaviour in table.behaviours.values()
            if behaviour.outcome == outcome
            and behaviour is not table.right
            and not UNWANTED & set(behaviour.expects)
            and behaviour.expects.get("reason") != "content-refused"
            and not (self.quick and (behaviour.slow or behaviour.expects.get("heavy")))
        ]
        if not members:
            raise ValueError(f"{table.on} has neither a behaviour nor a class {outcome!r}")
        return members


class Rules:
    """What tests have ordered. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._file = folder / "rules.json"
        kept = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._rules: list[dict[str, Any]] = kept.get("rules", [])
        self._mix = Mix(**kept["mix"]) if kept.get("mix") else None

    def add(self, on: str, behaviour: str, match: str = "", times: int | None = None) -> None:
        """The calls of prompts that hold `match` behave so, the next `times` of them or all.

        Earlier rules are asked first. Raises ValueError for a name that is not known.
        """
        if on not in TABLES:
            raise ValueError(f"on: one of {', '.join(TABLES)}")
        rule = {"on": on, "behaviour": TABLES[on][behaviour].name, "match": match, "times": times}
        with self._lock:
            self._rules.append(rule)
            self._keep()

    def clear(self) -> None:
        """Forget all rules; the mix stays."""
        with self._lock:
            self._rules = []
            self._keep()

    def mix(self, mix: Mix | None) -> None:
        with self._lock:
            self._mix = mix
            self._keep()

    def choose(self, on: str, prompt: str, what: str, number: int) -> Behaviour[Any]:
        with self._lock:
            for rule in self._rules:
                if rule["on"] == on and rule["match"] in prompt and rule["times"] != 0:
                    self._use(rule)
                    return TABLES[on][rule["behaviour"]]
            if self._mix is not None:
                return self._mix.pick(on, what, number)
        return TABLES[on].right

    def _use(self, rule: dict[str, Any]) -> None:
        if rule["times"] is not None:
            rule["times"] -= 1
            self._keep()

    def _keep(self) -> None:
        mix = self._mix and self._mix.describe()
        draft = self._file.with_suffix(".tmp")
        draft.write_text(json.dumps({"rules": self._rules, "mix": mix}))
        draft.replace(self._file)
