"""A search line, read once: what it asks for, and the pictures that it finds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from gallery.models import Collection, Image, ImageModel, Membership, Prompt, Tag, Tagging, fold
from gallery.models.numbers import numbers

from . import spans
from .fields import Field
from .index import SAMPLE, Texts, Value, few, numbered
from .terms import Flaw, Term, day_span, terms

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from gallery.models import User
    from gallery.models.image import ImageQuerySet


@dataclass(frozen=True)
class Search:
    """Repeated models and ratios mean any of them; of everything else, all is meant."""

    line: str
    user: User
    terms: tuple[Term, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    rows: dict[Term, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """The numbers of the models, tags and collections that terms name."""

    @property
    def collection(self) -> int | None:
        """The number of the one collection that all it finds are in, when it names one."""
        named = {pk for term in self._of(Field.IN) for pk in self.rows[term]}
        return named.pop() if len(named) == 1 else None

    @property
    def is_of_pictures(self) -> bool:
        """Whether of one prompt's pictures it may find some and not others."""
        return any(term.field not in OF_PROMPTS for term in self.terms)

    def narrow(self, images: ImageQuerySet) -> ImageQuerySet:
        """Those of the pictures that the line asks for; none while something in it is not clear."""
        if self.flaws:
            return images.none()
        images = images.alias(
            of_prompt=Value("prompt"), of_model=Value("model"), of_ratio=Value("ratio"),
            stars=Value("rating"), cost=Value("cost_kopecks"), came=Value("created_at"),
            itself=Value("pk"),
        )  # fmt: skip
        for condition in self._conditions:
            images = images.filter(condition)
        return images

    def _of(self, field: Field | None, *, negated: bool = False) -> list[Term]:
        return [term for term in self.terms if term.field is field and term.negated is negated]

    @cached_property
    def _conditions(self) -> list[Q]:
        """Asked for once: some look into the database for how rare they are. A picture is asked in
        this order, of which the last is the dearest question.
        """
        return [*self._of_recipes(), *self._of_rows(), *self._texts]

    def _of_recipes(self) -> Iterable[Q]:
        for name, among in (("of_model", Field.MODEL), ("of_ratio", Field.RATIO)):
            if wanted := self._of(among):
                yield Q(**{f"{name}__in": self._values(wanted)})
            if refused := self._of(among, negated=True):
                yield ~Q(**{f"{name}__in": self._values(refused)}) | Q(
                    **{f"{among.value}__isnull": True}
                )

    def _of_rows(self) -> Iterable[Q]:
        if days := [day_span(term) for term in self._of(Field.DATE)]:
            came = _came(spans.common(days))
            yield Q(**came) & self._numbered(came)
        for term in self._of(Field.DATE, negated=True):
            yield ~Q(**_came(day_span(term)))
        for term in self.terms:
            if term.field in PLAIN:
                condition = PLAIN[term.field](term)
                yield ~condition if term.negated else condition
            elif term.field in THROUGH:
                yield self._through(term)

    def _numbered(self, came: dict[str, datetime]) -> Q:
        """Between which numbers those pictures are: the others need not be asked for their date."""
        own = Image.objects.of(self.user).in_gallery()
        dates = {name.replace("came", "created_at"): when for name, when in came.items()}
        # Not the number itself: PostgreSQL would look for the first along the index of numbers.
        number = F("pk") + 0
        among = own.filter(**dates).aggregate(first=Min(number), last=Max(number))
        return Q(pk__gte=among["first"] or 0, pk__lte=among["last"] or 0)

    def _values(self, terms: list[Term]) -> list[Any]:
        if terms[0].field is Field.RATIO:
            return [term.value for term in terms]
        return sorted({pk for term in terms for pk in self.rows[term]})

    @cached_property
    def _texts(self) -> list[Q]:
        own = Prompt.objects.of(self.user)
        wanted = Texts([term.value for term in self._of(None)], among=own).queries
        # The rare ones lead to their pictures, through those's index of prompts.
        found = [_of_prompts(few(query), otherwise=query) for query in wanted]
        refused = [Texts([term.value], among=own) for term in self._of(None, negated=True)]
        return found + [self._without(texts) for texts in refused]

    @cached_property
    def _newest(self) -> list[str]:
        rows = Prompt.objects.of(self.user).order_by("-pk").values_list("search_text", flat=True)
        return list(rows[:SAMPLE])

    def _without(self, texts: Texts) -> Q:
        """Whose prompt lacks them; imports have none."""
        is_postgresql = connection.vendor == "postgresql"
        if is_postgresql and texts.is_often_missed(self.user.pk, lambda: self._newest):
            # Its index has no list at hand of the many that hold a common word.
            return texts.missed_by("prompt") | Q(prompt=None)
        (query,) = texts.queries
        return ~Q(of_prompt__in=query) | Q(prompt=None)

    def _through(self, term: Term) -> Q:
        """In a collection, or with a tag."""
        kind, column = THROUGH[term.field]
        (pk,) = self.rows[term]
        query = kind.objects.filter(**{column: pk}).order_by().values("image")
        if term.negated:
            return ~Q(itself__in=query)
        rows = few(query)
        return Q(itself__in=query) if rows is None else numbered(rows)


def _of_prompts(rows: list[int] | None, otherwise: Any) -> Q:
    """Of those prompts, by their numbers where they are few."""
    return Q(of_prompt__in=otherwise) if rows is None else Q(prompt__in=numbers(rows))


# Filters on the picture's own row


def _favourite(term: Term) -> Q:
    return Q(favourite=True)


def _between(column: str, low: Any, high: Any) -> Q:
    bounds = {f"{column}__gte": low, f"{column}__lte": high}
    return Q(**{name: bound for name, bound in bounds.items() if bound is not None})


def _rating(term: Term) -> Q:
    span = spans.rating(term.value)
    assert span
    return _between("stars", span.low, span.high)


def _cost(term: Term) -> Q:
    span = spans.kopecks(term.value)
    assert span
    return _between("cost", span.low, span.high)


def _came(span: spans.Span[date]) -> dict[str, datetime]:
    """Days are days in the time zone of whoever looks."""
    found = {}
    if span.low is not None:
        found["came__gte"] = _midnight(span.low)
    if span.high is not None:
        found["came__lt"] = _midnight(span.high + timedelta(days=1))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


OF_PROMPTS = {None, Field.MODEL, Field.RATIO}
"""What all pictures of a prompt have in common: its words, model and ratio."""
PLAIN: dict[Field | None, Any] = {
    Field.FAV: _favourite,
    Field.RATING: _rating,
    Field.COST: _cost,
}
THROUGH: dict[Field | None, Any] = {
    Field.TAG: (Tagging, "tag"),
    Field.IN: (Membership, "collection"),
}


# Names


def read(line: str, user: User) -> Search:
    """What the line asks for, among what is the user's."""
    found, flaws = terms(line)
    rows: dict[Term, tuple[int, ...]] = {}
    for kind, look_up in ((Field.MODEL, _models), (Field.TAG, _tags), (Field.IN, _collections)):
        named = [term for term in found if term.field is kind]
        known = look_up(user, {fold(term.value) for term in named}) if named else {}
        for term in named:
            rows[term] = known.get(fold(term.value), ())
            if not rows[term]:
                flaws.append(Flaw(term.start, term.end, _unknown(kind, term.value)))
    flaws.sort(key=lambda flaw: flaw.start)
    return Search(line, user, tuple(dict.fromkeys(found)), tuple(flaws), rows)


def _unknown(field: Field, name: str) -> str:
    words = {
        Field.MODEL: _("No model is called “%(name)s”."),
        Field.TAG: _("You have no tag “%(name)s”."),
        Field.IN: _("You have no collection “%(name)s”."),
    }
    return words[field] % {"name": name}


def _models(user: User, names: set[str]) -> dict[str, tuple[int, ...]]:
    """One that is called exactly so; else all whose name or label has this in it."""
    known = [
        (pk, fold(remote_id), fold(label))
        for pk, remote_id, label in ImageModel.objects.values_list("pk", "remote_id", "label")
    ]
    found = {}
    for name in names:
        exact = [pk for pk, *called in known if name in called]
        like = [pk for pk, remote_id, label in known if name in remote_id or name in label]
        found[name] = tuple(exact or like)
    return found


def _tags(user: User, names: set[str]) -> dict[str, tuple[int, ...]]:
    return {tag.key: (tag.pk,) for tag in Tag.objects.of(user).filter(key__in=names)}


def _collections(user: User, names: set[str]) -> dict[str, tuple[int, ...]]:
    return {row.key: (row.pk,) for row in Collection.objects.of(user).filter(key__in=names)}
