"""The search line: its words, and the pictures that they find."""

from .query import Search, read

__all__ = ["Search", "read"]
