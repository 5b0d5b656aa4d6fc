"""The nouns of the house. Their QuerySets are the only writers of state and money."""

from .account import Account, account, drawn
from .attempt import Attempt, Refused, attempt, prune_attempts
from .balance import Balance
from .batch import (
    MAX_COUNT,
    AskFirst,
    Batch,
    BatchKind,
    BeyondBudget,
    ModelOff,
    NoLongerUnknown,
    Order,
    OtherMoney,
    PriceChanged,
    PromptTrashed,
    Refusal,
    TokenReused,
)
from .budget import Budget, Left, OverLimit, current_month
from .charge import Charge, ChargeKind, LedgerIsFinal
from .collection import MAX_NAME, Collection, Membership
from .comparison import Comparison, Verdict
from .durations import Typical, typical
from .event import Event
from .image import MOST_STARS, Image, StoredFile
from .image_model import RATIOS, ImageModel
from .lease import Lease
from .likeness import Likeness
from .outcome import Outcome
from .precedent import Precedent
from .prompt import MAX_TEXT, Prompt, Reference, fold
from .question import Question, Standing
from .saved_search import (
    MAX_LINE,
    MOST_SEARCHES,
    SavedSearch,
    SearchNameTaken,
    TooManySearches,
)
from .spans import span
from .states import MOVES, OPEN, PAID_NOT_SAVED, TROUBLED, TaskStatus
from .studio import Studio
from .tag import MAX_TAG, Tag, Tagging
from .task import Task
from .task_queryset import CONTENT_REFUSED, DEMO, IllegalMove, RemoteIdTaken
from .user import Theme, User, one_time_tokens

__all__ = [
    "CONTENT_REFUSED",
    "DEMO",
    "MAX_COUNT",
    "MAX_LINE",
    "MAX_NAME",
    "MAX_TAG",
    "MAX_TEXT",
    "MOST_SEARCHES",
    "MOST_STARS",
    "MOVES",
    "OPEN",
    "PAID_NOT_SAVED",
    "RATIOS",
    "TROUBLED",
    "Account",
    "AskFirst",
    "Attempt",
    "Balance",
    "Batch",
    "BatchKind",
    "BeyondBudget",
    "Budget",
    "Charge",
    "ChargeKind",
    "Collection",
    "Comparison",
    "Event",
    "IllegalMove",
    "Image",
    "ImageModel",
    "Lease",
    "LedgerIsFinal",
    "Left",
    "Likeness",
    "Membership",
    "ModelOff",
    "NoLongerUnknown",
    "Order",
    "OtherMoney",
    "Outcome",
    "OverLimit",
    "Precedent",
    "PriceChanged",
    "Prompt",
    "PromptTrashed",
    "Question",
    "Reference",
    "Refusal",
    "Refused",
    "RemoteIdTaken",
    "SavedSearch",
    "SearchNameTaken",
    "Standing",
    "StoredFile",
    "Studio",
    "Tag",
    "Tagging",
    "Task",
    "TaskStatus",
    "Theme",
    "TokenReused",
    "TooManySearches",
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
    "span",
    "typical",
]
