"""The panel: Django's admin site with a front page of our own.

Not in `gallery.admin`, whose modules register with it as they are imported.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class PanelSite(admin.AdminSite):
    site_header = site_title = "Artel"
    index_title = _("Administration")
    enable_nav_sidebar = False
