"""The search line as a page has it: explained, completed, written by controls, kept under names."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from gallery import search
from gallery.models import MOST_SEARCHES, Change, Collection, SavedSearch, Tag, User, fold
from gallery.search.saved import renamed
from tests.views.conftest import HTMX, MakeImage


def test_a_line_that_is_not_clear_finds_nothing_and_keeps_every_letter(
    by_alice: Client, alice: User, make_image: MakeImage
) -> None:
    make_image(alice, "a cat")
    answer = by_alice.get("/gallery/", {"q": 'cat colour:<b> "fog'})
    assert answer.status_code == 422
    assert 'value="cat colour:&lt;b&gt; &quot;fog"' in answer.text
    assert "<mark>colour:&lt;b&gt;</mark>" in answer.text
    assert "<mark>&quot;fog</mark>" in answer.text
    assert "none closes it" in answer.text
    assert 'data-name="image-' not in answer.text
    assert by_alice.get("/gallery/", {"q": "cat"}).text.count('data-name="image-') == 1
    assert by_alice.get("/gallery/", {"q": "x" * 501}).status_code == 422
    assert by_alice.get("/gallery/", {"q": "cat", "sort": "luck"}).status_code == 422


@pytest.mark.parametrize(
    ("line", "was", "chosen", "folded"),
    [
        ("cat", "cat", {"rating": ">=4"}, "cat rating:>=4"),
        ("cat rating:>=4", "cat rating:>=4", {"rating": ""}, "cat"),
        ("rating:3 cat", "rating:3 cat", {"rating": "5"}, "cat rating:5"),
        ("a b", "a b", {"tag": "old town", "favourite": "on"}, 'a b fav tag:"old town"'),
        ("", "", {"since": "2026-11-01", "until": ""}, "date:>=2026-11-01"),
        ("", "", {"since": "2026-11-01", "until": "2026-11-30"}, "date:2026-11-01..2026-11-30"),
        ("cost:>10", "cost:>10", {"cost_from": "10.01", "cost_to": "20"}, "cost:10.01..20"),
        # What is typed by hand beside the controls stays, and so does what is not clear.
        ("model:flux -tag:x", "", {"rating": "0"}, "model:flux -tag:x rating:0"),
        ('colour:red "fog', 'colour:red "fog', {"ratio": "1:1"}, 'colour:red "fog ratio:1:1'),
        ("tag:a tag:b", "tag:a tag:b", {}, "tag:a tag:b"),
        ("cat", "cat", {"cost_from": "cheap"}, "cat cost:>=cheap"),
    ],
)
def test_what_is_changed_in_the_controls_is_written_into_the_line(
    line: str, was: str, chosen: dict[str, str], folded: str
) -> None:
    assert search.fold_in(line, was, {**search.values(was), **chosen}) == folded


def test_without_scripts_the_controls_lead_to_the_address_of_the_line(by_alice: Client) -> None:
    page = by_alice.get("/gallery/", {"q": "cat model:flux-dev rating:>=4"}).text
    assert '<option value="flux-dev" selected>' in page
    assert '<option value="&gt;=4" selected>' in page
    asked = {"q": "cat", "was": "cat", "sort": "rating", "favourite": "on", "ratio": "16:9"}
    answer = by_alice.get("/gallery/", asked)
    assert answer.status_code == 302
    assert answer["Location"] == "/gallery/?q=cat+ratio%3A16%3A9+fav&sort=rating"
    told = by_alice.get("/gallery/line/", {**asked, "rating": "0"}).json()
    assert told["line"] == "cat ratio:16:9 rating:0 fav"
    assert (told["values"]["ratio"], told["values"]["favourite"]) == ("16:9", "on")
    assert by_alice.get("/gallery/line/", {"q": " tag:x "}).json()["values"]["tag"] == "x"
    with translation.override("ru"):
        assert search.fold_in("cat", "", {"favourite": "on"}) == "cat избранное"


def test_words_are_completed_from_what_is_ones_own(
    by_alice: Client, alice: User, bob: User
) -> None:
    for owner, word in ((alice, "Snowy day"), (bob, "Snow secret")):
        Tag.objects.create(owner=owner, name=word, key=fold(word))
        Collection.objects.create(owner=owner, name=word, key=fold(word))

    def words(line: str, at: int | None = None) -> list[tuple[str, str]]:
        found = search.completions(line, len(line) if at is None else at, alice)
        return [(one.word, one.line) for one in found]

    assert words("cat -ra") == [("-ratio:", "cat -ratio:"), ("-rating:", "cat -rating:")]
    assert ("rating:", "rating:") in words("оцен")
    assert words("ratio:16") == [("ratio:16:9", "ratio:16:9 ")]
    assert words("snow cat", at=4)[0] == ('tag:"Snowy day"', 'tag:"Snowy day" cat')
    assert words("tag:") == [('tag:"Snowy day"', 'tag:"Snowy day" ')]
    assert words('in:"sno') == [('in:"Snowy day"', 'in:"Snowy day" ')]
    assert [word for word, _ in words("model:kontext")] == [
        "model:flux-kontext-pro",
        "model:flux-kontext-max",
    ]
    assert len(words("")) == 8
    assert words("cat")[0:1] == []
    assert words("nothing:") == words('"quo') == []
    page = by_alice.get("/gallery/words/", {"q": "tag:sn", "at": "6"}, headers=HTMX).text
    assert 'data-line="tag:&quot;Snowy day&quot; "' in page
    assert "secret" not in page
    for line in ("", "-", '"', "a:b:c", "\x00", "date:", "fav:"):
        for at in ("0", "1", "99", "x"):
            assert by_alice.get("/gallery/words/", {"q": line, "at": at}).status_code == 200


def test_a_search_is_kept_renamed_and_deleted(by_alice: Client, alice: User, bob: User) -> None:
    kept = {"name": "Best cats", "q": "cat rating:5", "sort": "rating"}
    answer = by_alice.post("/searches/", kept)
    assert answer["Location"] == "/gallery/?q=cat+rating%3A5&sort=rating"
    (one,) = SavedSearch.objects.of(alice)
    page = by_alice.get("/gallery/", {"q": "cat rating:5", "sort": "rating"}).text
    assert "Best cats" in page
    assert 'aria-current="page" title="cat rating:5"' in page
    again = by_alice.post("/searches/", {**kept, "name": "BEST  cats"})
    assert again.status_code == 422
    assert "of this name already" in again.text
    again = by_alice.post("/searches/", {"name": " ", "q": "cat"}, headers=HTMX)
    assert again.status_code == 422
    assert "Give the search a name." in again.text
    for long in ("x" * 101, "\ufdfa" * 100):  # of which each is folded to 18 letters
        answer = by_alice.post("/searches/", {**kept, "name": long}, headers=HTMX)
        assert "at most 100 characters" in answer.text
    assert by_alice.post("/searches/", {"name": "empty"}).status_code == 422
    path = f"/searches/{one.pk}/"
    renamed = by_alice.post(f"{path}rename/", {"name": "Cats"}, headers=HTMX)
    assert "Renamed to “Cats”." in renamed.text
    assert renamed["HX-Retarget"] == "#undo"
    assert SavedSearch.objects.get().name == "Cats"
    assert "Cats" in by_alice.get("/searches/", headers=HTMX).text
    SavedSearch.objects.keep(alice, "Dogs", "dog", "")
    assert by_alice.post(f"{path}rename/", {"name": "dogs"}, headers=HTMX).status_code == 422
    SavedSearch.objects.keep(bob, "Cats", "cat", "")
    # Without a script a page asks first.
    asked = by_alice.post(f"{path}delete/")
    assert "Delete “" in asked.text
    assert 'name="sure"' in asked.text
    assert alice.saved_searches.exists()
    assert by_alice.post(f"{path}delete/", headers=HTMX).status_code == 200
    assert not SavedSearch.objects.of(alice).filter(name="Cats").exists()
    SavedSearch.objects.bulk_create(
        SavedSearch(owner=alice, name=f"{n}", key=f"{n}", line="cat") for n in range(MOST_SEARCHES)
    )
    assert "as many as may be kept" in by_alice.post("/searches/", kept).text


def test_the_focus_goes_to_what_was_kept_and_to_the_head_of_the_list(
    by_alice: Client, alice: User
) -> None:
    data = {"q": "rating:5", "sort": "", "name": "The best"}
    kept = by_alice.post("/searches/", data, headers=HTMX).text
    assert re.findall(r"<(\w+)[^>]* autofocus[^>]*>([^<]*)", kept) == [("a", "The best")]
    pk = SavedSearch.objects.get().pk
    gone = by_alice.post(f"/searches/{pk}/delete/", {"sure": "on", "q": ""}, headers=HTMX).text
    assert re.findall(r"<(\w+)[^>]* autofocus[^>]*>([^<]*)", gone) == [("h2", "Saved searches")]
    assert "autofocus" not in by_alice.get("/gallery/").text


def test_another_name_of_a_search_is_taken_back(by_alice: Client, alice: User, bob: User) -> None:
    one = SavedSearch.objects.keep(alice, "Cats", "cat", "rating")
    other = SavedSearch.objects.keep(bob, "Dogs", "dog", "")
    assert by_alice.post(f"/searches/{other.pk}/rename/", {"name": "Mine"}).status_code == 404
    answer = by_alice.post(f"/searches/{one.pk}/rename/", {"name": "Dogs"})
    assert answer["Location"] == "/gallery/?q=cat&sort=rating"
    change = Change.objects.get()
    undo = f"/changes/{change.pk}/undo/"
    assert undo in by_alice.get("/gallery/").text
    assert by_alice.post(undo, headers=HTMX).status_code == 200
    assert list(SavedSearch.objects.of(alice).values_list("name", "key")) == [("Cats", "cats")]
    # Another has the name by now: it stays as it is.
    by_alice.post(f"/searches/{one.pk}/rename/", {"name": "Dogs"})
    SavedSearch.objects.keep(alice, "cats", "cat", "")
    by_alice.post(f"/changes/{Change.objects.latest('pk').pk}/undo/")
    assert sorted(SavedSearch.objects.of(alice).values_list("name", flat=True)) == ["Dogs", "cats"]


def test_saved_searches_follow_what_they_name(
    by_alice: Client, alice: User, bob: User, make_image: MakeImage
) -> None:
    image = make_image(alice, "a cat")
    for words, letter in (("poster", "tags"), ("night sky", "tags"), ("Prints", "collections")):
        by_alice.post(f"/images/{image.pk}/{letter}/", {"tags": words, "collection": words})
    lines = ("tag:poster -метка:POSTER poster", 'in:"prints" fav', 'tag:"night sky" tag:poster2')
    for owner in (alice, bob):
        for line in lines:
            SavedSearch.objects.keep(owner, line[:20], line, "")
    poster = Tag.objects.of(alice).get(key="poster")
    collection = Collection.objects.of(alice).get()

    def kept(owner: User) -> list[str]:
        return list(SavedSearch.objects.of(owner).order_by("pk").values_list("line", flat=True))

    by_alice.post(f"/tags/{poster.pk}/rename/", {"name": "a big one"})
    by_alice.post(f"/collections/{collection.pk}/rename/", {"name": "Posters"})
    assert kept(alice) == [
        'tag:"a big one" -метка:"a big one" poster',
        "in:Posters fav",
        lines[2],
    ]
    for change in Change.objects.filter(kind="rename").order_by("-pk"):
        by_alice.post(f"/changes/{change.pk}/undo/")
    assert kept(alice) == ["tag:poster -метка:poster poster", "in:Prints fav", lines[2]]
    # What is taken back a second time changes nothing.
    by_alice.post(f"/tags/{poster.pk}/rename/", {"name": "dog"})
    undo = f"/changes/{Change.objects.latest('pk').pk}/undo/"
    by_alice.post(undo)
    other = SavedSearch.objects.keep(alice, "others", "tag:dog", "")
    again = by_alice.post(undo, headers=HTMX)
    assert "taken back already" in again.text
    assert "HX-Trigger" not in again
    assert kept(alice)[3] == "tag:dog"
    other.delete()
    by_alice.post(f"/tags/{poster.pk}/rename/", {"name": "Night  sky", "merge": "on"})
    assert kept(alice)[0] == 'tag:"night sky" -метка:"night sky" poster'
    assert kept(bob) == list(lines)


def test_a_name_that_something_follows_at_once_stays_a_name_of_its_own() -> None:
    assert renamed('tag:"poster"cat', search.Field.TAG, "Poster", "dog") == 'tag:"dog"cat'
    assert renamed("-tag:poster cat", search.Field.TAG, "poster", "dog") == "-tag:dog cat"
    assert renamed("in:poster poster", search.Field.TAG, "poster", "dog") == "in:poster poster"


def test_the_list_alone(by_alice: Client, alice: User, bob: User) -> None:
    SavedSearch.objects.keep(alice, "Cats", "cat", "rating")
    SavedSearch.objects.keep(bob, "Secret", "dog", "")
    asked = {"q": "cat", "sort": "rating"}
    for headers in ({}, HTMX):
        answer = by_alice.get("/searches/", asked, headers=headers)
        assert "HX-Request" in answer["Vary"]
        page = answer.text
        assert 'aria-current="page" title="cat"' in page
        assert "Save this search" in page
        assert "Secret" not in page


def test_the_pages_queries_do_not_grow_with_what_is_kept(by_alice: Client, alice: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as told:
            by_alice.get("/gallery/", {"q": "cat"})
        return len(told)

    def keep(n: int) -> None:
        SavedSearch.objects.keep(alice, f"search {n}", "cat", "")
        Tag.objects.create(owner=alice, name=f"tag {n}", key=f"tag {n}")
        Collection.objects.create(owner=alice, name=f"shelf {n}", key=f"shelf {n}")

    keep(0)
    queries()
    before = queries()
    for n in range(1, 6):
        keep(n)
    assert queries() == before


@pytest.mark.parametrize(
    "line",
    [
        "fog rating:3",
        "rating:1",
        "rating:<2",
        "rating:3..4 fog",
        "rating:>=4",
        "rating:0 ratio:3:4",
    ],
)
def test_controls_show_what_the_line_says_and_take_nothing_out_of_it(
    by_alice: Client, line: str
) -> None:
    page = by_alice.get("/gallery/", {"q": line}).text
    drawn = {
        name: "".join(re.findall(r'<option value="([^"]*)" selected', options))
        for name, options in re.findall(
            r'<select id="control-\w+" name="(\w+)">(.*?)</select>', page
        )
    }
    assert len(drawn) == 5
    sent = {"q": line, "was": line, **{name: unescape(value) for name, value in drawn.items()}}
    assert QueryDict(urlsplit(by_alice.get("/gallery/", sent)["Location"]).query)["q"] == line
    also = by_alice.get("/gallery/line/", {**sent, "favourite": "on"}).json()
    assert also["line"] == f"{line} fav"
