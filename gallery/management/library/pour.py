"""Rows by the hundred thousand: without what the ORM asks of each value of each row."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, models

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = TypeVar("Row", bound=models.Model)


def pour(rows: Sequence[Row]) -> Sequence[Row]:
    """Insert them as they are, in the caller's transaction; each gets its number.

    For columns of numbers, texts, dates and booleans: anything else is not made fit here.
    """
    if not rows:
        return rows
    kind = type(rows[0])
    fields = kind._meta.concrete_fields
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        for row, number in zip(rows, _numbers(cursor, kind, len(rows)), strict=True):
            row.pk = number
            row._state.adding = False
        cursor.executemany(
            f"INSERT INTO {quote(kind._meta.db_table)} ({names}) VALUES ({places})",  # noqa: S608
            [[_value(getattr(row, field.attname)) for field in fields] for row in rows],
        )
    return rows


def _numbers(cursor: Any, kind: type[models.Model], count: int) -> list[int]:
    """So many numbers that no row has, nor will get from anybody else."""
    table = kind._meta.db_table
    if connection.vendor == "postgresql":
        sequence = "pg_get_serial_sequence(%s, 'id')"
        cursor.execute(
            f"SELECT nextval({sequence}) FROM generate_series(1, %s)",  # noqa: S608
            [table, count],
        )
        return [number for (number,) in cursor.fetchall()]
    # The transaction is the only writer.
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    last = (cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + 1 + count))


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
