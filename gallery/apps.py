from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class GalleryConfig(AppConfig):
    name = "gallery"
    verbose_name = "Artel"
    default_auto_field = "django.db.models.BigAutoField"
    default = True


class PanelConfig(admin_apps.AdminConfig):
    """Django's admin with a front page of our own."""

    default = False
    default_site = "gallery.panel.PanelSite"
