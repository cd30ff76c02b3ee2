"""The worker process (design 2.4): claims, keeps the schedule, and in the embedded default executes too."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerAway

from governance.jobs import claims
from governance.jobs.broker import QUEUE, THREADS, app, hand_out
from governance.jobs.claims import Claimed
from governance.jobs.hands import hands
from governance.jobs.models import Job, WorkerBeat
from governance.jobs.reaching import Broker
from governance.jobs.registry import get_kind, kinds, warmups
from governance.jobs.schedule import Schedule
from governance.live.outage import LOST

logger = logging.getLogger("chenu.jobs")

MOST_HANDED_OUT = 64  # over Redis: waiting there is waiting out of order
LOOK_EVERY = 1.0  # seconds: covers a lost hint and jobs whose time has come
TICK = 1.0
BEAT_EVERY = 2  # ticks
RETURN_WITHIN = 5.0  # seconds, for processes that lost the database as we did
FINISH_WITHIN = 4.0  # seconds; the supervisor kills after 6


class Worker:
    """Works from `start()` to `leave()`, in threads of its own."""

    def __init__(self, threads: int = THREADS) -> None:
        self.threads = threads
        self.executes = not settings.REDIS_URL
        self.schedule = Schedule()
        self.broker = Broker(QUEUE) if settings.REDIS_URL else None
        self.executors: set[int] = set()

    def _warm_up(self) -> None:
        for call in warmups():
            call()

    def start(self) -> None:
        kinds()
        hands.open()
        if self.executes:
            controller = app.WorkController(
                pool="threads",
                concurrency=self.threads,
                without_heartbeat=True,
                without_gossip=True,
                without_mingle=True,
            )
            self._begin("celery", controller.start)
            threading.Thread(target=self._warm_up, name="jobs-warm-up", daemon=True).start()
        self._begin("claims", self._claim_loop)
        self._begin("clock", self._clock_loop)

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=self._vital, args=(name, work), name=f"jobs-{name}", daemon=True).start()

    def _vital(self, name: str, work: Callable[[], None]) -> None:
        """A worker with a dead thread would look alive and do nothing: it ends, to be started again."""
        try:
            work()
        except Exception:
            logger.exception("the worker's %s failed", name)
        if not hands.stopping.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def leave(self) -> None:
        """Lets running jobs finish for a moment, gives the others back, says goodbye."""
        hands.stopping.set()
        deadline = time.monotonic() + FINISH_WITHIN
        while hands.held() and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            claims.give_back(hands.held())
            WorkerBeat.objects.filter(holder=hands.holder).delete()
        except LOST as error:
            hands.outage.began(error)
        finally:
            connection.close()

    def _claim_loop(self) -> None:
        while not hands.stopping.is_set():
            hands.woken.wait(LOOK_EVERY)
            hands.woken.clear()
            if not hands.alive.is_set():
                continue
            try:
                while not hands.stopping.is_set() and self._claim():
                    continue
            except LOST as error:
                hands.outage.began(error)
                hands.stopping.wait(LOOK_EVERY / 2)
            finally:
                connection.close()

    def _claim(self) -> bool:
        """Takes and hands out what there is room for; may there be more?"""
        room = self._room()
        if room <= 0:
            return False
        holder = hands.holder if self.executes else None
        found = claims.claim(room, holder, list(kinds()))
        for place, claimed in enumerate(found):
            try:
                self._hand_out(claimed)
            except BrokerAway as error:
                assert self.broker
                self.broker.lost(error)
                claims.give_back([(one.id, one.fence) for one in found[place:]])
                return False
        return len(found) == room

    def _room(self) -> int:
        if self.broker is None:
            return self.threads - len(hands.held())
        # Also what lies there unread: without an executor the messages of one job would pile up, lease by lease.
        there = max(Job.objects.filter(state=Job.State.QUEUED)[:MOST_HANDED_OUT].count(), self.broker.unread())
        return 0 if self.broker.away else MOST_HANDED_OUT - there

    def _hand_out(self, claimed: Claimed) -> None:
        if claimed.tries >= get_kind(claimed.kind).tries:
            claims.bury(claimed)
            return
        if self.executes:
            hands.take(claimed.id, claimed.fence)
        hand_out(claimed.id, claimed.fence)

    def _clock_loop(self) -> None:
        ticks = 0
        while not hands.stopping.is_set():
            try:
                self._look_at_broker()
                self._tick(ticks)
            except LOST as error:
                hands.outage.began(error)
            finally:
                connection.close()
            ticks += 1
            hands.stopping.wait(TICK)

    def _look_at_broker(self) -> None:
        """What was handed out to a Redis that has been away may be forgotten there: it is handed out anew."""
        if self.broker is not None and self.broker.is_back():
            claims.recall()
            self.broker.recalled()
            hands.woken.set()

    def _tick(self, ticks: int) -> None:
        if ticks % BEAT_EVERY == 0:
            WorkerBeat.objects.bulk_create(
                [WorkerBeat(holder=hands.holder, seen_at=Now())],
                update_conflicts=True,
                unique_fields=["holder"],
                update_fields=["seen_at"],
            )
            hands.outage.ended()
            # After an outage everybody's lock is gone for a moment, and nobody is dead.
            if hands.outage.is_over_for(RETURN_WITHIN) and claims.recover():
                hands.woken.set()
        if self.broker is not None:
            self._look_at_executors()
        self.schedule.enter_due(time.time())

    def _look_at_executors(self) -> None:
        """One that is gone may have taken messages from Redis that it has not begun: no row says which."""
        before, self.executors = self.executors, claims.holders()
        if before - self.executors and claims.recall():
            hands.woken.set()
