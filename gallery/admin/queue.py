"""The queue, to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django_q import admin as queue_admin
from django_q.models import Failure, OrmQ, Success

from gallery.models import Lease

from .base import ReadOnly


@admin.register(Lease)
class LeaseAdmin(ReadOnly):
    list_display = ("name", "holder", "until", "seen_at")


# django-q2's own pages let whoever edits a schedule run any importable function: they go, and its
# schedules come back to be looked at.
for queue_model in (queue_admin.Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(queue_model):
        admin.site.unregister(queue_model)


@admin.register(queue_admin.Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("name", "func", "schedule_type", "minutes", "next_run", "repeats")
    fields = ("name", "func", "schedule_type", "minutes", "next_run", "repeats")
