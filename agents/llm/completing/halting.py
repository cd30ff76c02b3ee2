"""What kill switches do to completions: none begins while one holds, and those under way are hung up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils.translation import gettext as _

from agents.llm.exchange import Stop
from governance.errors import Halted
from governance.isolation.context import Why, bind, system_scope
from governance.kills.models import InstallationStop, Kill
from governance.kills.scopes import STOPPED_BY_STAFF

LOOK_EVERY = 0.25  # seconds
logger = logging.getLogger("chenu.completions")
_watched: dict[Stop, UUID] = {}
_lock = threading.Lock()
_watcher: threading.Thread | None = None


def refuse_held(sphere: str) -> None:
    """Raises Halted where a kill switch holds the bound identity, or the sphere that would pay."""
    if InstallationStop.objects.filter(lifted_at=None, scope=InstallationStop.Scope.ALL).exists():
        raise Halted(STOPPED_BY_STAFF, by="operator")
    reach = Q(scope=Kill.Scope.IDENTITY)
    if sphere:
        reach |= Q(scope=Kill.Scope.SPHERE, ref=sphere)
    if Kill.objects.filter(reach, lifted_at=None).exists():
        raise Halted(_("A kill switch holds here: nothing begins until somebody lifts it."))


@contextmanager
def stoppable(identity_id: UUID, stop: Stop) -> Iterator[None]:
    """For the block, `stop` is asked when somebody stops everything in the identity, in whichever process."""
    with _lock:
        _watched[stop] = identity_id
        _wake_watcher()
    try:
        yield
    finally:
        with _lock:
            _watched.pop(stop, None)


def _wake_watcher() -> None:
    global _watcher
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_watch, name="halts", daemon=True)
        _watcher.start()


def _watch() -> None:
    """Looks while any completion of this process is under way, then ends."""
    global _watcher
    while True:
        time.sleep(LOOK_EVERY)
        with _lock:
            if not _watched:
                _watcher = None
                break
            watched = dict(_watched)
        try:
            held = _held(set(watched.values()))
        except DatabaseError as error:
            logger.warning("kill switches cannot be seen at this moment: %s", error)
            connection.close()
            continue
        for stop, identity_id in watched.items():
            if identity_id in held:
                stop.ask()
    connection.close()


def _held(identities: set[UUID]) -> set[UUID]:
    with bind(None), system_scope(Why.STOP):
        if InstallationStop.objects.filter(lifted_at=None, scope=InstallationStop.Scope.ALL).exists():
            return identities
        pulled = Kill.objects.filter(identity_id__in=identities, scope=Kill.Scope.IDENTITY, lifted_at=None)
        return set(pulled.values_list("identity_id", flat=True))
