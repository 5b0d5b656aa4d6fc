"""Accounts: what people say about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from gallery.models import User

MAX_PASSWORD = 4096
"""Characters: nobody types more, and hashing takes time."""

TAKEN = _("This name is taken.")


def same(password: str | None, repeated: str) -> str:
    """Raise ValidationError unless it is the password again. A bad one has its message already."""
    if password is not None and password != repeated:
        raise ValidationError(_("The two passwords differ."))
    return repeated


class NewPasswordForm(forms.Form):
    """A new password, twice, for a user."""

    password = forms.CharField(strip=False, max_length=MAX_PASSWORD)
    repeated = forms.CharField(strip=False, max_length=MAX_PASSWORD)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean_repeated(self) -> str:
        repeated: str = self.cleaned_data["repeated"]
        return same(self.cleaned_data.get("password"), repeated)


class PasswordForm(NewPasswordForm):
    """Another password, for somebody who knows the one there is."""

    current = forms.CharField(strip=False, max_length=MAX_PASSWORD)

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError(_("This is not your password."))
        return current


class SetupForm(forms.Form):
    """The first administrator."""

    username = forms.CharField(
        max_length=150, validators=[*User._meta.get_field("username").validators]
    )
    password = forms.CharField(strip=False, max_length=MAX_PASSWORD, widget=forms.PasswordInput)

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.is_taken(username):
            raise ValidationError(TAKEN)
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password


class SignupForm(SetupForm):
    """A new member, by their own wish."""

    repeated = forms.CharField(strip=False, max_length=MAX_PASSWORD)
    email = forms.EmailField(required=False, max_length=254)

    def clean_repeated(self) -> str:
        repeated: str = self.cleaned_data["repeated"]
        return same(self.cleaned_data.get("password"), repeated)

    def create(self) -> User | None:
        """The new user; None, with the reason, when the name was taken a moment ago."""
        data = self.cleaned_data
        try:
            with transaction.atomic():
                return User.objects.create_user(
                    data["username"], data["email"] or None, data["password"]
                )
        except IntegrityError:
            self.add_error("username", TAKEN)
            return None


class ResetForm(forms.Form):
    """Whom to send a link to: their mailbox alone learns whether they have an account."""

    email = forms.EmailField(max_length=254)
