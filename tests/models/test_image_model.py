"""The known models, and switching them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from gallery.models import RATIOS, ImageModel
from gallery.models.image_model import validate_ratios

pytestmark = pytest.mark.django_db


def test_three_are_on_from_the_start_and_the_others_are_there() -> None:
    on = set(ImageModel.objects.enabled().values_list("remote_id", flat=True))
    assert on == {"gpt-image-1-low", "gpt-image-1-medium", "gpt-image-1-high"}
    assert ImageModel.objects.count() == 24
    for model in ImageModel.objects.all():
        model.full_clean()
        assert model.price_kopecks > 0
    high = ImageModel.objects.get(remote_id="gpt-image-1-high")
    assert (high.price_kopecks, high.ratios, high.max_references) == (2600, list(RATIOS[:5]), 4)


def test_switching_off_and_on(image_model: ImageModel) -> None:
    assert ImageModel.objects.switch_off(image_model.pk, "model-forbidden", "not for you")
    assert not ImageModel.objects.switch_off(image_model.pk, "by-hand")
    image_model.refresh_from_db()
    assert "allow" in image_model.off_sentence
    assert ImageModel.objects.switch_on(image_model.pk)
    assert not ImageModel.objects.switch_on(image_model.pk)
    image_model.refresh_from_db()
    assert image_model.off_sentence == ""


@pytest.mark.parametrize("ratios", [[], "1:1", ["2:1"], ["1:1", "1:1"], None])
def test_bad_ratios(ratios: object) -> None:
    with pytest.raises(ValidationError):
        validate_ratios(ratios)
