"""The control calls, with which tests steer the server. `make run` does not open them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gallery.demo.server import Server

Control = Callable[["Server", Any], object]


def charges(server: Server, body: Any) -> object:
    """Every accepted create, oldest first: the ground truth about money."""
    return [
        {
            "id": task.id,
            "prompt": task.prompt,
            "model": task.model,
            "price_kopecks": task.price_kopecks,
            "at": task.created_at,
            "ar": task.ar,
            "images": list(task.images),
            "refunded": task.refunded,
        }
        for task in server.provider.tasks.all()
    ]


def add_faults(server: Server, body: Any) -> object:
    """Add one rule, or a list of them; earlier rules are asked first."""
    for description in body if isinstance(body, list) else [body]:
        server.faults.add(description)
    return {"rules": server.faults.describe()}


def clear_faults(server: Server, body: Any) -> object:
    """Forget all rules."""
    server.faults.clear()
    return {"rules": []}


def change_settings(server: Server, body: Any) -> object:
    """Change settings: seconds, latency, link_seconds, scale, refuse_models, balance (roubles)."""
    unknown = set(body) - set(SETTINGS)
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    for name, value in body.items():
        SETTINGS[name](server, value)
    settings = server.provider.settings
    return {
        "seconds": list(settings.seconds),
        "latency": settings.latency,
        "link_seconds": settings.link_seconds,
        "scale": settings.scale,
        "refuse_models": list(settings.refuse_models),
        "balance": server.provider.balance_kopecks() / 100,
    }


def requests(server: Server, body: Any) -> object:
    """Counts of calls; of creates by prompt; of results and downloads by task."""
    return server.counts.snapshot()


def make_ready(server: Server, body: Any) -> object:
    """Make ready now: the task with this `id`, or all whose prompt holds `match`."""
    identity, match = body.get("id"), body.get("match")
    if identity is None and match is None:
        raise ValueError("id or match is needed")
    chosen = [
        task
        for task in server.provider.tasks.all()
        if task.id == identity or (match is not None and match in task.prompt)
    ]
    return {"ready": [server.provider.finish(task).id for task in chosen]}


def ready_times(server: Server, body: Any) -> object:
    """When each ready task became so, epoch seconds by id."""
    now = time.time()
    tasks = server.provider.tasks.all()
    return {task.id: task.ready_at for task in tasks if task.ready_at <= now and not task.failure}


def _set_seconds(server: Server, value: Any) -> None:
    low, high = (float(number) for number in value)
    if not 0 <= low <= high:
        raise ValueError("seconds: two numbers, the smaller one first")
    server.provider.settings.seconds = (low, high)


def _set_latency(server: Server, value: Any) -> None:
    server.provider.settings.latency = float(value)


def _set_link_seconds(server: Server, value: Any) -> None:
    server.provider.settings.link_seconds = float(value)


def _set_scale(server: Server, value: Any) -> None:
    if not 0.05 <= float(value) <= 1:
        raise ValueError("scale: from 0.05 to 1")
    server.provider.settings.scale = float(value)


def _set_refuse_models(server: Server, value: Any) -> None:
    server.provider.settings.refuse_models = [str(model) for model in value]


def _set_balance(server: Server, value: Any) -> None:
    server.provider.set_balance(round(float(value) * 100))


SETTINGS: dict[str, Callable[[Server, Any], None]] = {
    "seconds": _set_seconds,
    "latency": _set_latency,
    "link_seconds": _set_link_seconds,
    "scale": _set_scale,
    "refuse_models": _set_refuse_models,
    "balance": _set_balance,
}

CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "/control/charges"): charges,
    ("POST", "/control/faults"): add_faults,
    ("DELETE", "/control/faults"): clear_faults,
    ("POST", "/control/settings"): change_settings,
    ("GET", "/control/requests"): requests,
    ("POST", "/control/ready"): make_ready,
    ("GET", "/control/ready-times"): ready_times,
}
