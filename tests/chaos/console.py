"""`python -m tests.chaos.console`: an installation's Django at hand, without a start for each word.

A line of JSON is a script; what it leaves in `answer` is the reply. No part of the installation
that chaos hurts: see rig.Rig.
"""

from __future__ import annotations

import json
import sys
import traceback

import django
from django.db import close_old_connections


def main() -> None:
    django.setup()
    for line in sys.stdin:
        close_old_connections()
        names: dict[str, object] = {"answer": None}
        try:
            exec(json.loads(line), names)
            reply = {"answer": names["answer"]}
        except Exception:
            reply = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(reply, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
