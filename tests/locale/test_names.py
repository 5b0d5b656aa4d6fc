"""Every model, field and choice has a name that gettext translates when it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
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


@pytest.mark.django_db(transaction=True)
def test_naming_changes_nothing_in_the_database() -> None:
    """The ledger's table is not remade, which would lose what forbids to edit it."""
    migration = MigrationLoader(connection).get_migration("gallery", "0006_names")
    state = MigrationLoader(connection).project_state(("gallery", "0005_panel_indexes"))
    with connection.schema_editor(collect_sql=True) as editor:
        migration.apply(state, editor, collect_sql=True)
    assert [line for line in editor.collected_sql if not line.startswith("--")] == []


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
