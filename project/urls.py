"""The whole map of addresses."""

from django.contrib import admin
from django.urls import path

from gallery.views.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
