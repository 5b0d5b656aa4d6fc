"""The nouns of the house. Their QuerySets are the only writers of state and money."""

from .absence import Absence, absence
from .account import Account, account, differences, drawn
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
from .change import Change
from .change_kind import OF_PROMPTS, ChangeKind
from .change_rows import TooManyTags, TooMuchAtOnce
from .charge import Charge, ChargeKind, LedgerIsFinal
from .collection import MAX_NAME, Collection, Membership, NameTaken
from .comparison import Comparison
from .culling import Culling
from .durations import Typical, typical
from .event import OWNER_NOTE, Event
from .image import MOST_STARS, Image, StoredFile
from .image_model import RATIOS, ImageModel
from .lease import Lease
from .likeness import Likeness
from .line import line_up
from .outcome import Outcome
from .pause import Pause
from .precedent import Precedent
from .prompt import MAX_TEXT, Prompt, Reference, fold
from .question import Question, Standing
from .saved_search import (
    MAX_LINE,
    MOST_SEARCHES,
    SavedSearch,
    TooManySearches,
)
from .spans import span
from .states import MOVES, OPEN, PAID_NOT_SAVED, TROUBLED, TaskStatus
from .studio import Studio
from .tag import MAX_TAG, MOST_TAGS, Tag, Tagging
from .task import Task
from .task_filters import CONTENT_REFUSED, DEMO
from .task_queryset import IllegalMove, RemoteIdTaken
from .user import Theme, User, one_time_tokens
from .verdict import Verdict
from .writing import takes_writes
from .zip import NoRoom, Step, Zip, ZipStatus

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
    "MOST_TAGS",
    "MOVES",
    "OF_PROMPTS",
    "OPEN",
    "OWNER_NOTE",
    "PAID_NOT_SAVED",
    "RATIOS",
    "TROUBLED",
    "Absence",
    "Account",
    "AskFirst",
    "Attempt",
    "Balance",
    "Batch",
    "BatchKind",
    "BeyondBudget",
    "Budget",
    "Change",
    "ChangeKind",
    "Charge",
    "ChargeKind",
    "Collection",
    "Comparison",
    "Culling",
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
    "NameTaken",
    "NoLongerUnknown",
    "NoRoom",
    "Order",
    "OtherMoney",
    "Outcome",
    "OverLimit",
    "Pause",
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
    "Standing",
    "Step",
    "StoredFile",
    "Studio",
    "Tag",
    "Tagging",
    "Task",
    "TaskStatus",
    "Theme",
    "TokenReused",
    "TooManySearches",
    "TooManyTags",
    "TooMuchAtOnce",
    "Typical",
    "User",
    "Verdict",
    "Zip",
    "ZipStatus",
    "absence",
    "account",
    "attempt",
    "current_month",
    "differences",
    "drawn",
    "fold",
    "line_up",
    "one_time_tokens",
    "prune_attempts",
    "span",
    "takes_writes",
    "typical",
]
