"""Coming in, going out, and the first administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login as start_session
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from gallery.forms import NewPasswordForm, SetupForm
from gallery.models import Studio, User, one_time_tokens

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

login = require_http_methods(["GET", "HEAD", "POST"])(
    LoginView.as_view(
        redirect_authenticated_user=True,
        # A new installation has nobody who could log in: the page says where its first one is made.
        extra_context={"is_new": lambda: not User.objects.exists()},
    )
)
logout = login_not_required(LogoutView.as_view())


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator by a one-time link."""
    if not Studio.objects.is_setup_token(token):
        raise Http404
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "gallery/setup.html", {"form": form}, status=status)
    with transaction.atomic():
        if not Studio.objects.use_setup_token(token):
            raise Http404
        user = User.objects.create_superuser(**form.cleaned_data)
    start_session(request, user)
    return redirect("studio_show")


TOKEN = "one_time_token"  # noqa: S105 - the name of what the session keeps
IN_SESSION = "set"
"""Stands in the address instead of the token, which no header is to give away."""


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_set(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Set a password by a one-time link, and log in."""
    user = User.objects.named_by(uidb64)
    kept = request.session.get(TOKEN, "") if token == IN_SESSION else token
    if user is None or not one_time_tokens.check_token(user, kept):
        return render(request, "registration/password_void.html", status=404)
    if token != IN_SESSION:
        request.session[TOKEN] = token
        return redirect("password_set", uidb64, IN_SESSION)
    form = NewPasswordForm(request.POST or None, user=user)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"form": form, "whose": user}
        return render(request, "registration/password_set.html", context, status=status)
    found = User.objects.use_one_time_link(user, kept, form.cleaned_data["password"])
    if found is None:
        return render(request, "registration/password_void.html", status=404)
    del request.session[TOKEN]
    start_session(request, found)
    return redirect("studio_show")
