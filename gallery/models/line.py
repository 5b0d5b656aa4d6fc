"""The line in which stands whoever changes a person's pictures, tags or collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def line_up(owners: Iterable[int] | QuerySet[Any, Any]) -> None:
    """Wait until nobody else changes what is these people's, and keep others from it until this
    transaction ends. Before any other row is held; a press that spends begins with the same one.
    """
    people = get_user_model().objects.filter(pk__in=owners).order_by("pk")
    list(people.select_for_update(no_key=True).values_list("pk"))
