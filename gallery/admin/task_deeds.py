"""What an administrator can do with a task, each deed with its form and its words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.jobs import cluster, poll, save
from gallery.models import Image, Question, RemoteIdTaken, Task, TaskStatus, User
from gallery.models.reasons import sentence

from .deeds import Deed, Refused
from .unknown import question_of

S = TaskStatus


class RemoteIdForm(forms.Form):
    remote_id = forms.RegexField(
        r"\A[A-Za-z0-9_-]{8,128}\Z",
        label=_("The provider's task id"),
        help_text=_("8 to 128 letters, digits, - and _: as the provider's own list shows it."),
        error_messages={"invalid": _("This is no id of the provider's.")},
    )


class ConfirmForm(forms.Form):
    """The id that was on the page: another may have been given since."""

    remote_id = forms.CharField(max_length=128, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        label=_("How do you know?"),
        help_text=_("Kept in the ledger, for whoever asks later."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class FileForm(forms.Form):
    """Its field is the one that the handler takes; what is in it is checked by the archive."""

    file = forms.FileField(
        label=_("The file from the provider's site"),
        help_text=_("webp, png or jpeg; at most 64 MB and 100 megapixels."),
        error_messages={
            "required": _("Choose the file."),
            "empty": _("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": "image/webp,image/png,image/jpeg"}),
    )
    all_the_same = forms.BooleanField(
        required=False,
        label=_("Also if another task has the same file"),
        help_text=_("Two pictures are hardly ever equal to the last byte."),
    )


def cancel(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Task.objects.cancel(task.pk, by=by)


def ask_now(task: Task, by: User, typed: dict[str, Any]) -> bool:
    due = Task.objects.ask_now(task.pk)
    if due:
        cluster.wake("poll")
    return due


def ask_again(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return poll.ask_again(task.pk, by)


def identify(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """Have the provider asked about the id: the page does not wait for the answer."""
    if task.provider != settings.PROVIDER:
        raise Refused(sentence("other-provider"))
    try:
        wished = Question.objects.ask(task, typed["remote_id"], by=by)
    except RemoteIdTaken as taken:
        raise Refused(gettext("This id belongs to another task already.")) from taken
    if wished:
        cluster.wake("identify")
    return wished


def confirm_id(task: Task, by: User, typed: dict[str, Any]) -> bool:
    if task.provider != settings.PROVIDER:
        raise Refused(sentence("other-provider"))
    known = Question.objects.confirm(task, typed["remote_id"], by=by)
    if known:
        cluster.wake("poll")
        cluster.wake("balance")
    return known


def withdraw_id(task: Task, by: User, typed: dict[str, Any]) -> bool:
    return Question.objects.withdraw(task)


def compare(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """Have the balance read, and compared with the one before this task was sent."""
    if task.status != S.UNKNOWN:
        return False
    cluster.wake("balance")
    return True


def clear(task: Task, by: User, typed: dict[str, Any]) -> bool:
    cleared = Task.objects.clear(task.pk, typed["note"], by=by)
    if cleared:
        cluster.wake("balance")
    return cleared


def write_off(task: Task, by: User, typed: dict[str, Any]) -> bool:
    given_up = Task.objects.write_off(task.pk, "given-up", by=by)
    if given_up:
        cluster.wake("balance")
    return given_up


def rescue(task: Task, by: User, typed: dict[str, Any]) -> bool:
    """A picture of what was brought, unless it is another task's, by mistake."""
    same = Image.objects.filter(sha256=typed["sha256"], task__isnull=False)
    twin = same.order_by("pk").first()
    if twin is not None and not typed.get("all_the_same"):
        words = gettext(
            "Task %d has this very file. Choose the one that is meant; if it is this one "
            "nevertheless, choose it again and tick the box."
        )
        raise Refused(words % twin.task_id)
    return save.rescue(task, typed["stored"], by=by)


def is_in(*states: TaskStatus) -> Any:
    return lambda task: task.status in states


def waits_for_confirmation(task: Task) -> bool:
    question = question_of(task)
    return question is not None and question.is_doubted


EVIDENCE = "admin/_evidence.html"

DEEDS = (
    Deed("cancel", _("Cancel"), cancel, is_in(S.QUEUED)),
    Deed("ask-now", _("Ask the provider now"), ask_now, is_in(S.RENDERING)),
    Deed("ask-again", _("Ask the provider again"), ask_again, is_in(S.LOST)),
    Deed(
        "rescue",
        _("Upload the file"),
        rescue,
        is_in(S.LOST),
        form=FileForm,
        told=("sha256",),
        upload=save.brought,
        words=_(
            "When the picture can be seen at the provider's site, download it there and give it "
            "here. It is checked like any download, goes to its owner's gallery, and costs no more."
        ),
    ),
    Deed(
        "compare",
        _("Compare the balance"),
        compare,
        is_in(S.UNKNOWN),
        said=_("The balance is being read and compared. Load the page again in a moment."),
    ),
    Deed(
        "confirm-id",
        _("Confirm the id"),
        confirm_id,
        waits_for_confirmation,
        form=ConfirmForm,
        told=("remote_id",),
        aside="admin/_question.html",
        words=_(
            "Something does not match what we sent. When it is this task nevertheless, its "
            "picture is asked for and saved; when it is another, its owner gets a picture that "
            "is not theirs."
        ),
    ),
    Deed(
        "withdraw-id",
        _("Withdraw the id"),
        withdraw_id,
        lambda task: question_of(task) is not None,
    ),
    Deed(
        "identify",
        _("Give the provider's task id"),
        identify,
        is_in(S.UNKNOWN, S.WRITTEN_OFF),
        form=RemoteIdForm,
        said=_("The provider is being asked about this id. Load the page again in a moment."),
        told=("remote_id",),
        words=_(
            "When the provider's own list shows that it took this task, its picture can still be "
            "had: it is asked for and saved. Nothing is sent again and nothing is paid twice. The "
            "provider is asked about the id first; when its prompt or time is not this task's, a "
            "second confirmation is wanted."
        ),
    ),
    Deed(
        "not-charged",
        _("Record as not charged"),
        clear,
        lambda task: task.may_be_sent_again,
        form=NoteForm,
        told=("note",),
        aside=EVIDENCE,
        words=_(
            "The task counts as failed and its price is given back to the purse and to its owner. "
            "Do this only when the provider's own list shows that it never took this task."
        ),
    ),
    Deed(
        "write-off",
        _("Give up"),
        write_off,
        lambda task: task.may_be_sent_again,
        aside=EVIDENCE,
        words=_(
            "The task is written off and its price counts as spent. If its id is found later, "
            "the picture can still be had."
        ),
    ),
)
