"""Artel's settings: one file, read from environment variables and nowhere else.

A variable that is blank or malformed raises ImproperlyConfigured with one sentence that names it;
manage.py and wsgi.py print that sentence and end with exit code 2. No sentence repeats a secret.
"""

import os
import re
import warnings
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import environs
from csp.constants import NONE, SELF

from project.environment import BASE_DIR as PROGRAM
from project.environment import (
    boolean,
    data_directory,
    env,
    host_entries,
    integer,
    refuse,
    secret_key,
    text,
    web_address,
    words,
)
from project.log import configure as configure_log

# Where the program lies.
BASE_DIR = PROGRAM

# Everything that this installation writes: database, originals, thumbnails, the secret key, locks.
DATA_DIR = data_directory()

# Signs sessions and forms; made once and kept in DATA_DIR (mode 600) unless given.
SECRET_KEY = secret_key(DATA_DIR)

# ------------------------------------------------------------------------------
# Where it is served

# Shows tracebacks in the browser: for development alone.
DEBUG = boolean("DEBUG")

# The address and the port that the web server listens on.
HOST = text("HOST", "127.0.0.1")
if not re.fullmatch(r"[A-Za-z0-9.:-]+", HOST):
    refuse("HOST", "must be an address such as 127.0.0.1 or 0.0.0.0.")
PORT = integer("PORT", 8000, 1, 65535)

# The address that people type, such as https://artel.example; an https one switches on secure
# cookies and HSTS.
PUBLIC_URL = web_address("PUBLIC_URL", path=False)

# On: a proxy in front of us sets X-Forwarded-Proto and X-Forwarded-For, and nobody can reach us
# but through it.
TRUSTED_PROXY = boolean("TRUSTED_PROXY")

# On: originals are handed to nginx by X-Accel-Redirect instead of being sent by Python.
ACCEL_REDIRECT = boolean("ACCEL_REDIRECT")


def own_names() -> list[str]:
    """The host names that this installation answers to when ALLOWED_HOSTS is unset."""
    names = ["localhost", ".localhost", "127.0.0.1", "[::1]"]
    if HOST not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        names.append(f"[{HOST}]" if ":" in HOST else HOST)
    if PUBLIC_URL:
        public = urlsplit(PUBLIC_URL).hostname or ""
        names.append(f"[{public}]" if ":" in public else public)
    return list(dict.fromkeys(names))


# The host names that this installation answers to.
ALLOWED_HOSTS = words("ALLOWED_HOSTS", ",".join(own_names()))
for name in ALLOWED_HOSTS:
    if not re.fullmatch(r"\.?[\w.-]*\w|\[[0-9a-f:.]+\]", name):
        refuse("ALLOWED_HOSTS", "must be a list of host names such as artel.example,.example.org.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
# We never speak TLS ourselves: only a proxy's word tells https from http.
SECURE_SSL_REDIRECT = SECURE and TRUSTED_PROXY
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None
# Silenced: the redirect (see above), and promises about other hosts below PUBLIC_URL's name (HSTS
# for subdomains, preload lists), which are for their owner to make. And axes' middleware, which
# would answer in the login page's stead.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021", "axes.W002"]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# A prompt of 100,000 characters is to reach the form and be answered there: up to 12 bytes each,
# URL-encoded.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
# No form takes a file. Django would write any that is sent to the disk, of whatever size, and
# before it asks for a login; a view that wants files sets handlers of its own, with a limit
# (gallery/admin/upload.py has the only one).
FILE_UPLOAD_HANDLERS: list[str] = []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# ------------------------------------------------------------------------------
# The provider of pictures


def provider_key() -> str:
    """The provider's key, or nothing when the demo provider is to be used."""
    key = text("GPTUNNEL_API_KEY")
    if not key and "GPTUNNEL_API_URL" in os.environ:
        text("GPTUNNEL_API_URL")
        refuse(
            "GPTUNNEL_API_KEY",
            "is unset although GPTUNNEL_API_URL is set: set the key, or unset both for the demo.",
        )
    if not key.isascii() or " " in key:
        refuse("GPTUNNEL_API_KEY", "holds a blank or a letter that no key has.")
    return key


# The raw key of the provider's API. Unset: the built-in demo provider draws the pictures, and every
# page says so.
PROVIDER_KEY = provider_key()
IS_DEMO = not PROVIDER_KEY

# The API's address.
GPTUNNEL_API_URL = web_address("GPTUNNEL_API_URL", "https://gptunnel.ru/v1", path=True)

# Where `serve` has started the demo provider: set by it alone.
DEMO_URL = web_address("DEMO_URL", "http://127.0.0.1:9", path=True)

PROVIDER = "demo" if IS_DEMO else GPTUNNEL_API_URL
PROVIDER_URL = DEMO_URL if IS_DEMO else GPTUNNEL_API_URL
if IS_DEMO:
    PROVIDER_KEY = "demo"

# Hosts from which results may be fetched; an entry that is an address or localhost, with a port,
# permits a private address and plain http there.
RESULT_HOSTS = host_entries("RESULT_HOSTS", "storage.yandexcloud.net,gptunnel.ru")
if IS_DEMO:
    RESULT_HOSTS = [*RESULT_HOSTS, urlsplit(DEMO_URL).netloc]

# The most requests for results in a second, and the most creates on the wire at once.
POLL_RATE = integer("POLL_RATE", 20, 1, 1000)
CREATES_IN_FLIGHT = integer("CREATES_IN_FLIGHT", 8, 1, 100)

# Timings in seconds. None is a variable: they follow from the API's facts and from each other.

# A create: connecting, and all of it; its claim outlives both, so that no two senders overlap.
CONNECT_SECONDS: float = 10
CREATE_SECONDS: float = 180
CLAIM_SECONDS: float = 300
# One question for a result; one download, however slowly it drips, and its most bytes.
RESULT_SECONDS: float = 20
DOWNLOAD_SECONDS: float = 120
DOWNLOAD_BYTES = 64 * 1024 * 1024

# A pump looks for due work this often, turns for this long, and holds its lease for this long.
TICK_SECONDS = 1.0
PUMP_SECONDS: float = 10
LEASE_SECONDS: float = 15
# Questions and downloads at once: network alone, so more than there are cores.
POLL_THREADS = 64
SAVES_IN_FLIGHT = 16

# A task without a picture is lost after this long, or when "no such task" comes this often over
# this time; until then it is asked about more and more slowly, at least this often.
LOST_SECONDS: float = 72 * 3600
NOT_FOUND_SECONDS: float = 3600
NOT_FOUND_TIMES = 5
POLL_MAX_SECONDS: float = 3600

# A picture that comes this long after it was sent has come after all: models take two minutes at
# most before their card says "Longer than usual", and it has said so for ten.
AFTER_ALL_SECONDS: float = 720

# "Try later" fails a task at this many times within this time; the waits between two tries.
LATER_TIMES = 8
LATER_SECONDS: float = 24 * 3600
BACKOFF_BASE_SECONDS: float = 2
BACKOFF_MAX_SECONDS: float = 300

# Spending pauses by itself: so many unknowns of the provider's making within this time, less disk
# than this, or a good file due for this long while no save succeeds.
BREAKER_TIMES = 2
BREAKER_SECONDS: float = 600
DISK_FLOOR_BYTES = 512 * 1024 * 1024
ARCHIVER_DEAD_SECONDS: float = 600

# What has been paid for, and ready for so long, and is not saved, is said loudly: on every page to
# administrators, and once for each of these in the log and by mail. Links die after 24 hours.
ALARM_SECONDS: tuple[float, ...] = (3600, 6 * 3600, 18 * 3600)
# So many refusals of one person's content within this time hold their sending for as long.
REFUSED_TIMES = 3
REFUSED_SECONDS: float = 24 * 3600
# The provider's balance: a reading is good for so long, and is made this often without being asked
# for. What was sent may be charged for this long after; a task's money moves for this long at most.
BALANCE_SECONDS: float = 60
BALANCE_EVERY_SECONDS: float = 3600
CHARGE_SECONDS: float = 900
MONEY_MOVES_SECONDS: float = 73 * 3600

# A heartbeat travels through the queue this often; later than this, the cluster is replaced.
HEARTBEAT_SECONDS: float = 10
HEARTBEAT_LATE_SECONDS: float = 45
# A cluster that is to be replaced has ended as far as it ever will when no worker of it was busy
# for so long. Each time that a process ends soon the pause before the next start is a longer one;
# one that lived so long starts again without.
QUIET_SECONDS: float = 3
RESTART_PAUSES: tuple[float, ...] = (0.0, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS: float = 10
# A launcher, or a cluster, waits so long for the last process of its predecessor to be gone.
LOCK_SECONDS: float = 15

# A half-written file this old belongs to nobody any more; so does a half-written note of an id, or
# one of pictures that were being removed: those take a second.
INCOMING_SECONDS: float = 3600
NOTE_SECONDS: float = 60

# A page asks for its cards' news this often, and shows this many pictures at a time.
LIVE_SECONDS = 1.0
PAGE_SIZE = 60

# What is deleted lies in the trash for so long; then its files and words are gone.
TRASH_SECONDS: float = 30 * 24 * 3600

# A zip of pictures is kept for so long after it was made, and its row for so long. All of them take
# at most so many bytes, and those of one person a fifth: nobody alone keeps another from having
# one. Nor do they have more at a time than this.
ZIP_SECONDS: float = 24 * 3600
ZIP_ROW_SECONDS: float = 14 * 24 * 3600
ZIP_BYTES = integer("ZIP_GIGABYTES", 50, 1, 10_000) * 1024**3
ZIP_BYTES_EACH = ZIP_BYTES // 5
ZIPS_EACH = 20
# Zips are made in turn, each for so long at a time; whoever works on one is dead after this long.
ZIP_SLICE_SECONDS: float = 1
ZIP_CLAIM_SECONDS: float = 30

# What was done to pictures can be taken back for so long.
CHANGES_SECONDS: float = 7 * 24 * 3600

# A picture may be used as a reference by the provider's own link for so long after it was ready:
# links die after a day, and the provider may fetch a while after it was asked.
REFERENCE_SECONDS: float = 20 * 3600

# ------------------------------------------------------------------------------
# Django itself

INSTALLED_APPS = [
    "gallery",
    "gallery.apps.PanelConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "django_q",
    "axes",
]

MIDDLEWARE = [
    "project.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "gallery.middleware.NoDatabase",
    "gallery.middleware.Preferences",
    "gallery.middleware.RefusedMethods",
    "gallery.middleware.LoginRequired",
    "gallery.middleware.Visits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

AUTH_USER_MODEL = "gallery.User"
CSRF_FAILURE_VIEW = "gallery.views.errors.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
# Axes asks first whether the password may be looked at; Django's own then looks.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "gallery.throttle.Throttle"
# A failed login counts for so long,
AXES_COOLOFF_TIME = timedelta(minutes=15)
# so many are enough for an account, or a device where it has logged in before,
AXES_FAILURE_LIMIT = 10
# so many for an address, which a whole office may share,
ADDRESS_FAILURE_LIMIT = 30
# and an address may fill in the sign-up so often, or ask for mail with a link.
SIGNUP_LIMIT = 10
RESET_LIMIT = 5
# Its pages would let an administrator edit what was counted, and its log keep who came when.
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]


SERVICES = "pip install --require-hashes -r requirements-services.txt"


def database() -> dict[str, Any]:
    """SQLite in DATA_DIR, or what DATABASE_URL names (SQLite or PostgreSQL)."""
    written = text("DATABASE_URL")
    sentence = (
        "must be a URL such as postgres://user:password@host:5432/name or sqlite:////folder/file."
    )
    if written and written.split(":", 1)[0] not in {"postgres", "postgresql", "sqlite"}:
        refuse("DATABASE_URL", sentence)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = dict(env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'artel.sqlite3'}"))
    except (environs.EnvError, ValueError, TypeError, UserWarning):
        refuse("DATABASE_URL", sentence)
    if not found.get("NAME"):
        refuse("DATABASE_URL", sentence)
    found["CONN_MAX_AGE"] = None
    if found["ENGINE"] == "django.db.backends.sqlite3":
        # What was opened while the file could only be read stays so: SQLite never tries again.
        found["CONN_MAX_AGE"] = 60
        found["OPTIONS"] = {
            "timeout": 20,
            # A deferred transaction that turns writer fails at once with "locked"; this one waits.
            "transaction_mode": "IMMEDIATE",
            # FULL: what is committed before a paid call is still there after a power cut.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
            ),
        }
    else:
        if find_spec("psycopg") is None:
            refuse("DATABASE_URL", f"needs psycopg: {SERVICES}.")
        found["CONN_HEALTH_CHECKS"] = True
        asked = found.get("OPTIONS", {})
        # As FULL above, whatever the server, its role or PGOPTIONS say.
        durable = f"{asked.get('options', '')} -c synchronous_commit=on".strip()
        found["OPTIONS"] = {"connect_timeout": 10, **asked, "options": durable}
    return found


def redis_url() -> str:
    """REDIS_URL; nothing when it is unset."""
    value = text("REDIS_URL")
    if not value:
        return value
    try:
        good = urlsplit(value).scheme in {"redis", "rediss", "unix"} and urlsplit(value).port != 0
    except ValueError:
        good = False
    if not good:
        refuse("REDIS_URL", "must be a URL such as redis://host:6379/0.")
    if find_spec("redis") is None:
        refuse("REDIS_URL", f"needs the package redis: {SERVICES}.")
    return value


# The database: SQLite in DATA_DIR, or PostgreSQL.
DATABASES = {"default": database()}


# When set: cache, sessions and the queue's broker are in Redis.
REDIS_URL = redis_url()

# A Redis that hangs holds up no page and no worker: it answers within so many seconds or is taken
# for dead. The queue waits there for a second at a time, so that it is to be longer than that. What
# was idle for the interval is tried before it is used: whoever restarts Redis breaks no page.
REDIS_LIMITS = {"socket_timeout": 3, "socket_connect_timeout": 3, "health_check_interval": 30}

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "project.cache.SoftRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "artel",
            "OPTIONS": REDIS_LIMITS,
        }
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "artel"}
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.db"

Q_CLUSTER: dict[str, Any] = {
    "name": "artel",
    "label": "Queue",
    # One for each kind of job, and two so that the heartbeat gets through while sends drag on.
    "workers": 6,
    # The lock of a prefetched job runs from its prefetch, so few wait in memory.
    "queue_limit": 6,
    # Jobs bound themselves; this is only far above. Its own end would be an exception in mid-send.
    "timeout": 3600,
    "retry": 7200,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": -1,
    "poll": 0.2,
    "guard_cycle": 0.5,
    "recycle": 500,
    "log_level": "INFO",
}
if REDIS_URL:
    # In the URL, because the other form that django-q2 takes knows neither TLS nor sockets.
    mark = "&" if "?" in REDIS_URL else "?"
    Q_CLUSTER["redis"] = f"{REDIS_URL}{mark}{urlencode(REDIS_LIMITS)}"
else:
    Q_CLUSTER["orm"] = "default"

# ------------------------------------------------------------------------------
# Language, time, mail, files, log

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "project.formats"
# Each in its own words, so that whoever cannot read the page finds theirs.
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True

# The installation's time zone: months of the budget begin by it.
TIME_ZONE = text("TIME_ZONE", "UTC")
try:
    ZoneInfo(TIME_ZONE)
except (KeyError, ValueError, OSError):
    refuse("TIME_ZONE", "must be a name such as Europe/Moscow or UTC.")

LANGUAGE_COOKIE_AGE = 400 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE

# The mail server; unset: no mail is sent, and an administrator gives out one-time links.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if text("EMAIL_URL"):
    try:
        mail = env.dj_email_url("EMAIL_URL")
    except (environs.EnvError, ValueError, TypeError, KeyError):
        refuse("EMAIL_URL", "must be a URL such as submission://user:password@host:587.")
    if not mail.get("EMAIL_BACKEND"):
        refuse("EMAIL_URL", "must be a URL such as submission://user:password@host:587.")
    EMAIL_BACKEND = mail["EMAIL_BACKEND"]
    EMAIL_HOST = mail["EMAIL_HOST"]
    EMAIL_PORT = mail["EMAIL_PORT"]
    EMAIL_HOST_USER = mail["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = mail["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = mail["EMAIL_USE_SSL"]
    EMAIL_TIMEOUT = 20
    DEFAULT_FROM_EMAIL = mail.get("DEFAULT_FROM_EMAIL") or EMAIL_HOST_USER or "artel@localhost"
SENDS_MAIL = "dummy" not in EMAIL_BACKEND

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# The first administrator, made by `serve` unless that user exists; unset: a one-time link instead.
SUPERUSER_USERNAME = text("DJANGO_SUPERUSER_USERNAME")
SUPERUSER_PASSWORD = text("DJANGO_SUPERUSER_PASSWORD")
SUPERUSER_EMAIL = text("DJANGO_SUPERUSER_EMAIL")
if SUPERUSER_PASSWORD and not SUPERUSER_USERNAME:
    refuse("DJANGO_SUPERUSER_USERNAME", "is unset although DJANGO_SUPERUSER_PASSWORD is set.")
if SUPERUSER_EMAIL and not re.fullmatch(r"[^@\s]+@[^@\s]+", SUPERUSER_EMAIL):
    refuse("DJANGO_SUPERUSER_EMAIL", "must be an address such as name@mail.example.")

# One line an event, on standard error; see project/log.py. Ours tell what happens, the libraries'
# what goes wrong, and DEBUG makes both tell more.
configure_log()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "project.log.Line"}},
    "filters": {
        # Who asks for our health reads the answer: it need not be an error in the log each time.
        "not_health": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not record.getMessage().endswith(": /healthz"),
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO" if DEBUG else "WARNING"},
    "loggers": {
        "gallery": {"level": "DEBUG" if DEBUG else "INFO"},
        "project": {"level": "DEBUG" if DEBUG else "INFO"},
        "django": {"handlers": [], "level": "INFO" if DEBUG else "WARNING", "propagate": True},
        # A missing page or a stale form is the visitor's affair.
        "django.request": {"level": "ERROR", "filters": ["not_health"]},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
