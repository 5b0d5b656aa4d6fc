"""Whole libraries of pictures that nobody paid for: to try, to test and to measure with."""

from .rows import Librarian

__all__ = ["Librarian"]
