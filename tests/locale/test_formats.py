"""Dates, times and numbers as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.formats import date_format, get_format, number_format

MOMENT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
GENITIVE = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
            "октября", "ноября", "декабря")  # fmt: skip


def written(moment: datetime, form: str) -> str:
    return Template(f"{{{{ moment|date:'{form}' }}}}").render(Context({"moment": moment}))


@pytest.mark.parametrize(
    ("language", "form", "shown"),
    [
        ("en", "DATETIME_FORMAT", "24 Nov 2026, 14:05"),
        ("en", "DATE_FORMAT", "24 Nov 2026"),
        ("ru", "DATETIME_FORMAT", "24\u00a0ноября 2026\u00a0г., 14:05"),
        ("ru", "DATE_FORMAT", "24\u00a0ноября 2026\u00a0г."),
        ("ru", "SHORT_DATE_FORMAT", "24.11.2026"),
        ("ru", "YEAR_MONTH_FORMAT", "Ноябрь 2026\u00a0г."),
        ("ru", "MONTH_DAY_FORMAT", "24\u00a0ноября"),
        ("ru", "TIME_FORMAT", "14:05"),
    ],
)
def test_dates(language: str, form: str, shown: str) -> None:
    with translation.override(language):
        assert written(MOMENT, form) == shown


def test_russian_months_are_in_the_genitive() -> None:
    with translation.override("ru"):
        told = [date_format(date(2026, month, 1), "MONTH_DAY_FORMAT") for month in range(1, 13)]
    assert told == [f"1\u00a0{month}" for month in GENITIVE]


def test_weeks_begin_as_in_the_country() -> None:
    for language, first in (("en", 0), ("ru", 1)):
        with translation.override(language):
            assert get_format("FIRST_DAY_OF_WEEK") == first


def test_times_are_the_reader_s() -> None:
    with translation.override("ru"), timezone.override(ZoneInfo("Asia/Vladivostok")):
        assert written(MOMENT, "DATETIME_FORMAT") == "25\u00a0ноября 2026\u00a0г., 00:05"


def test_numbers() -> None:
    with translation.override("ru"):
        assert number_format(1234567.5, 2, force_grouping=True) == "1\u00a0234\u00a0567,50"
        assert filesizeformat(1_572_864) == "1,5\u00a0МБ"
    with translation.override("en"):
        assert number_format(1234567.5, 2, force_grouping=True) == "1,234,567.50"


def test_every_language_is_named_in_its_own_words() -> None:
    assert dict(settings.LANGUAGES) == {"en": "English", "ru": "Русский"}
