from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.backends.signals import connection_created


class GalleryConfig(AppConfig):
    name = "gallery"
    verbose_name = "Artel"
    default_auto_field = "django.db.models.BigAutoField"
    default = True

    def ready(self) -> None:
        connection_created.connect(_compile_no_queries)


def _compile_no_queries(connection: Any, **kwargs: Any) -> None:
    """PostgreSQL compiles what it takes to be dear: for 100 ms and more, where ours take 10."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


class PanelConfig(admin_apps.AdminConfig):
    """Django's admin with a front page of our own."""

    default = False
    default_site = "gallery.panel.PanelSite"
