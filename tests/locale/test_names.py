"""Every model, field and choice has a name that gettext translates when it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise

from gallery.models import ChargeKind, TaskStatus, Theme
from gallery.models.batch import BatchKind
from gallery.models.event import WORDS
from gallery.models.reasons import SENTENCES
from tests.locale.visible import words

MODELS = list(apps.get_app_config("gallery").get_models())
SAME = {"ID", "SHA-256"}
"""Names that are the same in every language."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_and_fields_have_translated_names(model: type[Model]) -> None:
    meta = model._meta
    own = [field for field in meta.fields if str(field.verbose_name) not in SAME]
    named: dict[str, Any] = {field.name: field.verbose_name for field in own}
    named |= {"the model": meta.verbose_name, "its plural": meta.verbose_name_plural}
    named |= {f"help of {field.name}": field.help_text for field in own if field.help_text}
    assert [name for name, words in named.items() if not isinstance(words, Promise)] == []
    with translation.override("ru"):
        assert [name for name, told in named.items() if words(str(told))] == []


def codes() -> Iterator[tuple[str, object]]:
    for choices in (TaskStatus, ChargeKind, BatchKind, Theme):
        yield from ((f"{choices.__name__}.{name}", label) for name, label in choices.choices)
    yield from SENTENCES.items()
    yield from WORDS.items()


@pytest.mark.parametrize(("code", "told"), list(codes()))
def test_what_codes_say_is_translated(code: str, told: object) -> None:
    with translation.override("en"):
        english = str(told)
    with translation.override("ru"):
        russian = str(told)
    assert english != russian
    assert not words(russian)
