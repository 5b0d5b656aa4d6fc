"""The web application for the server; a bad setting is one sentence and exit code 2."""

import gc
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from gallery.jobs.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

# `manage.py web` names itself here, so that no worker of its outlives it.
if "ARTEL_WEB_PID" in os.environ:
    die_with_parent(int(os.environ["ARTEL_WEB_PID"]))

try:
    application = get_wsgi_application()
    _ = get_resolver().url_patterns
except ImproperlyConfigured as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)

# What is loaded by now stays as long as the process. The collector would look through it again and
# again, and a page that just then is asked for would wait 40 to 70 ms for it.
gc.collect()
gc.freeze()
