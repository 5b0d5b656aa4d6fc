"""Every page by name, a line each. An address with neither a line here nor a place in NO_PAGES is
an error: of the screenshots, of the accessibility test, and of tests/browser/test_whole.py.

A path's braces are filled from what tests/whole/furnish.py found: numbers of rows, one-time links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from django.urls import Resolver404, get_resolver, resolve
from playwright.sync_api import Page, expect


@dataclass(frozen=True)
class Sight:
    """One page as somebody sees it."""

    name: str
    path: str
    who: str = "member"
    """Whose browser, by the names of furnish.py; nobody's when empty."""
    do: Callable[[Page], None] | None = None
    """What is done on the page before it is looked at."""
    still: str = ""
    """A page that no address leads to in a house that works, drawn apart."""
    status: int = 200
    large_text: bool = False
    """Also taken at 200 % text."""
    prints: bool = False
    """Also taken as it prints."""


def _bad_composer(page: Page) -> None:
    page.locator("#references").evaluate("(area) => { area.closest('details').open = true }")
    page.locator("#references").fill("javascript:alert(1)\nhttps://example.com/x.png")
    page.locator("#create").click()
    expect(page.locator("#composer .error").first).to_be_visible()


def _same_again(page: Page) -> None:
    page.locator("#create").click()
    expect(page.locator("#question")).to_be_visible()
    page.locator(".counts label").nth(2).click()
    expect(page.locator(".over")).to_be_visible()


def _lost_session(page: Page) -> None:
    page.locator("#prompt").fill("Лиса спит в библиотеке, тёплый свет лампы")
    page.context.clear_cookies(name="sessionid")
    with page.expect_navigation():
        page.locator("#composer").evaluate("(form) => form.submit()")


def _lost_session_in_place(page: Page) -> None:
    page.locator("#prompt").fill("Лиса спит в библиотеке, тёплый свет лампы")
    page.context.clear_cookies(name="sessionid")
    page.locator("#create").click()
    expect(page.locator("#alert .notice")).to_be_visible()


def _wrong_password(page: Page) -> None:
    page.locator("[name=username]").fill("nobody-at-all")
    page.locator("[name=password]").fill("not-the-password")
    page.locator("form:has([name=password]) .primary").click()
    expect(page.locator(".error").first).to_be_visible()


def _send_empty(page: Page) -> None:
    page.locator("form:has(.primary)").first.evaluate("(form) => { form.noValidate = true }")
    page.locator("form:has(.primary) .primary").first.click()
    expect(page.locator(".error").first).to_be_visible()


def _bad_password(page: Page) -> None:
    form = page.locator("form:has([name=repeated])")
    form.evaluate("(form) => { form.noValidate = true }")
    form.locator(".primary, button").last.click()
    expect(page.locator(".error").first).to_be_visible()


def _open_picture(page: Page) -> None:
    page.locator(".gallery .tile > a").nth(1).click()
    expect(page.locator("#lightbox .look img")).to_be_visible()


DELETED = re.compile("^\\s*(Picture deleted|Картинка удалена)")
RESTORED = re.compile("Picture restored|Картинка восстановлена")


def _delete_picture(page: Page) -> None:
    page.locator(".gallery .tile > a").first.press("Delete")
    expect(page.locator(".undo-bar")).to_contain_text(DELETED)
    page.keyboard.press("Control+z")
    expect(page.locator(".undo-bar")).to_contain_text(RESTORED)
    page.locator(".gallery .tile > a").first.press("Delete")
    expect(page.locator(".undo-bar")).to_have_text(DELETED)
    expect(page.locator(".undo-bar button")).to_be_visible()


def _merge_tag(page: Page) -> None:
    page.locator("[name=name]").fill("туман")
    page.locator("main form .primary").click()
    expect(page.locator("[name=merge]")).to_be_attached()


def _open_member(page: Page) -> None:
    page.locator(".member-menu summary").first.click()


def _open_menu(page: Page) -> None:
    page.locator(".menu summary").click()


def _open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("dialog.keys-box")).to_be_visible()


SIGHTS = [
    # The studio
    Sight("studio", "/", "collector", large_text=True),
    Sight("studio-empty", "/", "novice", large_text=True),
    Sight("studio-one", "/", "beginner"),
    Sight("studio-held", "/", "hasty", large_text=True),
    Sight("studio-asked", "/?from={had}", "hasty", _same_again, status=422, large_text=True),
    Sight("studio-states", "/", "member", large_text=True),
    Sight("studio-menu", "/", "keeper", _open_menu, large_text=True),
    Sight("studio-edit", "/?from={prompt}", "member"),
    Sight("studio-refused", "/", "beginner", _bad_composer, status=422, large_text=True),
    Sight("studio-logged-out", "/", "beginner", _lost_session_in_place, status=401),
    Sight("studio-deep", "/?before=150", "collector"),
    # The gallery
    Sight("gallery", "/gallery/", "collector", large_text=True),
    Sight("gallery-deep", "/gallery/?page=3", "collector"),
    Sight("gallery-stacked", "/gallery/?stack=on", "collector"),
    Sight("gallery-empty", "/gallery/", "novice"),
    Sight("gallery-nothing", "/gallery/?q=nothing", "member"),
    Sight("gallery-months", "/gallery/months/", "collector"),
    Sight("duplicates", "/gallery/duplicates/", "collector"),
    Sight("duplicates-files", "/gallery/duplicates/?same=file", "collector"),
    Sight("similar", "/images/{image}/similar/"),
    # Pictures and tasks
    Sight("picture", "/images/{image}/", large_text=True),
    Sight("picture-tall", "/images/{older}/"),
    Sight("lightbox", "/", "collector", _open_picture, large_text=True),
    Sight("deleted", "/", "collector", _delete_picture),
    Sight("task-done", "/tasks/{done}/", large_text=True, prints=True),
    Sight("receipt", "/tasks/{done}/receipt/", large_text=True, prints=True),
    Sight("receipt-unknown", "/tasks/{unknown}/receipt/", large_text=True),
    Sight("task-late", "/tasks/{late}/"),
    Sight("task-overdue", "/tasks/{overdue}/"),
    Sight("task-queued", "/tasks/{queued}/"),
    Sight("task-rendering", "/tasks/{rendering}/"),
    Sight("task-failed", "/tasks/{failed}/"),
    Sight("task-unknown", "/tasks/{unknown}/", large_text=True),
    Sight("task-lost", "/tasks/{lost}/"),
    Sight("task-canceled", "/tasks/{canceled}/"),
    Sight("task-cancel-all", "/tasks/cancel/"),
    Sight("task-again", "/tasks/{unknown}/again/"),
    # Finding and choosing
    Sight("cull", "/gallery/cull/", "collector", large_text=True),
    Sight("cull-keys", "/gallery/cull/", "collector", _open_keys),
    Sight("cull-end", "/gallery/cull/?at=end", "collector"),
    Sight("compare", "/gallery/compare/?image={image}&image={older}", large_text=True),
    Sight("compare-none", "/gallery/compare/", status=422),
    Sight("slides", "/gallery/slides/", "collector", large_text=True),
    Sight("studio-since", "/", "guest", large_text=True),
    # Tags and collections
    Sight("tags", "/tags/", large_text=True),
    Sight("tags-empty", "/tags/", "novice"),
    Sight("tag-rename", "/tags/{tag}/rename/"),
    Sight("tag-merge", "/tags/{tag}/rename/", do=_merge_tag, status=422),
    Sight("tag-delete", "/tags/{tag}/delete/"),
    Sight("collections", "/collections/", large_text=True),
    Sight("collection", "/collections/{collection}/", do=_open_member, large_text=True),
    Sight("collection-delete", "/collections/{collection}/delete/"),
    # Gallery
    Sight("search", "/gallery/?q=-night+rating:<5", "collector", large_text=True),
    Sight("search-refused", "/gallery/?q=cat+colour:red+rating:9+%22fog", "collector", status=422),
    # History
    Sight("history", "/history/", "collector", large_text=True),
    Sight("history-states", "/history/", "member"),
    Sight("history-empty", "/history/", "novice"),
    Sight("history-nothing", "/history/?q=nothing", "member"),
    Sight("history-filtered", "/history/?outcome=doubtful&ratio=1:1&since=2026-01-01", "member"),
    Sight("history-refused", "/history/?outcome=x&since=2026-02-31", "member", status=422),
    Sight("prompt", "/prompts/{prompt}/", large_text=True),
    # One's own
    Sight("profile", "/profile/", large_text=True),
    Sight("profile-refused", "/profile/", do=_bad_password, status=422),
    Sight("trash", "/trash/", large_text=True),
    Sight("trash-empty", "/trash/", "novice"),
    Sight("trash-sure", "/trash/empty/"),
    Sight("zips", "/zips/", "member", large_text=True),
    Sight("zips-empty", "/zips/", "novice"),
    Sight("zip-building", "/zips/{building}/", "member"),
    Sight("zip-ready", "/zips/{zipped}/", "member"),
    Sight("zip-sure", "/zips/{zipped}/delete/", "member"),
    Sight("help", "/help/", large_text=True),
    # Coming in
    Sight("login", "/login/", "", large_text=True),
    Sight("login-refused", "/login/", "", _wrong_password),
    Sight("signup", "/signup/", ""),
    Sight("signup-refused", "/signup/", "", _send_empty, status=422),
    Sight("password-reset", "/password/reset/", ""),
    Sight("password-sent", "/password/sent/", ""),
    Sight("password-set", "{one_time_link}", ""),
    Sight("password-void", "/password/MQ/void/", "", status=404),
    Sight("setup", "/setup/-/", "", still="setup"),
    # What went wrong
    Sight("not-found", "/nothing/", status=404, large_text=True),
    Sight("only-a-button", "/batches/", status=405),
    Sight("not-sent", "/", "beginner", _lost_session, status=401),
    Sight("bad-request", "/broken/", still="400", status=400),
    Sight("broken", "/broken/", still="500", status=500),
    # The panel
    Sight("panel", "/admin/", "keeper", large_text=True),
    Sight("panel-login", "/admin/login/", "", status=403),
    Sight("panel-unknown", "/admin/gallery/task/unknown/", "keeper", large_text=True),
    Sight("panel-resume", "/admin/gallery/studio/1/do/resume/", "keeper", still="resume"),
    Sight("panel-password", "/admin/password_change/", "keeper"),
]

# Lists of the panel, and a row of each
PANEL = (
    "admin/logentry",
    "auth/group",
    "gallery/balance",
    "gallery/batch",
    "gallery/budget",
    "gallery/charge",
    "gallery/comparison",
    "gallery/event",
    "gallery/image",
    "gallery/imagemodel",
    "gallery/lease",
    "gallery/likeness",
    "gallery/pause",
    "gallery/prompt",
    "gallery/question",
    "gallery/reference",
    "gallery/studio",
    "gallery/task",
    "gallery/user",
    "django_q/schedule",
)
SIGHTS += [Sight(f"panel-{name.split('/')[1]}-list", f"/admin/{name}/", "keeper") for name in PANEL]
SIGHTS += [
    Sight(f"panel-{name.split('/')[1]}", f"/admin/{name}/{{{name}}}/change/", "keeper")
    for name in PANEL
]
SIGHTS += [
    Sight(f"panel-{name.split('/')[1]}-history", f"/admin/{name}/{{{name}}}/history/", "keeper")
    for name in PANEL
]
CHOICES = ("tag", "collection", "change", "zip")
"""Of the lists that are built alike those are looked at that hold words; their rows are theirs."""
SIGHTS += [Sight(f"panel-{name}-list", f"/admin/gallery/{name}/", "keeper") for name in CHOICES]
ADDED = ("auth/group", "gallery/imagemodel", "gallery/user")
"""What administrators add by a form."""
SIGHTS += [
    Sight(f"panel-{name.split('/')[1]}-add", f"/admin/{name}/add/", "keeper") for name in ADDED
]
SIGHTS += [
    Sight("panel-group-delete", "/admin/auth/group/{auth/group}/delete/", "keeper"),
    Sight("panel-user-left-history", "/admin/gallery/user/{left}/history/", "keeper"),
]

# What an administrator does, where it is asked for first
DEEDS = {
    "balance-explain": "gallery/balance/{unexplained}/do/explain",
    "task-identify": "gallery/task/{unknown}/do/identify",
    "task-confirm-id": "gallery/task/{doubted}/do/confirm-id",
    "task-not-charged": "gallery/task/{unknown}/do/not-charged",
    "task-rescue": "gallery/task/{lost}/do/rescue",
    "task-write-off": "gallery/task/{unknown}/do/write-off",
    "model-off": "gallery/imagemodel/1/do/switch-off",
    "studio-pause": "gallery/studio/1/do/pause",
    "user-link": "gallery/user/{novice}/do/link",
    "user-lift-hold": "gallery/user/{hasty}/do/lift-hold",
    "user-deactivate": "gallery/user/{novice}/do/deactivate",
}
SIGHTS += [Sight("panel-user-held", "/admin/gallery/user/{hasty}/change/", "keeper")]
SIGHTS += [Sight(f"panel-{name}", f"/admin/{path}/", "keeper") for name, path in DEEDS.items()]

NO_PAGES = {
    # Actions that lead back to a page, or answer with a part of one
    "change_restore", "change_undo", "collection_cover", "collection_drop", "collection_move",
    "collection_rename",
    "cull_stand", "image_collect", "image_favour", "image_marks", "image_rate", "image_tags",
    "batch_create", "image_restore", "image_trash", "language_set", "logout", "password_change",
    "profile_edit", "prompt_rerun", "prompt_restore", "prompt_trash", "sessions_end", "task_ask",
    "task_cancel", "task_dismiss", "task_live", "task_note", "trash_empty", "visit_hear",
    "visit_recall", "zip_create", "selection_*", "search_*", "admin:gallery_culling_*",
    # Files and words for programs
    "admin:gallery_image_thumbnail", "favicon", "healthz", "image_original", "image_thumbnail",
    "collection_complete", "image_states", "prompt_text", "robots", "tag_complete", "zip_file",
    "task_quarantine", "admin:gallery_task_quarantine",
    # Django's panel: actions, parts, and pages that no link of ours leads to. Of the forms that
    # add, those are looked at that are anybody's; a row is deleted where it is a group alone.
    "admin:app_list", "admin:autocomplete", "admin:jsi18n", "admin:login", "admin:logout",
    "admin:password_change_done", "admin:view_on_site", "admin:auth_user_password_change",
    "admin:*_add", "admin:*_delete",
    *(f"admin:gallery_{name}_{page}" for name in CHOICES for page in ("change", "history")),
    "admin:gallery_membership_*", "admin:gallery_savedsearch_*", "admin:gallery_tagging_*",
}  # fmt: skip


def addresses() -> set[str]:
    """The names of all addresses, with their namespaces."""
    return set(_named(get_resolver().url_patterns))


def unseen() -> set[str]:
    """Addresses that are neither looked at nor no pages."""
    seen = {name for sight in SIGHTS if (name := _name(sight))}
    rest = addresses() - seen
    return {name for name in rest if not any(fnmatch(name, other) for other in NO_PAGES)}


def _name(sight: Sight) -> str | None:
    path = sight.path.split("?")[0]
    if path == "{one_time_link}":
        return "password_set"
    for start in ("{", "}"):
        assert path.count(start) <= 1
    if "{" in path:
        path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def _named(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _named(pattern.url_patterns, inner)
        elif pattern.name:
            yield namespace + pattern.name
