"""Rows by their numbers, of which there may be more than a query has places for parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import Func, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def numbers(pks: Iterable[int]) -> Func:
    """The numbers as rows of a query, in one parameter."""
    return _Numbers(Value(json.dumps(list(pks))), output_field=models.BigIntegerField())


class _Numbers(Func):
    template = "(SELECT CAST(value AS BIGINT) FROM %(function)s(%(expressions)s%(cast)s))"
    cast = ""

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_each", cast="", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        json_text = "json_array_elements_text"
        return self.as_sql(compiler, connection, function=json_text, cast="::json", **context)


def number_on(kind: type[models.Model], last: int) -> None:
    """Give no new row of this kind a number up to `last`, which is 1 or more."""
    table, column = kind._meta.db_table, kind._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [last, table]
            )
            if cursor.rowcount == 0:
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last]
                )
            return
        cursor.execute(
            "SELECT pg_get_serial_sequence(%s, %s)", [connection.ops.quote_name(table), column]
        )
        (sequence,) = cursor.fetchone()
        cursor.execute(f"SELECT last_value FROM {sequence}")  # noqa: S608
        if cursor.fetchone()[0] <= last:
            cursor.execute("SELECT setval(%s, %s)", [sequence, last])


def add_rows(
    kind: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[int]]
) -> None:
    """Rows of numbers; those that are there already stay.

    By hand, for bulk_create takes three times as long, and SQLite has one writer at a time.
    """
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(kind._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            list(rows),
        )
