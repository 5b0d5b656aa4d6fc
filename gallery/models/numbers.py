"""Rows by their numbers, of which there may be more than a query has places for parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Func, Value

if TYPE_CHECKING:
    from collections.abc import Iterable


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
