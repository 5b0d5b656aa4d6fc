"""The drawings: sizes, difference, sameness, speed."""

import io
import time
from collections.abc import Callable
from random import Random

import pytest
from PIL import Image, ImageChops, ImageStat

from gallery.demo.catalogue import SIZES
from gallery.demo.pictures import paint, to_webp
from gallery.demo.pictures.hints import FAMILIES, FAMILY_WORDS, PALETTE_WORDS, choose
from gallery.demo.pictures.landscapes import forest, sea
from gallery.demo.pictures.painter import Canvas
from gallery.demo.pictures.palettes import PALETTES
from gallery.demo.pictures.places import cat, city

FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)


@pytest.mark.parametrize("ar", SIZES)
def test_each_ratio_has_its_size(ar: str) -> None:
    picture = Image.open(io.BytesIO(to_webp(paint("Море", ar, seed="1"))))

    assert (picture.format, picture.size) == ("WEBP", SIZES[ar])
    wide, high = (int(number) for number in ar.split(":"))
    assert picture.width / picture.height == pytest.approx(wide / high, rel=0.01)


@FAMILY
@pytest.mark.parametrize("ar", ["9:21", "21:9"])
def test_each_family_fills_the_picture_in_extreme_ratios(
    family: Callable[[Canvas], None], ar: str
) -> None:
    size = SIZES[ar][0] // 4, SIZES[ar][1] // 4
    for name in ("night", FAMILIES[family][0]):
        canvas = Canvas(size, PALETTES[name], Random(3))
        family(canvas)
        assert canvas.image.size == size
        assert max(ImageStat.Stat(canvas.image).stddev) > 8


@FAMILY
def test_the_same_luck_gives_the_same_picture(family: Callable[[Canvas], None]) -> None:
    first, second, other = (
        Canvas((200, 200), PALETTES["poster"], Random(luck)) for luck in (1, 1, 2)
    )
    for canvas in (first, second, other):
        family(canvas)

    assert first.image.tobytes() == second.image.tobytes()
    assert first.image.tobytes() != other.image.tobytes()


def test_prompts_ratios_and_tasks_differ() -> None:
    pictures = [
        paint(prompt, ar, seed=seed, scale=0.25).resize((64, 64))
        for prompt, ar, seed in (
            ("An old clock", "1:1", "1"),
            ("An old clock", "16:9", "1"),
            ("An old clock", "1:1", "2"),
            ("A new clock", "1:1", "1"),
        )
    ]
    for index, one in enumerate(pictures):
        for other in pictures[:index]:
            assert max(ImageStat.Stat(ImageChops.difference(one, other)).mean) > 2


def test_the_same_task_has_the_same_bytes() -> None:
    files = {to_webp(paint("A fox", "4:3", seed="abc", scale=0.5)) for _ in range(2)}

    assert len(files) == 1


@pytest.mark.parametrize(
    ("prompt", "family", "palette"),
    [
        ("Тихое МОРЕ на закате", sea, "dusk"),
        ("ocean at night", sea, "night"),
        ("зимний лес", forest, "winter"),
        ("рыжий котёнок на окне", cat, "ginger"),
        ("A ginger cat", cat, "ginger"),
        ("Ночной город", city, "night"),
    ],
)
def test_words_choose_family_and_palette(
    prompt: str, family: Callable[[Canvas], None], palette: str
) -> None:
    assert choose(prompt) == (family, palette)


def test_every_family_can_be_asked_for_and_comes_without() -> None:
    assert set(FAMILY_WORDS) == set(FAMILIES)
    assert set(PALETTE_WORDS) < set(PALETTES)
    assert {choose(f"zzz {number}")[0] for number in range(200)} == set(FAMILIES)


def test_the_file_says_where_it_is_from() -> None:
    picture = Image.open(io.BytesIO(to_webp(paint("x", "1:1", seed="1", scale=0.1), references=3)))

    exif = picture.getexif()
    assert exif[0x0131] == "Artel demo provider"
    assert exif[0x010E] == "A drawing, not from GPTunnel; references given: 3"


@FAMILY
def test_drawing_takes_little_of_one_core(family: Callable[[Canvas], None]) -> None:
    began = time.thread_time()
    canvas = Canvas(SIZES["1:1"], PALETTES["dusk"], Random(4))
    family(canvas)
    canvas.grain()
    to_webp(canvas.image)
    # The aim is 0.3 s on an idle machine; the bound leaves room for a busy one.
    assert time.thread_time() - began < 0.8
