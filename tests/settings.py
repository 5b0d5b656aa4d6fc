"""Settings for the tests: the real ones, with timings shortened. Nothing is asserted less."""

import os

from project.settings import *  # noqa: F403

# Hashing passwords slowly protects real accounts; here it would only cost minutes.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

CONNECT_SECONDS = 1
CREATE_SECONDS = float(os.environ.get("TEST_CREATE_SECONDS", "3"))
CLAIM_SECONDS = float(os.environ.get("TEST_CLAIM_SECONDS", "5"))
DOWNLOAD_SECONDS = 4
BACKOFF_BASE_SECONDS = 0.2
BACKOFF_MAX_SECONDS = 1
NOT_FOUND_SECONDS = 1
NOT_FOUND_TIMES = 3
LEASE_SECONDS = 4
HEARTBEAT_SECONDS = float(os.environ.get("TEST_HEARTBEAT_SECONDS", "10"))
HEARTBEAT_LATE_SECONDS = float(os.environ.get("TEST_HEARTBEAT_LATE_SECONDS", "45"))
