"""A pump: one leased job that keeps a kind of work moving for as long as there is any.

The queue only wakes pumps up and may deliver a wake-up twice, late or never; the lease lets one
run at a time and the rows say what there is to do. A pump ends after a while and wakes its
successor, so that none outlives a release or hides a leak.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Literal, Protocol

from django.conf import settings
from django.core.cache import cache

from gallery.failpoints import failpoint
from gallery.models import Lease, Task, Zip
from gallery.provider.client import clock

from . import cluster

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Sized

    from django.db.models import QuerySet

Name = Literal["submit", "poll", "save", "zip"]
NAMES: tuple[Name, ...] = ("submit", "poll", "save")
"""Those that tasks wait for; zips see to theirs themselves (`zip.refresh`, `zip.sweep`)."""

REVIVAL_SECONDS = 3
"""A page that shows open tasks looks at most this often whether their pumps live."""


class Engine(Protocol):
    """What a pump turns: one kind of work."""

    @property
    def step(self) -> float:
        """Seconds from one tick to the next."""

    @property
    def under_way(self) -> Sized:
        """What has been begun and has not come back."""

    def tick(self) -> None:
        """Take on what is due, and finish what has come back."""

    def is_idle(self) -> bool:
        """Nothing is under way and nothing will be due within seconds."""

    def finish(self) -> None:
        """Take on nothing more; wait for what is under way."""


def run(name: Name, engine: Engine) -> None:
    """Turn the engine under the lease until it is idle, its time is over or the cluster stops."""
    with _lease(name) as token:
        if token is None:
            return
        failpoint(f"{name}-lease-taken")
        try:
            _turn(name, token, engine)
        finally:
            engine.finish()
    failpoint(f"{name}-lease-free")
    # Looked at after the lease is free: whoever found it held in between has gone away again.
    if has_work(name) and not cluster.stopping():
        cluster.wake(name)


def has_work(name: Name) -> bool:
    """Whether rows wait for this pump, now or within seconds."""
    waiting: dict[Name, QuerySet[Any]] = {
        "zip": Zip.objects.due(),
        "submit": Task.objects.sendable(within=settings.PUMP_SECONDS),
        "poll": Task.objects.pollable(within=settings.PUMP_SECONDS),
        "save": Task.objects.savable(within=settings.PUMP_SECONDS),
    }
    return waiting[name].exists()


def revive() -> None:
    """Wake every pump that has work and no holder. Cheap enough for a page to call each second."""
    if not cache.add("pumps:revived", value=True, timeout=REVIVAL_SECONDS):
        return
    for name in NAMES:
        if not Lease.objects.is_held(name) and has_work(name):
            cluster.wake(name)


@contextlib.contextmanager
def _lease(name: Name) -> Iterator[uuid.UUID | None]:
    token = Lease.objects.acquire(name, settings.LEASE_SECONDS)
    try:
        yield token
    finally:
        if token is not None:
            Lease.objects.release(name, token)


def _turn(name: Name, token: uuid.UUID, engine: Engine) -> None:
    start = renewed = clock()
    while not cluster.stopping():
        began = clock()
        if began - renewed > settings.LEASE_SECONDS / 3:
            failpoint(f"{name}-lease-ends-soon")
            if not Lease.objects.renew(name, token, settings.LEASE_SECONDS):
                return
            renewed = began
        engine.tick()
        # Never ended over work under way: it would hold the lease and take on nothing new.
        rested = began - start > settings.PUMP_SECONDS and not engine.under_way
        if rested or engine.is_idle():
            return
        time.sleep(max(0.0, engine.step - (clock() - began)))
