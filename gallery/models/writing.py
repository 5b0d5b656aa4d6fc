"""Whether the database takes anything. One that only answers keeps the pages going, and no more."""

from __future__ import annotations

import os

from django.db import connection

ROOM_BYTES = 1024 * 1024
"""A disk with less takes no more than what is written over."""


def takes_writes() -> bool:
    """Seen without writing: of SQLite by its file, of PostgreSQL by what it says of itself, which
    may be a standby. Raises DatabaseError when it does not even answer.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SHOW transaction_read_only")
            return bool(cursor.fetchone()[0] == "off")
        cursor.execute("PRAGMA query_only")
        if cursor.fetchone()[0]:
            return False
    file = connection.settings_dict["NAME"]
    try:
        disk = os.statvfs(file)
    except OSError:
        return False
    has_room = disk.f_bavail * disk.f_frsize >= ROOM_BYTES
    return has_room and os.access(file, os.W_OK) and not disk.f_flag & os.ST_RDONLY
