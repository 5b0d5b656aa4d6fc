"""What the panel says of what was done in it."""

from __future__ import annotations

from django.contrib import admin

from gallery.admin.deeds import Doing
from gallery.templatetags.panel import DEEDS


def test_every_deed_has_its_words_in_the_log() -> None:
    names = {
        deed.name
        for model_admin in admin.site._registry.values()
        if isinstance(model_admin, Doing)
        for deed in model_admin.deeds
    }
    assert names == set(DEEDS)
