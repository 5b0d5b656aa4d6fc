"""Why something waits, ended or was stopped: stored as codes, shown as sentences."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    # Gates: a queued task that waits says why.
    "undo": _("Leaves in a moment; until then canceling is free."),
    "turn": _("Waiting for its turn."),
    # No word of money: an answer of this kind that is no definite refusal leaves a task unknown.
    "try-later": _("The provider is busy and asked to try later."),
    "not-chosen": _("An administrator has not switched this model on."),
    "switched-off": _("An administrator switched this model off."),
    "paused": _("Spending is paused."),
    "held": _(
        "Your sending is held: the provider refused the content of three prompts within 24 hours."
    ),
    "model-off": _("This model is switched off."),
    "other-provider": _("Made for another provider, which is not configured now."),
    # Not sent: proven that no byte left.
    "dns": _("The provider's address could not be found."),
    "refused": _("The provider refused the connection."),
    "unreachable": _("The provider could not be reached."),
    "connect-timeout": _("The provider did not take the connection in time."),
    "tls": _("No secure connection to the provider could be made."),
    "fence": _("Held back at the last moment; nothing was sent."),
    # Why spending is paused.
    "by-hand": _("An administrator paused spending."),
    "key-refused": _("The provider refuses the API key."),
    "no-key": _("There is no API key, so that real pictures wait."),
    "balance-empty": _("The balance at the provider is used up."),
    "breaker": _("The provider left two requests without a usable answer within ten minutes."),
    "disk-full": _("The disk is nearly full."),
    "archive-gone": _("The folder of the pictures is gone, or empty."),
    "archiver-dead": _("Finished pictures could not be saved for ten minutes."),
    "unreadable": _("For ten minutes no answer of the provider about a picture was understood."),
    "clock": _("The clock of this server jumped by more than five minutes."),
    "restored": _("This installation was restored from a backup."),
    # Why a model is off.
    "model-forbidden": _("The provider does not allow this model for this key."),
    # Failures.
    "content-refused": _("The provider refused the content of this prompt."),
    "request-refused": _("The provider refused this request."),
    "too-often-later": _("The provider was too busy eight times in a day."),
    "provider-failed": _("The provider could not make this picture."),
    "never-left": _("It turned out that this request never left. Nothing was paid."),
    "not-charged": _("An administrator recorded that this was not charged."),
    # Unknown.
    "sender-died": _("The sending was interrupted; its answer is not known."),
    "timeout": _("The provider did not answer in time."),
    "reset": _("The connection broke before the answer came."),
    "cut-short": _("The provider's answer broke off in the middle."),
    "redirect": _("The provider answered with a redirect, which is not followed."),
    "no-id": _("The provider's answer named no task."),
    "known-id": _("The provider's answer named a task that is known already."),
    "not-json": _("The provider's answer could not be read."),
    "provider-error": _("The provider reported an internal error."),
    "after-restore": _("It may have been sent since the backup was made."),
    # Why a picture is not saved yet, and lost.
    "slow": _("The provider takes longer than usual."),
    "gone": _("The link to the picture was dead; a new one is asked for."),
    "damaged": _("The file was damaged; it is fetched again."),
    "other-kind": _("The provider sent a file of another kind than a picture; it is kept apart."),
    "not-a-picture": _("The provider sent something that is no picture."),
    "too-many-pixels": _("The picture is larger than 100 megapixels."),
    "too-large": _("The file is larger than 64 MB."),
    "host-forbidden": _("The picture lies on a host that is not allowed."),
    "address-forbidden": _("The picture lies at an address that is not allowed."),
    "download-failed": _("The picture could not be downloaded yet; trying again."),
    "disk": _("The picture could not be written to disk yet; trying again."),
    "never-came": _("No picture came within 72 hours."),
    "no-such-task": _("The provider no longer knows this task."),
    # Why a picture cannot be used as a reference.
    "link-none": _("This picture was brought in by hand: the provider has no link to it."),
    "link-foreign": _("This picture is another provider's, whose links are not passed on."),
    "link-expired": _("The provider's link has expired; only a fresh picture can be a reference."),
    # Money.
    "sent-again": _("Sent again as a new task; this one was written off."),
    "given-up": _("An administrator wrote this off."),
}

_FAMILIES = {
    "http-429": "try-later",
    "http-425": "try-later",
    "http-503": "try-later",
    "code-6": "try-later",
    "code-1": "provider-error",
    "code-500": "provider-error",
}


def family(code: str) -> str:
    """The code whose words it is shown by."""
    return _FAMILIES.get(code, code)


NEVER_LEFT = frozenset({"dns", "refused", "unreachable", "connect-timeout", "tls", "fence"})
"""Of these it is proven that no byte left; a refusal is another thing, for which it did."""

MISMATCHES: dict[str, str | Promise] = {
    "prompt-differs": _("The provider has another prompt under this id."),
    "prompt-untold": _("The provider does not say which prompt it has under this id."),
    "time-outside": _("The provider took this id at another time than this task was sent."),
    "time-untold": _("The provider does not say when it took this id."),
}
"""What of an id that was given does not match its task."""


def sentence(code: str) -> str:
    """A reason in words. A code without words of its own is shown by its family, never raw."""
    if not code:
        return ""
    found = SENTENCES.get(family(code))
    if found is None:
        found = _("The provider gave no usable answer.")
    return str(found)
