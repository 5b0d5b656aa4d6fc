"""Using a picture as a reference: by the provider's own link, while that is fresh."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from gallery.models import Image, Prompt, Task, User
from tests.conftest import Submit
from tests.trash import trash
from tests.views.conftest import MakeImage

LINK = "https://pictures.example/one.webp"
BUTTON = 'href="/?reference={}"'


@pytest.fixture
def image(alice: User, make_image: MakeImage) -> Image:
    return make_image(alice)


def page_of(client: Client, image: Image) -> str:
    return html.unescape(client.get(f"/images/{image.pk}/").text)


def test_a_fresh_link_goes_into_the_composer(by_alice: Client, image: Image) -> None:
    assert BUTTON.format(image.pk) in page_of(by_alice, image)
    form = by_alice.get(f"/?reference={image.pk}").context["form"]
    assert form["references"].value() == LINK


def test_it_joins_the_references_of_an_edited_prompt(
    by_alice: Client, alice: User, image: Image, submit: Submit
) -> None:
    prompt = submit(alice, references=("https://a.example/1.png",)).prompt
    form = by_alice.get(f"/?from={prompt.pk}&reference={image.pk}").context["form"]
    assert form["references"].value() == f"https://a.example/1.png\n{LINK}"
    assert form["prompt"].value() == prompt.text


def make_old(image: Image, settings: Any) -> None:
    age = timedelta(seconds=django_settings.REFERENCE_SECONDS + 1)
    Task.objects.filter(image=image).update(ready_at=timezone.now() - age)


def make_foreign(image: Image, settings: Any) -> None:
    settings.PROVIDER = "https://elsewhere.example/v1"


def make_import(image: Image, settings: Any) -> None:
    Image.objects.filter(pk=image.pk).update(task=None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (make_old, "The provider's link has expired"),
        (make_foreign, "another provider's"),
        (make_import, "brought in by hand"),
    ],
)
def test_else_the_button_says_why_not(
    by_alice: Client, image: Image, settings: Any, change: Any, words: str
) -> None:
    change(image, settings)
    page = page_of(by_alice, image)
    assert words in page
    assert 'aria-disabled="true" aria-describedby="no-reference"' in page
    assert BUTTON.format(image.pk) not in page
    answer = by_alice.get(f"/?reference={image.pk}")
    assert not answer.context["form"]["references"].value()
    assert words in html.unescape(answer.text)


def test_just_before_it_dies_it_still_goes(by_alice: Client, image: Image) -> None:
    age = timedelta(seconds=django_settings.REFERENCE_SECONDS - 60)
    Task.objects.filter(image=image).update(ready_at=timezone.now() - age)
    assert BUTTON.format(image.pk) in page_of(by_alice, image)


def test_only_ones_own_and_only_what_hangs(by_alice: Client, by_bob: Client, image: Image) -> None:
    assert by_bob.get(f"/?reference={image.pk}").status_code == 404
    for forged in ("", "x", "-1", "9" * 30, str(image.pk + 1000)):
        assert by_alice.get(f"/?reference={forged}").status_code == 404
    trash(image.pk)
    assert by_alice.get(f"/?reference={image.pk}").status_code == 404
    assert "Use as reference" not in page_of(by_alice, image)


def test_the_demos_own_link_is_taken(by_alice: Client, image: Image) -> None:
    """The demo's pictures lie on a loopback address."""
    link = "http://127.0.0.1:8123/files/one.webp"
    Task.objects.filter(image=image).update(result_url=link)
    form = by_alice.get(f"/?reference={image.pk}").context["form"]
    model = next(model for model in form.models if model.max_references)
    answer = by_alice.post(
        "/batches/",
        {
            "prompt": "the same cat, asleep",
            "model": model.remote_id,
            "ratio": model.ratios[0],
            "count": 1,
            "references": form["references"].value(),
            "token": form.fresh_token,
            f"price-{model.pk}": model.price_kopecks,
        },
    )
    assert answer.status_code == 302
    assert Prompt.objects.latest("pk").reference_urls == [link]
