"""What GPTunnel's Media API does, without its HTTP: orders in, tasks and answers out."""

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from gallery.demo.catalogue import MODELS, Model
from gallery.demo.easel import Easel
from gallery.demo.tasks import KEEP_SECONDS, Failure, Task, TaskStore

OPENING_KOPECKS = 100_000_00
PRUNE_EVERY_SECONDS = 3600.0

Document = dict[str, Any]


class ApiError(Exception):
    """A refusal in the API's own words: HTTP 200 with a code other than 0."""

    def __init__(self, code: int, message: str, **extra: object) -> None:
        super().__init__(message)
        self.document: Document = {"code": code, "message": message, **extra}


@dataclass
class Settings:
    """What the command line or the control call may change while the server runs."""

    seconds: tuple[float, float] = (3.0, 7.0)
    latency: float = 0.0
    link_seconds: float = 48 * 3600.0
    scale: float = 1.0
    refuse_models: Sequence[str] = ()
    opening_kopecks: int = OPENING_KOPECKS


@dataclass(frozen=True)
class Order:
    """A create's body that has passed the schema."""

    model: Model
    prompt: str
    ar: str
    images: tuple[str, ...]


@dataclass
class Provider:
    """The demo provider's business: tasks, money and pictures, all below one folder."""

    folder: Path
    key: str | None = None
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tasks = TaskStore(self.folder / "tasks.sqlite3")
        self.easel = Easel(self.folder / "pictures")
        self._money = threading.Lock()
        self._pruned_at = 0.0
        self.prune()
        for task in self.tasks.all():
            if task.ready_at > time.time():  # our predecessor may have left it unpainted
                self.easel.paint_soon(task, self.settings.scale)

    def close(self) -> None:
        """Let go of the files."""
        self.tasks.close()

    def check_key(self, authorization: str | None) -> None:
        """Refuse a missing key, another one, or one that is dressed as a Bearer token (code 2)."""
        offered = (authorization or "").strip()
        dressed = offered.lower().startswith("bearer ")
        if not offered or dressed or (self.key is not None and offered != self.key):
            raise ApiError(2, "Invalid authorization token")

    def create(self, body: object) -> Task:
        """Accept and charge a task, or raise ApiError: codes 3, 5 and 7."""
        order = read_order(body)
        if order.model.id in self.settings.refuse_models:
            raise ApiError(7, "The model is forbidden by your organization")
        return self.accept(order)

    def accept(self, order: Order, *, ready_in: float | None = None) -> Task:
        """Charge the order and begin its task; `ready_in` seconds, else as the model takes."""
        identity = secrets.token_hex(12)
        now = time.time()
        if ready_in is None:
            ready_in = rendering_seconds(identity, order.model, self.settings.seconds)
        task = Task(
            identity,
            order.model.id,
            order.prompt,
            order.ar,
            order.images,
            created_at=now,
            ready_at=now + ready_in,
            price_kopecks=order.model.price_kopecks,
        )
        with self._money:
            if self.balance_kopecks() < task.price_kopecks:
                raise ApiError(5, "Insufficient balance")
            self.tasks.put(task)
        self.easel.paint_soon(task, self.settings.scale)
        if now - self._pruned_at > PRUNE_EVERY_SECONDS:
            self.prune()
        return task

    def find(self, identity: object) -> Task:
        """The task with this id; codes 3 and 4 otherwise."""
        if not isinstance(identity, str) or not identity:
            raise schema_error([_issue("task_id", "Required")])
        task = self.tasks.get(identity)
        if task is None:
            raise ApiError(4, "Task not found")
        return task

    def fail(self, task: Task, failure: Failure, cost_kopecks: int | None = None) -> Task:
        """End the task without a picture; it is refunded unless a cost is kept."""
        failed = replace(task, failure=failure, cost_kopecks=cost_kopecks)
        self.tasks.put(failed)
        return failed

    def tell_cost(self, task: Task, cost_kopecks: int) -> Task:
        """Name the cost in the task's answers from now on."""
        told = replace(task, cost_kopecks=cost_kopecks)
        self.tasks.put(told)
        return told

    def finish(self, task: Task) -> Task:
        """Make the task's picture ready now, unless it is already."""
        finished = replace(task, ready_at=min(task.ready_at, time.time()))
        self.tasks.put(finished)
        return finished

    def describe(self, task: Task, host: str) -> Document:
        """The answer of create and result for this task, as a caller of `host` gets it."""
        document: Document = {
            "code": 0,
            "id": task.id,
            "model": task.model,
            "prompt": task.prompt,
            "created_at": int(task.created_at),
            "status": "idle",
            "url": None,
        }
        if task.failure:
            document |= {
                "code": task.failure.code,
                "status": "failed",
                "message": task.failure.message,
            }
        elif task.ready_at <= time.time():
            document |= {"status": "done", "url": link(task, host)}
        if task.cost_kopecks is not None and document["status"] != "idle":
            document["cost"] = task.cost_kopecks / 100
        return document

    def picture(self, task: Task) -> bytes:
        """The task's webp file: always the same bytes."""
        return self.easel.picture(task, self.settings.scale)

    def is_downloadable(self, task: Task) -> bool:
        """Whether the link to the picture is alive: ready, not failed, not expired."""
        age = time.time() - task.ready_at
        return task.failure is None and 0 <= age < self.settings.link_seconds

    def balance_kopecks(self) -> int:
        """What is left after the charges of the kept tasks; pruning old ones gives it back."""
        return self.settings.opening_kopecks - self.tasks.spent_kopecks()

    def set_balance(self, kopecks: int) -> None:
        """Make this the money that is left now."""
        self.settings.opening_kopecks = kopecks + self.tasks.spent_kopecks()

    def price_list(self) -> list[Document]:
        """Ids and prices in roubles, as the API tells them."""
        return [
            {"id": model.id, "price": model.price_kopecks / 100}
            for model in MODELS.values()
            if model.id not in self.settings.refuse_models
        ]

    def prune(self) -> None:
        """Forget tasks and pictures that are days old."""
        self._pruned_at = time.time()
        for task in self.tasks.prune(before=self._pruned_at - KEEP_SECONDS):
            self.easel.forget(task)


def link(task: Task, host: str) -> str:
    """Where the task's picture is downloaded; only the host differs from GPTunnel's own links."""
    return f"http://{host}/timenote/exp48h/{task.id}-{task.model}-original.webp"


def rendering_seconds(identity: str, model: Model, limits: tuple[float, float]) -> float:
    """How long the task takes: fixed by its id, and the longer the more its model strives."""
    low, high = limits
    luck = Random(identity).random()  # noqa: S311 - the same for the same id, not secret
    return low + (high - low) * (2 * model.effort + luck) / 3


def read_order(body: object) -> Order:
    """Check a create's body; raises ApiError 3 with one issue for each fault."""
    if not isinstance(body, dict):
        raise schema_error([{"path": [], "message": "Expected object"}])
    issues = [
        *_text_issues(body, "model"),
        *_text_issues(body, "prompt"),
        *_image_issues(body.get("images", [])),
    ]
    model = MODELS.get(body["model"]) if isinstance(body.get("model"), str) else None
    if isinstance(body.get("model"), str) and model is None:
        issues.append(_issue("model", "Invalid model", expected=list(MODELS)))
    ratios = model.ratios if model else ()
    ar = body.get("ar", "1:1")
    if model and (not isinstance(ar, str) or ar not in ratios):
        issues.append(_issue("ar", "Invalid aspect ratio", expected=list(ratios)))
    if issues or model is None:
        raise schema_error(issues)
    return Order(model, body["prompt"], ar, tuple(body.get("images", [])))


def schema_error(issues: list[Document]) -> ApiError:
    """Code 3 with its issues."""
    return ApiError(3, "Request does not match the schema", issues=issues)


def _issue(field_name: str, message: str, **extra: object) -> Document:
    return {"path": [field_name], "message": message, **extra}


def _text_issues(body: Document, name: str) -> list[Document]:
    if name not in body:
        extra = {"expected": list(MODELS)} if name == "model" else {}
        return [_issue(name, "Required", **extra)]
    if not isinstance(body[name], str):
        return [_issue(name, "Expected string")]
    if not body[name].strip():
        return [_issue(name, "Must not be empty")]
    return []


def _image_issues(images: object) -> list[Document]:
    if isinstance(images, list) and all(isinstance(image, str) for image in images):
        return []
    return [_issue("images", "Expected array of strings")]
