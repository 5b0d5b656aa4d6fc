"""One's own page: what was spent, how pages look and speak, password and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from gallery.forms import PasswordForm, ProfileForm
from gallery.models import Budget, User, current_month
from gallery.throttle import knock, remember_device

from .accounts import too_many

if TYPE_CHECKING:
    from django.http import HttpResponse

    from .requests import StudioRequest


@require_safe
def profile_show(request: StudioRequest) -> HttpResponse:
    return render(request, "gallery/profile_show.html", _page(request))


@require_POST
def profile_edit(request: StudioRequest) -> HttpResponse:
    """Set language, theme and time zone."""
    form = ProfileForm(request.POST, user=request.user)
    if not form.is_valid():
        return render(request, "gallery/profile_show.html", _page(request, form=form), status=422)
    User.objects.set_preferences(request.user, **form.cleaned_data)
    response = _done("saved")
    # The login page speaks the same after a logout.
    if language := form.cleaned_data["language"]:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


@sensitive_post_parameters()
@require_POST
def password_change(request: StudioRequest) -> HttpResponse:
    """Set another password; the other sessions end."""
    account = str(request.user.pk)
    if refused := knock(request, "password_change", settings.AXES_FAILURE_LIMIT, account):
        return too_many(request, "gallery/profile_show.html", refused, _page(request))
    form = PasswordForm(request.POST, user=request.user)
    if not form.is_valid():
        context = _page(request, password_form=form)
        return render(request, "gallery/profile_show.html", context, status=422)
    User.objects.change_password(request.user, form.cleaned_data["password"])
    return _keep_session(request, "password")


@require_POST
def sessions_end(request: StudioRequest) -> HttpResponse:
    """Log out everywhere but here."""
    User.objects.end_sessions(request.user)
    return _keep_session(request, "sessions")


def _page(
    request: StudioRequest,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
) -> dict[str, Any]:
    return {
        "budgets": _budgets(request.user),
        "preferences": form or ProfileForm(user=request.user),
        "form": password_form,
        "done": request.GET.get("done"),
    }


def _budgets(user: User) -> list[Budget]:
    """This month's money, real before demo; a month in which nothing was ordered has no row yet."""
    found = {row.demo: row for row in Budget.objects.this_month().of(user)}
    return [
        found.get(demo)
        or Budget(
            month=current_month(), user=user, demo=demo, limit_kopecks=user.monthly_limit_kopecks
        )
        for demo in (False, True)
        if demo in found or demo == settings.IS_DEMO
    ]


def _keep_session(request: StudioRequest, done: str) -> HttpResponse:
    update_session_auth_hash(request, request.user)
    response = _done(done)
    remember_device(request, response, request.user)
    return response


def _done(what: str) -> HttpResponse:
    return redirect(f"{reverse('profile_show')}?done={what}")
