"""The search line: its words, and the pictures that they find."""

from .complete import Completion, completions
from .controls import fold_in, values
from .fields import Field
from .index import holding
from .query import Search, read
from .saved import follow
from .terms import Flaw, Term, terms, written

__all__ = [
    "Completion",
    "Field",
    "Flaw",
    "Search",
    "Term",
    "completions",
    "fold_in",
    "follow",
    "holding",
    "read",
    "terms",
    "values",
    "written",
]
