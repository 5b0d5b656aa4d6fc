"""What people send: checked here, and nowhere past it is a request's body read."""

from .accounts import NewPasswordForm, PasswordForm, ResetForm, SetupForm, SignupForm
from .composer import ComposerForm
from .find import FindForm, Sort
from .history import HistoryForm
from .links import MAX_LINK, check_link
from .marks import (
    NO_PLACE,
    CollectForm,
    FavourForm,
    MemberForm,
    MoveForm,
    NameForm,
    RateForm,
    TagForm,
    TagsForm,
)
from .note import NoteForm
from .press import AGAIN, PressForm, first_words, refusal_words
from .profile import ProfileForm, time_zones
from .rerun import RerunForm
from .run import RunForm, StandForm
from .selection import SelectionForm

__all__ = [
    "AGAIN",
    "MAX_LINK",
    "NO_PLACE",
    "CollectForm",
    "ComposerForm",
    "FavourForm",
    "FindForm",
    "HistoryForm",
    "MemberForm",
    "MoveForm",
    "NameForm",
    "NewPasswordForm",
    "NoteForm",
    "PasswordForm",
    "PressForm",
    "ProfileForm",
    "RateForm",
    "RerunForm",
    "ResetForm",
    "RunForm",
    "SelectionForm",
    "SetupForm",
    "SignupForm",
    "Sort",
    "StandForm",
    "TagForm",
    "TagsForm",
    "check_link",
    "first_words",
    "refusal_words",
    "time_zones",
]
