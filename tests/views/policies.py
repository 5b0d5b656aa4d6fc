"""The policy of every address: who may, by which method, and what the owner is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatch


@dataclass(frozen=True)
class Policy:
    """What the owner of the row that an address names is answered; None: the method is refused."""

    get: int | None = None
    post: int | None = None
    """To a plain form."""
    hx: int | None = None
    """To the same form sent by htmx; unset: as to a plain one."""
    names: str = ""
    """Whose row is in the address (`task:unknown`, `image`, `prompt`): a stranger's is missing."""
    open: bool = False
    """Needs no login: the answers are everybody's."""
    data: dict[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> set[str]:
        safe = {"GET", "HEAD"} if self.get else set()
        return safe | ({"POST"} if self.post else set())

    def answer(self, method: str, *, htmx: bool) -> int:
        """The owner's answer to a method that is not refused. Both are set where it is called."""
        found = self.get if method != "POST" else (self.hx if htmx and self.hx else self.post)
        assert found is not None
        return found


POLICIES = {
    "studio_show": Policy(get=200),
    "batch_create": Policy(post=422),
    "task_live": Policy(post=204),
    "task_show": Policy(get=200, names="task:done"),
    "task_receipt": Policy(get=200, names="task:done"),
    "task_quarantine": Policy(get=200, names="task:done"),
    "task_cancel_all": Policy(get=200, post=302),
    "task_cancel": Policy(post=302, hx=200, names="task:queued"),
    "task_dismiss": Policy(post=302, hx=200, names="task:failed"),
    "task_ask": Policy(post=302, hx=200, names="task:done"),
    "task_again": Policy(get=200, post=422, names="task:unknown"),
    "task_note": Policy(post=422, names="task:unknown"),
    "image_list": Policy(get=200),
    "image_cull": Policy(get=200),
    "cull_stand": Policy(post=422),
    "image_compare": Policy(get=422),
    "image_slides": Policy(get=200),
    "visit_hear": Policy(post=302, hx=200),
    "visit_recall": Policy(post=302, hx=200),
    "search_complete": Policy(get=200),
    "search_line": Policy(get=200),
    "search_list": Policy(get=200, post=422),
    "search_rename": Policy(post=422, names="search"),
    "search_delete": Policy(post=200, hx=200, names="search"),
    "image_months": Policy(get=200),
    "image_duplicates": Policy(get=200),
    "image_similar": Policy(get=200, names="image"),
    "image_show": Policy(get=200, names="image"),
    "image_original": Policy(get=200, names="image"),
    "image_thumbnail": Policy(get=200, names="image"),
    "image_trash": Policy(post=302, hx=200, names="image"),
    "image_restore": Policy(post=302, hx=200, names="image"),
    "image_marks": Policy(get=200, names="image"),
    "image_states": Policy(get=200),
    "image_rate": Policy(post=422, names="image"),
    "image_favour": Policy(post=302, hx=200, names="image"),
    "image_tags": Policy(post=422, names="image"),
    "image_collect": Policy(post=422, names="image"),
    "change_undo": Policy(post=302, hx=200, names="change"),
    "change_restore": Policy(post=302, hx=200, names="change:trash"),
    "tag_list": Policy(get=200),
    "tag_complete": Policy(get=200),
    "tag_rename": Policy(get=200, post=422, names="tag"),
    "tag_delete": Policy(get=200, post=302, names="tag"),
    "collection_list": Policy(get=200, post=422),
    "collection_complete": Policy(get=200),
    "collection_show": Policy(get=200, names="collection"),
    "collection_move": Policy(post=422, names="collection"),
    "collection_cover": Policy(post=422, names="collection"),
    "collection_drop": Policy(post=422, names="collection"),
    "collection_rename": Policy(post=422, names="collection"),
    "collection_delete": Policy(get=200, post=302, names="collection"),
    "prompt_trash": Policy(post=302, hx=200, names="prompt"),
    "prompt_restore": Policy(post=302, hx=200, names="prompt"),
    "trash_show": Policy(get=200),
    "trash_empty": Policy(get=200, post=302),
    "selection_show": Policy(post=422),
    "selection_count": Policy(post=200),
    "selection_rate": Policy(post=422),
    "selection_favour": Policy(post=422),
    "selection_tag": Policy(post=422),
    "selection_collect": Policy(post=422),
    "selection_trash": Policy(post=422),
    "selection_rerun": Policy(post=422),
    "zip_list": Policy(get=200),
    "zip_create": Policy(post=422),
    "zip_show": Policy(get=200, names="zip"),
    "zip_file": Policy(get=200, names="zip"),
    "zip_delete": Policy(get=200, post=302, names="zip"),
    "prompt_list": Policy(get=200),
    "prompt_show": Policy(get=200, names="prompt"),
    "prompt_text": Policy(get=200, names="prompt"),
    "prompt_rerun": Policy(post=422, names="prompt"),
    "help_show": Policy(get=200),
    "robots": Policy(get=200, open=True),
    "favicon": Policy(get=200, open=True),
    "profile_show": Policy(get=200),
    "profile_edit": Policy(post=302),
    "password_change": Policy(post=422),
    "sessions_end": Policy(post=302),
    "login": Policy(get=200, post=200, open=True),
    "language_set": Policy(post=302, open=True),
    "admin_login": Policy(get=403, open=True),
    "logout": Policy(post=302, open=True),
    "setup": Policy(get=404, post=404, open=True),
    "signup": Policy(get=404, post=404, open=True),
    "password_reset": Policy(get=404, post=404, open=True),
    "password_reset_sent": Policy(get=200, open=True),
    "password_set": Policy(get=404, post=404, open=True),
    "healthz": Policy(get=503, open=True),
}


OK = 200
AWAY = 302
NO = 403

PANEL = {
    # What an administrator is answered to GET, and to a POST with nothing in it. Django's panel
    # takes every other method for a GET, or refuses it.
    "index": (OK, OK),
    "app_list": (AWAY, AWAY),
    "autocomplete": (NO, 405),
    "jsi18n": (OK, 405),
    "login": (AWAY, 405),
    "logout": (405, AWAY),
    "password_change": (AWAY, AWAY),
    "password_change_done": (AWAY, AWAY),
    "view_on_site": (404, 404),
    # Lists, and pages of rows: to read, but for three kinds
    "*_changelist": (OK, OK),
    "*_change": (OK, NO),
    "*_history": (OK, OK),
    "*_add": (NO, NO),
    "*_delete": (NO, NO),
    "*_thumbnail": (OK, OK),
    "*_deed": (OK, AWAY),
    "gallery_balance_deed": (OK, 422),
    "*_file": (OK, AWAY),
    "gallery_studio_changelist": (AWAY, AWAY),
    "gallery_task_unknown": (OK, 405),
    "gallery_task_quarantine": (OK, 405),
    **{
        f"{name}_{page}": (OK, OK)
        for name in ("gallery_user", "gallery_imagemodel", "gallery_studio", "auth_group")
        for page in ("add", "change")
    },
    "gallery_studio_add": (NO, NO),
    "auth_group_delete": (OK, OK),
}
"""Addresses of the panel by name or by kind; the longest that fits counts."""


def panel(name: str) -> tuple[int, int]:
    """The policy of an address of the panel. Raises ValueError when none was declared."""
    fitting = [pattern for pattern in PANEL if fnmatch(name, pattern)]
    return PANEL[max(fitting, key=len)]
