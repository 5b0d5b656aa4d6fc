"""Settings of the installations that chaos hurts: claims, leases and restarts take a second or two.

Nothing is asserted less. TEST_FAILPOINTS names a folder from which failpoints are armed while the
processes run: see tests/chaos/failpoints.py. No other settings arm any.
"""

import os
from pathlib import Path

from tests.chaos.failpoints import react_from
from tests.settings import *  # noqa: F403
from tests.settings import Q_CLUSTER

CONNECT_SECONDS = 1.0
CREATE_SECONDS = 2.0
CLAIM_SECONDS = 3.0
RESULT_SECONDS = 2.0
DOWNLOAD_SECONDS = 2.0
PUMP_SECONDS = 4.0
LEASE_SECONDS = float(os.environ.get("TEST_LEASE_SECONDS", "2"))
POLL_RATE = 100
BACKOFF_BASE_SECONDS = 0.1
BACKOFF_MAX_SECONDS = 0.5
LATER_TIMES = 4
POLL_MAX_SECONDS = 2.0
NOT_FOUND_SECONDS = 2.0
NOT_FOUND_TIMES = 3
LOST_SECONDS = float(os.environ.get("TEST_LOST_SECONDS", "3600"))

# What the chaos brings about would stop the spending, and with it the chaos.
BREAKER_TIMES = 1_000_000
REFUSED_TIMES = 1_000_000
ARCHIVER_DEAD_SECONDS = 3600.0

HEARTBEAT_SECONDS = 0.5
HEARTBEAT_LATE_SECONDS = float(os.environ.get("TEST_HEARTBEAT_LATE_SECONDS", "15"))
QUIET_SECONDS = 0.3
RESTART_PAUSES = (0.0, 0.1)
Q_CLUSTER["guard_cycle"] = 0.1
Q_CLUSTER["poll"] = 0.1

# An hour's worth of age for a half-written file, and for a note.
INCOMING_SECONDS = 5.0
NOTE_SECONDS = 3.0

if folder := os.environ.get("TEST_FAILPOINTS"):
    react_from(Path(folder))
