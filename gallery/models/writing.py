"""Whether the database takes anything. One that only answers keeps the pages going, and no more."""

from __future__ import annotations

import os

from django.db import connection


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
        return os.access(file, os.W_OK) and not os.statvfs(file).f_flag & os.ST_RDONLY
    except OSError:
        return False
