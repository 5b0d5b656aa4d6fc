"""Coming in, going out, and the first administrator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import login as start_session
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from gallery.forms import NewPasswordForm, ResetForm, SetupForm, SignupForm
from gallery.jobs import cluster
from gallery.models import Studio, User, one_time_tokens
from gallery.throttle import knock, refusal, remember_device

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.http import HttpRequest, HttpResponse

    from gallery.models import Refused


class LoginPage(LoginView):
    """Django's, throttled; it makes the device known."""

    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:  # type: ignore[override]  # its stub is of a later Django
        """Not to itself: Django takes a link that says so for our own mistake, and breaks off."""
        url = super().get_redirect_url()
        return "" if url == self.request.path else url

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        remember_device(self.request, response, form.get_user())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        refused = refusal(self.request)
        if refused is None:
            return super().form_invalid(form)
        context = self.get_context_data(form=form)
        return too_many(self.request, "registration/login.html", refused, context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            # A new installation has nobody who could log in: the page says where its first is made.
            is_new=lambda: not User.objects.exists(),
            signup_open=lambda: Studio.objects.current().signup_open,
            sends_mail=settings.SENDS_MAIL,
            **kwargs,
        )


login = require_http_methods(["GET", "HEAD", "POST"])(LoginPage.as_view())
logout = login_not_required(LogoutView.as_view())
language_set = login_not_required(require_POST(set_language))


@login_not_required
@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """The panel's own login page would be a second door: it leads to the one that there is."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def too_many(
    request: HttpRequest, template: str, refused: Refused, context: dict[str, Any]
) -> HttpResponse:
    """The form again, with when it may be tried again.

    A form in the context is to be one that nobody has checked: what is wrong with it would answer
    the very question that was refused.
    """
    seconds = max(1, math.ceil((refused.until - timezone.now()).total_seconds()))
    context["wait_minutes"] = math.ceil(seconds / 60)
    response = render(request, template, context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def enter(request: HttpRequest, user: User) -> HttpResponse:
    """Begin a session for somebody who has just proved who they are."""
    start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    response = redirect("studio_show")
    remember_device(request, response, user)
    return response


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
    return enter(request, user)


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
    return enter(request, found)


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """Make an account of one's own, while an administrator leaves that open."""
    if not Studio.objects.current().signup_open:
        raise Http404
    if request.user.is_authenticated:
        return redirect("studio_show")
    form = SignupForm(request.POST or None)
    if form.is_bound and (refused := knock(request, "signup", settings.SIGNUP_LIMIT)):
        typed = SignupForm(initial=request.POST.dict())
        return too_many(request, "gallery/signup.html", refused, {"form": typed})
    user = form.create() if form.is_valid() else None
    if user is None:
        status = 422 if form.is_bound else 200
        return render(request, "gallery/signup.html", {"form": form}, status=status)
    return enter(request, user)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for mail with a one-time link, where mail is configured."""
    if not settings.SENDS_MAIL:
        raise Http404
    form = ResetForm(request.POST or None)
    if form.is_bound and (refused := knock(request, "password_reset", settings.RESET_LIMIT)):
        typed = ResetForm(initial=request.POST.dict())
        return too_many(request, "registration/password_reset.html", refused, {"form": typed})
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "registration/password_reset.html", {"form": form}, status=status)
    email = form.cleaned_data["email"]
    # The mailbox is spared, and whoever asks learns nothing by it.
    if not knock(request, "password_reset_mail", settings.RESET_LIMIT, email.casefold()):
        found = [user.pk for user in User.objects.with_mail(email)]
        site = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
        cluster.send_reset_links(found, site, get_language() or settings.LANGUAGE_CODE)
    return redirect("password_reset_sent")


@login_not_required
@require_safe
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """Says the same whether there is such an account or not."""
    return render(request, "registration/password_reset_sent.html")
