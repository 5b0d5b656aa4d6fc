"""The databases' own indexes of words: migration 0012 makes them, triggers keep them.

A text of three letters or more is found anywhere, through an index of trigrams; a shorter one where
a word begins. Chinese and Japanese have no spaces to begin words after: there, and of signs such as
&, one or two are found anywhere too, by looking through the user's own prompts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, models
from django.db.models import Func
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex

from gallery.models import fold
from gallery.models.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from gallery.models import Prompt

Rows = TypeVar("Rows", bound="QuerySet[Prompt]")

SUBSTRING = 3
"""Letters from which on a text is found inside of words too; shorter ones begin a word."""

FEW = 5000
"""Prompts: so many or fewer lead to their pictures; of more, pictures are asked one by one."""


class Value(Func):
    """The column's value and nothing more: SQLite chooses no index for its sake.

    Its planner knows nothing of how many rows there are, and would rather sort what an index of
    the column has than walk the one that has the order.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)


class Texts:
    """The prompts that hold all of these texts, as a query of their numbers."""

    def __init__(self, texts: Sequence[str], among: QuerySet[Prompt]) -> None:
        self._among = among.order_by()
        words = [fold(text) for text in texts]
        self._parts = [word for word in words if len(word) >= SUBSTRING]
        short = [word for word in words if len(word) < SUBSTRING]
        self._scanned = [word for word in short if not _begins_words(word)]
        self._starts = [word for word in short if word not in self._scanned]

    @property
    def queries(self) -> list[Any]:
        """Numbers of prompts; those in each of the lists are meant."""
        found = _sqlite if connection.vendor == "sqlite" else _postgresql
        queries: list[Any] = found(self._among, self._parts, self._starts)
        if self._scanned:
            queries.append(_with(self._among, self._scanned).values("pk"))
        return queries


def holding(prompts: Rows, texts: Sequence[str]) -> Rows:
    """Those of the prompts that hold all of these texts."""
    found = prompts
    for query in Texts(texts, among=prompts).queries:
        found = found.filter(pk__in=query)
    return found


def _with(prompts: Any, words: Sequence[str]) -> Any:
    """Looked for letter by letter, which takes a third of the time of a LIKE without an index."""
    for word in words:
        prompts = prompts.alias(at=StrIndex("search_text", models.Value(word))).filter(at__gt=0)
    return prompts


def _containing(prompts: Any, words: Sequence[str]) -> Any:
    for word in words:
        prompts = prompts.filter(search_text__contains=word)
    return prompts


def _sqlite(among: QuerySet[Prompt], parts: list[str], starts: list[str]) -> list[Any]:
    found = []
    if parts:
        match = " AND ".join(_phrase(word) for word in parts)
        found.append(_raw("gallery_prompt_parts", match))
    if starts:
        match = " AND ".join(f"{_phrase(word)} *" for word in starts)
        found.append(_raw("gallery_prompt_starts", match))
    return found


def _raw(table: str, match: str) -> RawSQL:
    return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [match])  # noqa: S608, S611


def _phrase(word: str) -> str:
    return '"{}"'.format(word.replace('"', '""'))


class _Begins(Func):
    """Whether a word begins as the query says, as migration 0012 has it in an index."""

    template = "to_tsvector('simple', %(expressions)s)"
    arg_joiner = ") @@ to_tsquery('simple', "
    output_field = models.BooleanField()


def _postgresql(among: QuerySet[Prompt], parts: list[str], starts: list[str]) -> list[Any]:
    own = _containing(among, parts)
    for word in starts:
        quoted = word.replace("\\", "\\\\").replace("'", "''")
        own = own.filter(_Begins("search_text", models.Value(f"'{quoted}':*")))
    return [own.values("pk")] if parts or starts else []


def few(query: Any, limit: int = FEW) -> Any:
    """The numbers that the query finds, for `__in`; None when they are more than the limit.

    As numbers, they leave PostgreSQL in no doubt of how few they are; SQLite would rather have
    them as rows, or it asks for each of them all along the index that has the order.
    """
    if isinstance(query, RawSQL):
        with connection.cursor() as cursor:
            cursor.execute(f"{query.sql} LIMIT %s", [*query.params, limit + 1])
            rows = cursor.fetchall()
    else:
        rows = list(query.values_list(*query.query.values_select)[: limit + 1])
    if len(rows) > limit:
        return None
    found = [row[0] for row in rows]
    return numbers(found) if connection.vendor == "sqlite" else found


def _begins_words(text: str) -> bool:
    """Whether words may begin so: letters of a script that has spaces between them, or digits."""
    return text.isalnum() and not any(
        low <= c <= high for c in text for low, high in WITHOUT_SPACES
    )


WITHOUT_SPACES = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Japanese syllables
    ("\u3400", "\u9fff"),  # Chinese characters
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
