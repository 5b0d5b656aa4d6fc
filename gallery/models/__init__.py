"""The nouns of the house. Their QuerySets are the only writers of state and money."""

from .account import Account, account, drawn
from .attempt import Attempt, Refused, attempt, prune_attempts
from .balance import Balance
from .batch import (
    MAX_COUNT,
    Batch,
    BatchKind,
    BeyondBudget,
    ModelOff,
    NoLongerUnknown,
    Order,
    PriceChanged,
    PromptTrashed,
    Refusal,
    TokenReused,
)
from .budget import Budget, OverLimit, current_month
from .charge import Charge, ChargeKind, LedgerIsFinal
from .comparison import Comparison, Verdict
from .durations import Typical, typical
from .event import Event
from .image import Image, StoredFile
from .image_model import RATIOS, ImageModel
from .lease import Lease
from .outcome import Outcome
from .prompt import MAX_TEXT, Prompt, Reference, fold
from .question import Question, Standing
from .states import MOVES, OPEN, PAID_NOT_SAVED, TROUBLED, TaskStatus
from .studio import Studio
from .task import Task
from .task_queryset import DEMO, IllegalMove, RemoteIdTaken
from .user import Theme, User, one_time_tokens

__all__ = [
    "DEMO",
    "MAX_COUNT",
    "MAX_TEXT",
    "MOVES",
    "OPEN",
    "PAID_NOT_SAVED",
    "RATIOS",
    "TROUBLED",
    "Account",
    "Attempt",
    "Balance",
    "Batch",
    "BatchKind",
    "BeyondBudget",
    "Budget",
    "Charge",
    "ChargeKind",
    "Comparison",
    "Event",
    "IllegalMove",
    "Image",
    "ImageModel",
    "Lease",
    "LedgerIsFinal",
    "ModelOff",
    "NoLongerUnknown",
    "Order",
    "Outcome",
    "OverLimit",
    "PriceChanged",
    "Prompt",
    "PromptTrashed",
    "Question",
    "Reference",
    "Refusal",
    "Refused",
    "RemoteIdTaken",
    "Standing",
    "StoredFile",
    "Studio",
    "Task",
    "TaskStatus",
    "Theme",
    "TokenReused",
    "Typical",
    "User",
    "Verdict",
    "account",
    "attempt",
    "current_month",
    "drawn",
    "fold",
    "one_time_tokens",
    "prune_attempts",
    "typical",
]
