"""A provider that breaks every rule of the wire, and keeps an honest book about it.

`python -m tests.chaos.hostile --port 0 --folder F --key K` prints its address. The book, in F, is
the ground truth of what was charged, and can be read at any time, also after a kill -9:
`charges.charges(F)`. HostileProvider runs it as a process.
"""

from .process import HostileProvider

__all__ = ["HostileProvider"]
