"""A process that calls through the limits: what tests and nobody else start.

    python -m tests.agents.llm.limits.asking PROVIDER REQUESTS AT_ONCE CALLS

Asks for CALLS leases one after the other, never gives one back before the last, and writes the moment of each.
The window is three seconds. `hang` instead of CALLS: says “waiting” once it waits, and goes on waiting.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from uuid import uuid4

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chenu.settings"
    django.setup()
    from django.conf import settings

    from agents.llm.limits import contract
    from agents.llm.limits.waiting import Turn, wait_for_room
    from agents.llm.passage import provider_of

    name, requests, at_once, calls = sys.argv[1:5]
    settings.LIMITS_SCALE, contract.WINDOW = 1, 3.0
    facts = replace(provider_of("anthropic"), id=name, rpm=int(requests), max_concurrency=int(at_once))
    for _ in range(1 if calls == "hang" else int(calls)):
        turn = Turn(uuid4(), uuid4(), 10)
        lease = wait_for_room(facts, turn, threading.Event(), lambda wait: print("waiting", flush=True))
        print("lease", lease.ticket, flush=True)


if __name__ == "__main__":
    main()
