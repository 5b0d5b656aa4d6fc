"""No page of the panel can break what the verbs keep right, whatever a form is made to carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.db import models
from django.forms.models import model_to_dict, modelform_factory
from django.test import Client

from gallery.models import Budget, ImageModel, Studio, Task, User
from tests.conftest import Submit
from tests.invariants import check_money

from .conftest import MakeImage, accept, doubt, refuse

KEPT = [
    model
    for model in apps.get_app_config("gallery").get_models()
    if model not in {User, ImageModel, Studio}
]
"""Rows that no form may change at all."""
OWN = {
    User: {"password", "is_active", "session_epoch", "last_sent_at", "last_login", "date_joined"},
    ImageModel: {"remote_id", "is_enabled", "off_reason", "off_detail", "off_since"},
    Studio: {
        "id", "paused_at", "pause_reason", "pause_note", "paused_by", "resumed_at", "resumed_by",
        "setup_token_hash",
    },
}  # fmt: skip
"""What only verbs write of the rows that a form may change."""


@pytest.fixture
def house(admin: User, alice: User, submit: Submit, make_image: MakeImage) -> None:
    """A row of everything, and a task in every state that is easily reached."""
    Studio.objects.current()
    make_image(alice)
    one, two, three, _four = submit(
        alice, count=4, references=("https://a.example/1.png",)
    ).tasks.all()
    accept(one)
    doubt(two)
    refuse(three)
    lost = submit(alice).tasks.get()
    accept(lost)
    Task.objects.lose(lost.pk, "never-came")


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that only verbs write."""
    found = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}
    for budget in found["Budget"]:
        del budget["limit_kopecks"]  # the studio's form sets the purse, as it should
    for model, names in OWN.items():
        columns = [one.attname for one in model._meta.concrete_fields if one.name in names]
        found[model.__name__] = list(model._default_manager.order_by("pk").values("pk", *columns))
    return found


def forged(row: models.Model) -> dict[str, str]:
    """A form with every field that the model has, each with another value."""
    form: dict[str, str] = {"_save": "1", "post": "yes"}
    for field in row._meta.concrete_fields:
        if isinstance(field, models.BooleanField):
            form[field.name] = "" if getattr(row, field.attname) else "on"
        elif isinstance(field, models.IntegerField):
            form[field.name] = "7"
        elif isinstance(field, models.DateTimeField):
            form[f"{field.name}_0"], form[f"{field.name}_1"] = "2020-01-01", "00:00:00"
            form[field.name] = "2020-01-01 00:00:00"
        elif isinstance(field, models.DateField):
            form[field.name] = "2020-01-01"
        elif isinstance(field, models.ForeignKey):
            form[field.name] = "1"
        elif field.name not in {"username", "label", "email"}:
            form[field.name] = "done" if field.name == "status" else "forged"
    for prefix in ("events", "charges", "references"):
        form |= {f"{prefix}-{name}": "1" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        form |= {f"{prefix}-0-id": "1", f"{prefix}-0-DELETE": "on", f"{prefix}-0-note": "forged"}
        form |= {f"{prefix}-0-spent_kopecks": "7", f"{prefix}-0-url": "https://forged.example/"}
    return form


def addresses(row: models.Model) -> Iterator[str]:
    base = f"/admin/{row._meta.app_label}/{row._meta.model_name}"
    yield f"{base}/add/"
    yield f"{base}/"
    for page in ("change", "delete", "history", "password"):
        yield f"{base}/{row.pk}/{page}/"


def test_no_form_reaches_what_only_verbs_write(by_admin: Client, house: None) -> None:
    before = rows()
    walked = 0
    for model in list(django_admin.site._registry):
        for row in model._default_manager.all()[:3]:
            for path in addresses(row):
                for form in (forged(row), forged(row) | {"action": "delete_selected"}):
                    ticked = {"_selected_action": [str(row.pk)], "index": "0"}
                    answer = by_admin.post(path, {**form, **ticked})
                    assert answer.status_code < 500, path
                    walked += 1
    assert walked > 200
    after = rows()
    new = [one for one in after["User"] if one not in before["User"]]
    assert [one["is_active"] for one in new] in ([], [True])
    # By a form an administrator may only invite somebody, or add a model, switched off.
    for name in before:
        kept = {_key(row) for row in before[name]}
        assert [row for row in after[name] if _key(row) in kept] == before[name], name
        assert len(after[name]) == len(before[name]) or name in {"User", "ImageModel"}, name
    check_money()


def _key(row: dict[str, Any]) -> Any:
    return next(row[name] for name in ("pk", "id", "name") if name in row)


def test_no_deed_moves_a_task_that_its_verb_would_not(by_admin: Client, house: None) -> None:
    """Every deed on every task, with a form that satisfies it: money fits states ever after."""
    deeds = django_admin.site._registry[Task].deeds  # type: ignore[attr-defined]
    typed = {"remote_id": "abcdefgh-1", "note": "seen", "reason": "x", "status": "done"}
    for task in Task.objects.all():
        for deed in deeds:
            answer = by_admin.post(f"/admin/gallery/task/{task.pk}/do/{deed.name}/", typed)
            assert answer.status_code in {302, 422}
            check_money()


def test_what_is_protected_has_no_delete_page(by_admin: Client, house: None) -> None:
    for model in django_admin.site._registry:
        row = model._default_manager.first()
        if row is None or model not in {*KEPT, *OWN}:
            continue
        base = f"/admin/{row._meta.app_label}/{row._meta.model_name}"
        assert by_admin.get(f"{base}/{row.pk}/delete/").status_code == 403
        listed = by_admin.get(f"{base}/", follow=True).text
        assert "delete_selected" not in listed


def test_the_forged_form_would_be_felt_by_a_careless_admin(house: None) -> None:
    """The walk can fail: its form does carry what a plain ModelAdmin would take."""
    row = Budget.objects.all()[0]
    assert model_to_dict(row)["spent_kopecks"] != int(forged(row)["spent_kopecks"])
    form = modelform_factory(Budget, fields="__all__")(forged(row), instance=row)
    assert "spent_kopecks" in form.changed_data
