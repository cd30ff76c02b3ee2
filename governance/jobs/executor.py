"""What makes `celery -A chenu worker` an executor of ours: it takes a job's holder along and leaves in order."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import Any

from celery import signals
from django.db import connection

from governance.jobs import claims
from governance.jobs.hands import hands
from governance.jobs.registry import warmups
from governance.live.outage import LOST

FINISH_WITHIN = 4.0  # seconds; the supervisor kills after 6
LET_GO_WITHIN = 1.0  # seconds, for Celery's own end
RECONNECTING = "consumer: "


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery configures none of its own; what it says of a lost broker is said once, by our connection."""
    logging.getLogger("celery.worker.consumer.consumer").addFilter(
        lambda record: not record.getMessage().startswith(RECONNECTING)
    )


@signals.worker_init.connect
def ready(sender: Any, **_: Any) -> None:
    if not _has_threads(sender):
        return
    hands.open()
    threading.Thread(target=_warm_up, name="jobs-warm-up", daemon=True).start()
    # Celery gives the name of the worker to this signal, not the worker.
    signals.worker_shutting_down.connect(_leave_soon, weak=False)


def _warm_up() -> None:
    for call in warmups():
        call()


def _has_threads(worker: Any) -> bool:
    """In a pool of processes each child keeps what it has in hand, and Celery ends them."""
    return "thread" in str(worker.pool_cls)


def _leave_soon(**_: Any) -> None:
    # In a signal handler: nothing may be waited for here.
    threading.Thread(target=leave, name="jobs-leave", daemon=True).start()


def leave() -> None:
    """Lets running jobs finish for a moment, gives the others back, and ends whatever still runs."""
    hands.stopping.set()
    deadline = time.monotonic() + FINISH_WITHIN
    while hands.held() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        claims.give_back(hands.held())
    except LOST as error:
        hands.outage.began(error)
    finally:
        connection.close()
    time.sleep(LET_GO_WITHIN)
    sys.stdout.flush()
    sys.stderr.flush()
    # Handlers that did not end in time were given back; waiting for their threads would be in vain.
    os._exit(0)
