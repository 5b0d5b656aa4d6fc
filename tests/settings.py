"""Settings for the tests: the real ones, with timings shortened. Nothing is asserted less."""

import os
from pathlib import Path

os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "tests"))

from project.settings import *  # noqa: F403
from project.settings import DATA_DIR, DATABASES

# A file as in real life, not memory: jobs write from threads, which memory cannot bear.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

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
# Processes that a test hurts are told by the environment how soon a hung cluster is noticed.
HEARTBEAT_SECONDS = float(os.environ.get("TEST_HEARTBEAT_SECONDS", "10"))
HEARTBEAT_LATE_SECONDS = float(os.environ.get("TEST_HEARTBEAT_LATE_SECONDS", "45"))
