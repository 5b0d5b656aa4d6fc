"""What an administrator does with a row: a button, a verb of the models, a line in the log.

A deed's page says what it will do and asks for what it needs; the simple ones have their button
right on the row's page. A verb answers whether it moved: if not, the row was not in the state that
the page showed, and that is what the administrator is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from gallery.archive import store
from gallery.archive.inspect import BadPicture
from gallery.models import User

from .upload import FIELD, OneFile, file_sentence, is_far_too_large, let_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

    from gallery.archive.store import Incoming
    from gallery.models import StoredFile

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Refused(Exception):
    """The deed cannot be done as asked, for a reason that is shown beside the form."""


@dataclass(frozen=True)
class Deed:
    """One thing that can be done with a row."""

    name: str
    """Its place in the address, and its code in the log."""
    label: StrOrPromise
    do: Callable[[Any, User, dict[str, Any]], bool]
    """The verb: the row, who, what was typed. Whether it moved. May raise Refused."""
    may: Callable[[Any], bool] = lambda row: True
    """Whether the button is shown; the verb decides anew."""
    form: type[Form] | None = None
    words: StrOrPromise = ""
    """What it will do, where that needs saying: then it has a page of its own."""
    told: tuple[str, ...] = ()
    """Fields of the form that belong in the log."""
    upload: Callable[[Any, Incoming], AbstractContextManager[StoredFile]] | None = None
    """What keeps the file that its form takes, while the verb makes a picture of it or does not."""
    said: StrOrPromise = ""
    """What is said once it is done, where "done" would be too much: a job does the rest."""
    asks: Callable[[Any], bool] = lambda row: True
    """Whether, with this row, it needs the page that its form or its words give it."""
    aside: str = ""
    """A template for what else whoever decides should see, from `deed_context`."""

    @property
    def takes_file(self) -> bool:
        return self.upload is not None

    @property
    def has_page(self) -> bool:
        return self.form is not None or bool(self.words)


class Doing:
    """For a ModelAdmin: its deeds, each behind a POST form with its token."""

    deeds: tuple[Deed, ...] = ()

    # Given by ModelAdmin.
    model: type[Model]
    admin_site: Any
    opts: Any
    get_object: Callable[..., Any]
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    def get_urls(self) -> list[URLPattern]:
        base = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.deed_view)
        route = path("<path:object_id>/do/<slug:name>/", view, name=f"{base}_deed")
        take = self.admin_site.admin_view(self.upload_view)
        uploads = [
            path(
                f"<path:object_id>/do/{deed.name}/", take, {"name": deed.name}, name=f"{base}_file"
            )
            for deed in self.deeds
            if deed.takes_file
        ]
        return [*uploads, route, *super().get_urls()]  # type: ignore[misc]

    def may_do(self, request: HttpRequest, row: Any = None) -> bool:
        """Who may edit rows of this kind may do this, also where no field can be edited."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def deeds_of(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """The buttons of a row as it is now."""
        if not self.may_do(request, row):
            return []
        return [
            {
                "deed": deed,
                "url": self.deed_url(row, deed),
                "has_page": deed.has_page and deed.asks(row),
            }
            for deed in self.deeds
            if deed.may(row)
        ]

    def deed_url(self, row: Any, deed: Deed) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_deed"
        return reverse(name, args=[row.pk, deed.name])

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        context["deeds"] = self.deeds_of(request, obj) if obj is not None else []
        answer: HttpResponse = super().render_change_form(  # type: ignore[misc]
            request, context, *args, obj=obj, **kwargs
        )
        return answer

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The page of a deed (GET), and the deed itself (POST)."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        row, deed = self._asked_for(request, object_id, name)
        form = self._form(request, deed, row)
        if request.method == "POST" and form.is_valid():
            try:
                return self._done(request, deed, row, form.cleaned_data)
            except Refused as refused:
                form.add_error(next(iter(form.fields), None), str(refused))
        return self._page(request, deed, row, form)

    @csrf_exempt  # until the handler is set: looking for the form's token reads the whole body
    def upload_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The same for a deed that takes a file: from whom it may come, while it is wanted."""
        if request.method != "POST":
            return self.deed_view(request, object_id, name)
        row, deed = self._asked_for(request, object_id, name)
        if not deed.may(row):
            answer: HttpResponse = csrf_protect(self._too_late)(request, row)
            return answer
        if is_far_too_large(request):
            let_pass(request)
            return self._page(request, deed, row, self._refused_file(deed, "too-large"))
        try:
            with store.receive(settings.DATA_DIR) as incoming:
                request.upload_handlers = [OneFile(request, incoming)]
                answer = csrf_protect(self._upload)(request, deed, row)
        except OSError as error:
            log.warning("upload-not-kept", error=error.strerror)
            return self._page(request, deed, row, self._refused_file(deed, "disk-refused"))
        return answer

    def _upload(self, request: HttpRequest, deed: Deed, row: Any) -> HttpResponse:
        handler = request.upload_handlers[0]
        assert isinstance(handler, OneFile)
        assert deed.form
        assert deed.upload
        form = deed.form(request.POST, request.FILES)
        if handler.trouble:
            form = self._refused_file(deed, handler.trouble)
        elif form.is_valid():
            try:
                with deed.upload(row, handler.incoming) as file:
                    told = {"stored": file, "sha256": file.sha256}
                    return self._done(request, deed, row, {**form.cleaned_data, **told})
            except BadPicture as bad:
                form = self._refused_file(deed, bad.reason)
            except Refused as refused:
                form.add_error(FIELD, str(refused))
        return self._page(request, deed, row, form)

    def _refused_file(self, deed: Deed, reason: str) -> Form:
        """The form, with what was wrong with the file beside its field."""
        assert deed.form
        form = deed.form({}, MultiValueDict())
        form.fields[FIELD].error_messages["required"] = file_sentence(reason)
        return form

    def _too_late(self, request: HttpRequest, row: Any) -> HttpResponse:
        words = _("Nothing was done: its state has changed in the meantime.")
        self.message_user(request, words, messages.WARNING)
        return redirect(self.after_deed(row))

    def _asked_for(self, request: HttpRequest, object_id: str, name: str) -> tuple[Any, Deed]:
        """The row and what is to be done with it, by whom that may be done."""
        row = self.get_object(request, object_id)
        if not self.may_do(request, row):
            raise PermissionDenied
        deed = next((deed for deed in self.deeds if deed.name == name), None)
        if row is None or deed is None:
            raise Http404
        return row, deed

    def _done(
        self, request: HttpRequest, deed: Deed, row: Any, typed: dict[str, Any]
    ) -> HttpResponse:
        if not self.carry_out(request, deed, row, typed):
            return self._too_late(request, row)
        words = str(deed.said) or _("Done: %s.") % deed.label
        self.message_user(request, words, messages.SUCCESS)
        return redirect(self.after_deed(row))

    def each(self, request: HttpRequest, name: str, rows: Iterable[Any]) -> None:
        """The same deed with every row that was ticked in a list."""
        deed = next(deed for deed in self.deeds if deed.name == name)
        done = left = 0
        for row in rows:
            try:
                moved = self.may_do(request, row) and self.carry_out(request, deed, row, {})
            except Refused as refused:
                self.message_user(request, str(refused), messages.WARNING)
                moved = False
            done, left = done + moved, left + (not moved)
        if done:
            words = ngettext("Done with %d row.", "Done with %d rows.", done) % done
            self.message_user(request, words, messages.SUCCESS)
        if left:
            words = ngettext(
                "%d row was not in a state for this.", "%d rows were not in a state for this.", left
            )
            self.message_user(request, words % left, messages.WARNING)

    def has_do_permission(self, request: HttpRequest) -> bool:
        """For the actions of a list."""
        return self.may_do(request)

    def after_deed(self, row: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])

    def carry_out(
        self, request: HttpRequest, deed: Deed, row: Any, typed: Mapping[str, Any]
    ) -> bool:
        """Let the verb do it, and write down who did what, together or not at all."""
        assert isinstance(request.user, User)
        with transaction.atomic():
            done = deed.do(row, request.user, dict(typed))
            if done:
                note = " ".join(str(typed[field]) for field in deed.told if typed.get(field))
                self.log_change(request, row, [{"deed": deed.name, "note": note}])
        log.info(
            "panel",
            deed=deed.name,
            model=self.opts.model_name,
            row=row.pk,
            by=request.user.pk,
            done=done,
        )
        return done

    def deed_context(self, request: HttpRequest, deed: Deed, row: Any) -> dict[str, Any]:
        """What the page of a deed shows beside its words; a ModelAdmin says what."""
        return {}

    def deed_initial(self, deed: Deed, row: Any) -> dict[str, Any]:
        """What the form of a deed begins with."""
        return {}

    def _form(self, request: HttpRequest, deed: Deed, row: Any) -> Form:
        kind = (deed.form if deed.asks(row) else None) or Form
        if request.method != "POST":
            return kind(initial=self.deed_initial(deed, row))
        return kind(request.POST)

    def _page(self, request: HttpRequest, deed: Deed, row: Any, form: Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(deed.label),
            "subtitle": f"{self.opts.verbose_name} {row}",
            "opts": self.opts,
            "deed": deed,
            "row": row,
            "form": form,
            "is_too_late": not deed.may(row),
            "back": self.after_deed(row),
            **self.deed_context(request, deed, row),
        }
        status = 422 if form.is_bound and form.errors else 200
        return render(request, "admin/deed.html", context, status=status)
