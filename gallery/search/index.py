"""The databases' own indexes of words: migrations 0012 and 0020 make them, triggers keep them.

A text of three letters or more is found anywhere, through an index of trigrams; a shorter one where
a word begins. Chinese and Japanese have no spaces to begin words after: there, and of signs such as
&, one or two are found anywhere too. PostgreSQL has an index of signs for them; SQLite looks
through the user's own prompts, in an index that holds nothing else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.cache import cache
from django.db import connection, models
from django.db.models import Func
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from gallery.models import fold
from gallery.models.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from gallery.models import Prompt

Rows = TypeVar("Rows", bound="QuerySet[Prompt]")

SUBSTRING = 3
"""Letters from which on a text is found inside of words too; shorter ones begin a word."""

SAMPLE, OFTEN = 200, 50
"""Prompts that are looked at, and how rare a kind of them may be: one in so many."""

FEW = 5000
"""Prompts: so many or fewer lead to their pictures; of more, pictures are asked one by one."""
MANY_SECONDS = 60


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

    def is_often_missed(self, whose: int, newest: Callable[[], Sequence[str]]) -> bool:
        """Whether of the newest prompts' texts some lack one of the words that are found inside of
        others: then few pictures are looked at before enough are found whose prompt does.
        Remembered for a while, as what `few` finds.
        """
        asked = _key("missed", OFTEN, whose, self._parts)
        return bool(cache.get_or_set(asked, lambda: self._some_lack(newest()), MANY_SECONDS))

    def _some_lack(self, newest: Sequence[str]) -> bool:
        missed = [text for text in newest if any(word not in text for word in self._parts)]
        return len(missed) * OFTEN >= len(newest) > 0

    def missed_by(self, prompt: str) -> models.Q:
        """Whether the prompt that this column names lacks one of them, asked of each by itself."""
        lacking = models.Q()
        for word in self._parts:
            at = StrIndex("search_text", models.Value(word))
            asked = self._among.filter(pk=models.OuterRef(prompt)).values_list(at)
            lacking |= models.Q(Exact(models.Subquery(asked), 0))
        return lacking


def holding(prompts: Rows, texts: Sequence[str]) -> Rows:
    """Those of the prompts that hold all of these texts."""
    found = prompts
    for query in Texts(texts, among=prompts).queries:
        found = found.filter(pk__in=query)
    return found


def _with(prompts: Any, words: Sequence[str]) -> Any:
    for word in words:
        prompts = prompts.alias(at=StrIndex("search_text", models.Value(word))).filter(at__gt=0)
        if connection.vendor == "postgresql":
            prompts = prompts.filter(_HasSigns("search_text", models.Value(list(word))))
    return prompts


class _HasSigns(Func):
    """Whether all of these signs are in it, as migration 0020 has it in an index."""

    template = "string_to_array(%(expressions)s::text[]"
    arg_joiner = ", NULL) @> "
    output_field = models.BooleanField()


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


def few(query: Any) -> list[int] | None:
    """The numbers that the query finds; None when they are more than FEW.

    To count so many takes less time than to have them, and page after page is asked with the same
    words: that they are many is remembered for a while. Either way finds the same.
    """
    sql, params = (
        (query.sql, query.params) if isinstance(query, RawSQL) else query.query.sql_with_params()
    )
    asked = _key("many", FEW, sql, params)
    if cache.get(asked):
        return None
    found = _few(sql, params, is_indexed=isinstance(query, RawSQL))
    if found is None:
        cache.set(asked, True, MANY_SECONDS)
    return found


def _key(kind: str, *asked: object) -> str:
    return f"{kind}:{hashlib.sha256(repr(asked).encode()).hexdigest()}"


def _few(sql: str, params: Sequence[Any], *, is_indexed: bool) -> list[int] | None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT CASE WHEN count(*) <= %s THEN coalesce(array_agg(number), '{{}}') END"  # noqa: S608
                f" FROM ({sql} LIMIT %s) AS found (number)",
                [FEW, *params, FEW + 1],
            )
            found: list[int] | None = cursor.fetchone()[0]
            return found
        if is_indexed:  # and not what looks through all of the prompts
            cursor.execute(f"{sql} LIMIT 1 OFFSET %s", [*params, FEW])
            if cursor.fetchone():
                return None
        cursor.execute(f"{sql} LIMIT %s", [*params, FEW + 1])
        rows = cursor.fetchall()
        return None if len(rows) > FEW else [row[0] for row in rows]


def numbered(pks: list[int]) -> models.Q:
    """Of these numbers. In an array they leave PostgreSQL in no doubt of how few they are, and it
    reads that faster than a list of thousands; SQLite would rather have them as rows, or it asks
    for each of them all along the index that has the order.
    """
    if connection.vendor == "sqlite":
        return models.Q(pk__in=numbers(pks))
    written = ",".join(map(str, pks))  # as a list, each of them would be bound by itself
    return models.Q(_IsAmong("pk", models.Value(f"{{{written}}}")))


class _IsAmong(Func):
    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


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
