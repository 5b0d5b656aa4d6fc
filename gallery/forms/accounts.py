"""Accounts: what people say about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery.models import User

MAX_PASSWORD = 4096
"""Characters: nobody types more, and hashing takes time."""


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
        password = self.cleaned_data.get("password")
        if password is not None and password != repeated:
            raise ValidationError(_("The two passwords differ."))
        return repeated


class SetupForm(forms.Form):
    """The first administrator."""

    username = forms.CharField(
        max_length=150, validators=[*User._meta.get_field("username").validators]
    )
    password = forms.CharField(strip=False, widget=forms.PasswordInput)

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("This name is taken."))
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password
