"""Killed, stopped, doubled, cut off: nothing is lost and nothing is done twice."""

from __future__ import annotations

import time
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from governance.models import Job, WorkerBeat
from tests.governance.jobs.conftest import all_done, states
from tests.governance.jobs.kinds import effects
from tests.governance.live.processes import eventually
from tests.ground import admin_dsn


def test_killing_the_worker_loses_no_job_and_the_next_one_finishes_all(start_worker, put, alice):
    jobs = [put(alice, "tests.slow") for _ in range(8)]
    first = start_worker()
    eventually(lambda: sum("begun" in effects(job.object_id) for job in jobs) >= 3)
    first.kill()
    cut_short = {job.pk for job, state in zip(jobs, states(jobs), strict=True) if state == "running"}
    assert cut_short
    start_worker()
    eventually(lambda: all_done(jobs), within=50)  # a lease lasts a minute: it was not waited for
    assert all("done" in effects(job.object_id) for job in jobs)
    assert cut_short <= set(Job.objects.filter(pk__in=[job.pk for job in jobs], fence=2).values_list("pk", flat=True))


def test_a_stopped_worker_finishes_what_is_short_and_gives_back_the_rest(start_worker, put, alice):
    short, endless = put(alice, "tests.slow"), put(alice, "tests.endless")
    worker = start_worker()
    eventually(lambda: effects(short.object_id) and effects(endless.object_id))
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 6
    assert states([short, endless]) == ["done", "pending"]
    endless.refresh_from_db()
    assert (endless.tries, endless.lease_until) == (0, None)
    assert not WorkerBeat.objects.filter(seen_at__gt=timezone.now() - timedelta(seconds=5)).exists()
    Job.objects.filter(pk=endless.pk).update(state="dead")


@pytest.fixture
def outage(database):
    """`outage(seconds)`: nobody gets to this test's database for a while."""

    from django.db import connection

    def outage(seconds):
        connection.close()
        connection.close_pool()
        with psycopg.connect(admin_dsn(), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
            try:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
                time.sleep(seconds)
            finally:
                admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')

    return outage


def test_a_database_that_goes_and_comes_back_costs_one_line_and_no_job(start_worker, put, alice, outage):
    jobs = [put(alice, "tests.ask") for _ in range(3)]
    worker = start_worker()
    eventually(lambda: states(jobs).count("running") == 3)
    outage(6)
    back = time.monotonic()
    new = put(alice, "tests.write")
    eventually(lambda: all_done([new]))
    eventually(lambda: all_done(jobs))
    assert time.monotonic() - back < 10
    assert len(worker.log().splitlines()) == worker.count, worker.log()
    assert "the database does not answer" in worker.log()
    assert set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("fence", "tries")) == {(2, 2)}


def test_a_worker_that_cannot_work_any_more_ends(start_worker, database):
    worker = start_worker()
    with psycopg.connect(admin_dsn(database), autocommit=True) as admin:
        admin.execute("ALTER TABLE governance_job RENAME TO governance_job_away")
        try:
            eventually(worker.ended, within=30)
        finally:
            admin.execute("ALTER TABLE governance_job_away RENAME TO governance_job")
    assert "the worker's" in worker.log()


def test_a_period_is_entered_once_by_two_workers(start_worker):
    since = int(time.time())
    start_worker()
    start_worker()
    pulses = Job.objects.filter(kind="tests.pulse", slot__gt=since)
    eventually(lambda: pulses.count() >= 3, within=30)
    slots = list(pulses.values_list("slot", flat=True))
    assert len(slots) == len(set(slots))
