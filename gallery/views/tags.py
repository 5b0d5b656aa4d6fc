"""One's tags: how many pictures each has, other names for them, and doing without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gallery import search
from gallery.forms import TagForm
from gallery.models import Change, NameTaken, Tag

from .changes import told
from .requests import StudioRequest, sent

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from gallery.models import User


def counted(user: User) -> QuerySet[Tag]:
    """The user's tags, each with its pictures in the gallery: it stays while one in the trash has
    it.
    """
    hanging = Count("taggings", filter=Q(taggings__image__trashed_at=None))
    return Tag.objects.of(user).annotate(count=hanging)


@require_safe
def tag_list(request: StudioRequest) -> HttpResponse:
    return render(request, "gallery/tag_list.html", {"tags": counted(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def tag_rename(request: StudioRequest, pk: int) -> HttpResponse:
    """Another name; when it is another tag's, one is asked whether the two are to become one."""
    tag = get_object_or_404(counted(request.user), pk=pk)
    form = TagForm(sent(request), initial={"name": tag.name})
    context = {"tag": tag, "form": form}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "gallery/tag_rename.html", context, status=status)
    try:
        change = Change.objects.rename(request.user, tag, form.cleaned_data["name"])
    except NameTaken:
        other = get_object_or_404(counted(request.user), key=form.key)
        if not form.cleaned_data["merge"]:
            context["other"] = other
            return render(request, "gallery/tag_rename.html", context, status=422)
        if not Tag.objects.of(request.user).merge(tag, other):  # gone since
            raise Http404 from None
        search.follow(request.user, search.Field.TAG, tag.name, other.name)
        messages.success(request, _("The two tags are one now."))
        return redirect("tag_list")
    return told(request, change, "tag_list")


@require_http_methods(["GET", "HEAD", "POST"])
def tag_delete(request: StudioRequest, pk: int) -> HttpResponse:
    """Take a tag off all of its pictures, after asking."""
    tag = get_object_or_404(counted(request.user), pk=pk)
    if request.method == "POST":
        Tag.objects.of(request.user).remove(tag)
        messages.success(request, _("Tag deleted."))
        return redirect("tag_list")
    return render(request, "gallery/tag_delete.html", {"tag": tag})
