"""“Stop” reaches a call that is under way: one watcher per process asks for all of its runs together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, connection

from agents.llm.exchange import Stop
from agents.pipeline.models import Run
from governance.isolation.context import Why, bind, system_scope

LOOK_EVERY = 0.25  # seconds
logger = logging.getLogger("chenu.runs")
_watched: dict[UUID, Stop] = {}
_lock = threading.Lock()
_watcher: threading.Thread | None = None


@contextmanager
def stoppable(run_id: UUID) -> Iterator[Stop]:
    """A Stop for the block, asked when a person stops the run."""
    stop = Stop()
    with _lock:
        _watched[run_id] = stop
        _wake_watcher()
    try:
        yield stop
    finally:
        with _lock:
            _watched.pop(run_id, None)


def _wake_watcher() -> None:
    global _watcher
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_watch, name="stops", daemon=True)
        _watcher.start()


def _watch() -> None:
    """Looks while any run of this process is under way, then ends."""
    global _watcher
    while True:
        with _lock:
            if not _watched:
                _watcher = None
                break
            runs = dict(_watched)
        try:
            for run_id in _stopped(list(runs)):
                runs[run_id].ask()
        except DatabaseError as error:
            logger.warning("stops cannot be seen at this moment: %s", error)
            connection.close()
        time.sleep(LOOK_EVERY)
    connection.close()


def _stopped(run_ids: list[UUID]) -> list[UUID]:
    with bind(None), system_scope(Why.STOP):
        asked = Run.objects.filter(pk__in=run_ids).to_stop()
        return list(asked.values_list("pk", flat=True))
