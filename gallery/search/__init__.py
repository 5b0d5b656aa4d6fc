"""The search line: its words, and the pictures that they find."""

from .fields import Field
from .index import holding
from .query import Search, read
from .terms import Flaw, Term, terms, written

__all__ = ["Field", "Flaw", "Search", "Term", "holding", "read", "terms", "written"]
