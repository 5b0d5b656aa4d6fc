"""Every page for everybody: axe finds nothing, in either theme or language, narrow or wide."""

from __future__ import annotations

import pytest

from tests.browser import axe
from tests.browser.conftest import Look
from tests.whole.house import LOCALES
from tests.whole.sights import SIGHTS, Sight


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
@pytest.mark.parametrize("language", LOCALES)
def test_axe_finds_nothing(look: Look, sight: Sight, language: str) -> None:
    axe.check(look(sight, language), f"{sight.name}, {language}")
