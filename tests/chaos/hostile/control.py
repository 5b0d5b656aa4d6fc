"""The calls by which tests steer the provider: POST and DELETE under /control/, in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .house import House
from .rules import TABLES, Mix, Rules

Control = Callable[[House, Rules, dict[str, Any]], object]


def add_rule(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """`on`, `behaviour`, and perhaps `match` (a part of the prompt) and `times`."""
    rules.add(**body)
    return {}


def clear_rules(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """Forget the rules."""
    rules.clear()
    return {}


def set_mix(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """`seed`, and perhaps `weights` and `quick`: see Mix."""
    mix = Mix(**body)
    rules.mix(mix)
    return mix.describe()


def clear_mix(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """Answer rightly again where no rule says otherwise."""
    rules.mix(None)
    return {}


def change_settings(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """`seconds`: how long pictures take from now on; those under way too."""
    house.seconds = float(body["seconds"])
    return {}


def list_behaviours(house: House, rules: Rules, body: dict[str, Any]) -> object:
    """Every behaviour with its sentence and what it expects."""
    return {
        on: {
            each.name: {"sentence": each.sentence, **each.expects}
            for each in table.behaviours.values()
        }
        for on, table in TABLES.items()
    }


CONTROLS: dict[tuple[str, str], Control] = {
    ("POST", "rules"): add_rule,
    ("DELETE", "rules"): clear_rules,
    ("POST", "mix"): set_mix,
    ("DELETE", "mix"): clear_mix,
    ("POST", "settings"): change_settings,
    ("GET", "behaviours"): list_behaviours,
}
