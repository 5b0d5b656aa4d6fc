"""Asking: from rendering to a link, an honest failure, or lost. Free, and repeated freely."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from gallery.failpoints import failpoint
from gallery.models import CONTENT_REFUSED, Studio, Task, User, typical
from gallery.provider import answers
from gallery.provider.client import Client, clock

from . import clocks, cluster, pump, remote
from .waiting import next_poll

if TYPE_CHECKING:
    from collections.abc import Sequence

    Answered = Sequence[tuple[Task, answers.ResultOutcome]]

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEAST_USUAL_SECONDS = 60.0
"""Even a quick model is asked about each second for its first minute."""

LINK_MAY_LIVE = frozenset({"download-failed", "host-forbidden", "address-forbidden"})
"""Why a picture could not be fetched, when its link may yet be good: the fault may be ours."""


def run() -> None:
    """The poller pump."""
    with contextlib.closing(remote.client()) as client:
        pump.run("poll", Poller(client))


def ask_again(task_id: int, by: User) -> bool:
    """A person asks for a lost picture once more; False when it is not lost."""
    lost = Task.objects.ask_again(task_id, by=by)
    if lost:
        cluster.wake("poll")
    return lost


class Poller:
    """Asks about all due tasks at each tick; threads do HTTP only, one transaction writes."""

    def __init__(self, client: Client) -> None:
        self.client = client
        # Two ticks a second spread the requests: what is due each second is in one of them.
        self.step = settings.TICK_SECONDS / 2
        # Requests that may be made now; it fills with time, up to a second's worth.
        self.allowance = float(settings.POLL_RATE)
        self.filled_at = clock()
        self.threads = ThreadPoolExecutor(settings.POLL_THREADS, "poll")
        # A poll that hangs stays here and holds up nothing but its own thread.
        self.under_way: dict[Future[answers.ResultOutcome], Task] = {}

    def tick(self) -> None:
        began = clock()
        self._ask()
        wait(self.under_way, timeout=self.step * 0.8)
        self._record(clock() - began)

    def is_idle(self) -> bool:
        return not self.under_way and not pump.has_work("poll")

    def finish(self) -> None:
        self.threads.shutdown(wait=True)
        self._record()

    def _ask(self) -> None:
        busy = [task.pk for task in self.under_way.values()]
        # Ticks are not a second apart to the millisecond: without half a step of grace, what is
        # due just after one would wait for the next.
        due = Task.objects.pollable(within=self.step / 2).exclude(pk__in=busy).order_by("due_at")
        for task in due[: self._fill()]:
            self.allowance -= 1
            asked = self.threads.submit(self.client.result, task.remote_id or "")
            self.under_way[asked] = task

    def _fill(self) -> int:
        """How many requests POLL_RATE allows now."""
        now = clock()
        gained = (now - self.filled_at) * settings.POLL_RATE
        self.allowance = min(float(settings.POLL_RATE), self.allowance + gained)
        self.filled_at = now
        return int(self.allowance)

    def _record(self, elapsed: float = 0.0) -> None:
        answered = [future for future in self.under_way if future.done()]
        record([(self.under_way.pop(future), future.result()) for future in answered], elapsed)


def poll(task_id: int, client: Client) -> None:
    """Ask about one task, if it is there to be asked about: the whole unit of work."""
    task = Task.objects.pollable().filter(pk=task_id).first()
    if task is not None:
        record([(task, client.result(task.remote_id or ""))])


def record(answered: Answered, elapsed: float = 0.0) -> None:
    """Write down a tick's answers in one transaction; each by itself when one spoils that.

    They were asked for `elapsed` seconds ago: steps of a second are from question to question.
    """
    try:
        if answered:
            failpoint("poll-answered")
        ready = _record_together(answered, max(0.0, settings.TICK_SECONDS - elapsed))
    except OperationalError:
        raise
    except Exception:
        log.exception("answers-written-one-by-one")
        ready = False
        for task, outcome in answered:
            ready |= _record_alone(task, outcome)
    if ready:
        failpoint("poll-ready-written")
        cluster.wake("save")


def _record_together(answered: Answered, step: float) -> bool:
    unchanged: list[int] = []
    ready = False
    with transaction.atomic():
        # Before any money moves: between its money and its lock a press would stand crosswise.
        User.objects.lock_owners([task.pk for task, outcome in answered if _is_refusal(outcome)])
        for task, outcome in answered:
            if _says_nothing_new(task, outcome):
                unchanged.append(task.pk)
            else:
                ready |= settle_outcome(task, outcome)
        if unchanged:
            Task.objects.poll_all_again(unchanged, step)
    return ready


def _record_alone(task: Task, outcome: answers.ResultOutcome) -> bool:
    try:
        with transaction.atomic():
            return settle_outcome(task, outcome)
    except OperationalError:
        raise
    except Exception:
        # Put off, so that it is not the first in each tick and holds up all others for ever.
        log.exception("answer-not-written", task=task.pk)
        Task.objects.poll_again(task.pk, settings.BACKOFF_MAX_SECONDS, task.reason)
        return False


def settle_outcome(task: Task, outcome: answers.ResultOutcome) -> bool:
    """Move the task as the answer says; True when there is a file to fetch."""
    match outcome:
        case answers.Ready(url, cost):
            return Task.objects.ready(task.pk, url, cost)
        case answers.Failed(detail, _, cost):
            Task.objects.fail(task.pk, outcome.reason, detail, cost)
        case answers.NoSuchTask():
            return _missing(task)
        case answers.Working():
            _wait(task, working=outcome.is_understood, unread=not outcome.is_understood)
        case answers.AskAgain(_, _, retry_after):
            unread = not outcome.is_understood
            _wait(task, at_least=retry_after or 0.0, unread=unread, answered=False)
        case answers.OperatorRefusal(reason, detail):
            if not task.is_demo:
                Studio.objects.pause(reason, note=detail)
            _wait(task, at_least=30.0, answered=False)
    return False


def _says_nothing_new(task: Task, outcome: answers.ResultOutcome) -> bool:
    """Working, as before, within the usual time: most answers by far."""
    return (
        isinstance(outcome, answers.Working)
        and outcome.is_understood
        and not task.reason
        and not task.time_is_up
        and _age(task) <= _usual_seconds(task)
    )


def _is_refusal(outcome: answers.ResultOutcome) -> bool:
    """Refused for its content: it may hold its owner's sending."""
    return isinstance(outcome, answers.Failed) and outcome.reason == CONTENT_REFUSED


def _wait(
    task: Task, at_least: float = 0.0, *, working: bool = False, unread: bool = False,
    answered: bool = True,
) -> None:  # fmt: skip
    """Ask again later, or give up when the time is over. A question without an answer is no reason
    for that: after days without a network the first may be one. Several over long are.
    """
    is_over = _is_over(task)
    if is_over and (answered or _has_lasted(task)):
        Task.objects.lose(task.pk, "never-came")
        return
    age, usual = _age(task), _usual_seconds(task)
    # A reason that came with the task back from saving stays until the picture does.
    trouble = task.reason or ("slow" if age > usual else "")
    pause = max(at_least, next_poll(age, usual))
    Task.objects.poll_again(
        task.pk, pause, trouble, working=working, unread=unread, missing=is_over
    )


def _missing(task: Task) -> bool:
    """A new task may be unknown to the API for a while; only persistence means anything.

    True when its last link, which was never seen dead, is tried once more.
    """
    if _has_lasted(task):
        if task.result_url and task.reason in LINK_MAY_LIVE and not task.time_is_up:
            return Task.objects.ready(task.pk, task.result_url, None)
        Task.objects.lose(task.pk, "no-such-task")
    elif _is_over(task):
        Task.objects.lose(task.pk, "no-such-task")
    else:
        pause = min(settings.TICK_SECONDS * 2**task.missing_count, settings.NOT_FOUND_SECONDS / 4)
        Task.objects.poll_again(task.pk, pause, task.reason, missing=True)
    return False


def _has_lasted(task: Task) -> bool:
    """Whether with this answer it was missed so often, and for so long, that it means something."""
    missing = timezone.now() - (task.missing_since or timezone.now())
    often = task.missing_count + 1 >= settings.NOT_FOUND_TIMES
    return often and missing.total_seconds() >= settings.NOT_FOUND_SECONDS


def _is_over(task: Task) -> bool:
    return task.time_is_up and clocks.are_trusted()


def _usual_seconds(task: Task) -> float:
    return max(typical(task.model_id, task.provider).slow, LEAST_USUAL_SECONDS)


def _age(task: Task) -> float:
    """Seconds since the provider took the task."""
    return (timezone.now() - (task.accepted_at or task.created_at)).total_seconds()
