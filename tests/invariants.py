"""What must hold at any moment, whatever happened: money, files and states agree."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.db.models import Sum

from gallery.models import Budget, Charge, ChargeKind, Image, Task, TaskStatus

S = TaskStatus

HELD = {S.QUEUED, S.SENDING, S.UNKNOWN}
SPENT = {S.DONE, S.LOST, S.WRITTEN_OFF}
FREE = {S.CANCELED}


def check_money() -> None:
    """Ledger sums are the budgets' totals, and every task's money fits its state."""
    for budget in Budget.objects.all():
        lines = Charge.objects.filter(month=budget.month, demo=budget.demo)
        if budget.user_id is not None:
            lines = lines.filter(user_id=budget.user_id)
        sums = lines.aggregate(held=Sum("held_kopecks"), spent=Sum("spent_kopecks"))
        assert (sums["held"] or 0) == budget.held_kopecks, budget
        assert (sums["spent"] or 0) == budget.spent_kopecks, budget
        assert budget.held_kopecks >= 0, budget
    for task in Task.objects.all():
        _check_task(task)


def _check_task(task: Task) -> None:
    lines = list(Charge.objects.filter(task=task))
    kinds = [line.kind for line in lines]
    held = sum(line.held_kopecks for line in lines)
    spent = sum(line.spent_kopecks for line in lines)
    assert kinds.count(ChargeKind.HOLD) == 1, (task.pk, kinds)
    assert kinds.count(ChargeKind.SETTLE) <= 1, (task.pk, kinds)
    assert kinds.count(ChargeKind.RELEASE) <= 1, (task.pk, kinds)
    if task.status in HELD:
        assert (held, spent) == (task.price_kopecks, 0), (task.pk, task.status)
    elif task.status in SPENT:
        cost = task.price_kopecks if task.cost_kopecks is None else task.cost_kopecks
        assert (held, spent) == (0, cost), (task.pk, task.status)
    elif task.status in FREE:
        assert (held, spent) == (0, 0), (task.pk, task.status)
    elif task.status == S.FAILED:
        assert (held, spent) == (0, task.cost_kopecks or 0), (task.pk, task.status)
    for image in Image.objects.filter(task=task):
        prompt = task.batch.prompt
        facts = (image.cost_kopecks, image.prompt_id, image.model_id, image.ratio)
        assert facts == (spent, prompt.pk, prompt.model_id, prompt.ratio), image


def check_files(data_dir: Path) -> None:
    """Done means: the original is there with its hash, or it was purged. No other lies about."""
    assert Image.objects.filter(task__isnull=False).count() == sum(
        1 for task in Task.objects.filter(status=S.DONE)
    )
    known = set()
    for image in Image.objects.all():
        path = data_dir / image.file
        if image.purged_at:
            assert not path.exists(), image.file
            assert not any(data_dir.glob(f"thumbs/*/{image.file}*")), image.file
            continue
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == image.sha256, image.file
        assert len(content) == image.size, image.file
        known.add(path)
    originals = data_dir / "originals"
    found = (
        {path for path in originals.rglob("*") if path.is_file()} if originals.exists() else set()
    )
    assert found == known
