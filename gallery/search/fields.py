"""The filters that a search line knows, by their names in both languages."""

from __future__ import annotations

from enum import Enum

from django.utils.translation import get_language


class Field(Enum):
    MODEL = "model"
    RATIO = "ratio"
    RATING = "rating"
    FAV = "fav"
    TAG = "tag"
    IN = "in"
    DATE = "date"
    COST = "cost"

    @property
    def name_here(self) -> str:
        """As the page's language has it."""
        return RUSSIAN[self] if (get_language() or "").startswith("ru") else self.value


RUSSIAN = {
    Field.MODEL: "модель",
    Field.RATIO: "пропорции",
    Field.RATING: "оценка",
    Field.FAV: "избранное",
    Field.TAG: "метка",
    Field.IN: "подборка",
    Field.DATE: "дата",
    Field.COST: "цена",
}
"""Names as `fold` leaves them."""

OTHER_NAMES = {
    "favourite": Field.FAV,
    "favorite": Field.FAV,
    "favourites": Field.FAV,
    "favorites": Field.FAV,
    "rated": Field.RATING,
    "collection": Field.IN,
    "price": Field.COST,
    "формат": Field.RATIO,
    "рейтинг": Field.RATING,
    "тег": Field.TAG,
    "тэг": Field.TAG,
    "стоимость": Field.COST,
    "день": Field.DATE,
}

NAMES: dict[str, Field] = {
    **{field.value: field for field in Field},
    **{name: field for field, name in RUSSIAN.items()},
    **OTHER_NAMES,
}
