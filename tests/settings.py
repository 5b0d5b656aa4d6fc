"""Settings for the tests: the real ones, with timings shortened. Nothing is asserted less."""

import os
from pathlib import Path

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "tests"))

from project.settings import *  # noqa: F403
from project.settings import CACHES, DATA_DIR, DATABASES, Q_CLUSTER, REDIS_URL

# A file as in real life, not memory: jobs write from threads, which memory cannot bear.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

# PostgreSQL and Redis may be shared with other runs, and with other workers of this one: each has
# a database and keys of its own name. Installations that a test starts are told theirs.
RUN = os.environ.get("TEST_RUN") or os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
OWN_NAME = os.environ.get("TEST_INSTALLATION") or f"artel_{RUN or os.getpid()}_{WORKER}"
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["TEST"] = {"NAME": f"test_{OWN_NAME}"}
if REDIS_URL:
    CACHES["default"]["KEY_PREFIX"] = OWN_NAME
    Q_CLUSTER["name"] = OWN_NAME

# Hashing passwords slowly protects real accounts; here it would only cost minutes.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

CONNECT_SECONDS = 1.0
CREATE_SECONDS = 3.0
CLAIM_SECONDS = 5.0
DOWNLOAD_SECONDS = 4.0
BACKOFF_BASE_SECONDS = 0.2
BACKOFF_MAX_SECONDS = 1.0
NOT_FOUND_SECONDS = 3600.0
NOT_FOUND_TIMES = 3
LEASE_SECONDS = 4.0
LOCK_SECONDS = 6.0
# Processes that a test hurts are told by the environment how soon a hung cluster is noticed.
HEARTBEAT_SECONDS = float(os.environ.get("TEST_HEARTBEAT_SECONDS", "10"))
HEARTBEAT_LATE_SECONDS = float(os.environ.get("TEST_HEARTBEAT_LATE_SECONDS", "45"))
