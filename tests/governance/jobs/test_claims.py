"""Claims, leases and fences, step by step and without a worker process."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from governance.jobs import claims
from governance.jobs.claims import LOCK_CLASS
from governance.models import Job
from tests.governance.jobs.conftest import states

KINDS = ["tests.fence"]
DEAD, ALIVE = 1_000_001, 1_000_002  # holders


@pytest.fixture(autouse=True)
def empty_queue(db):
    Job.objects.filter(kind__in=KINDS).delete()
    yield
    Job.objects.filter(kind__in=KINDS).delete()


@pytest.fixture
def living_holder(db):
    """A connection that holds the lock of ALIVE."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
        own.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK_CLASS, ALIVE])
        yield


def silent_for(job, seconds):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() + timedelta(seconds=claims.LEASE - seconds))


def test_a_process_that_lost_its_lease_cannot_finish(put, alice):
    row = put(alice, "tests.fence")
    (zombie,) = claims.claim(5, DEAD, KINDS)
    assert claims.start(row.pk, zombie.fence, DEAD).object_id == row.object_id
    silent_for(row, claims.LEASE + 1)
    assert claims.recover() >= 1  # other tests leave jobs of workers that they killed
    assert states([row]) == ["pending"]
    (heir,) = claims.claim(5, ALIVE, KINDS)
    assert (zombie.fence, heir.fence) == (1, 2)
    assert claims.start(row.pk, heir.fence, ALIVE) is not None
    assert claims.settle(row.pk, zombie.fence, "done") is False
    assert claims.retry(row.pk, zombie.fence, 1, "late") is False
    assert states([row]) == ["running"]
    assert claims.settle(row.pk, heir.fence, "done") is True


def test_a_message_delivered_twice_starts_once(put, alice):
    row = put(alice, "tests.fence")
    (claimed,) = claims.claim(5, ALIVE, KINDS)
    assert claims.start(row.pk, claimed.fence, ALIVE) is not None
    assert claims.start(row.pk, claimed.fence, ALIVE) is None


def test_what_a_dead_process_held_is_taken_over_before_its_lease_ends(put, alice, living_holder):
    row, kept = put(alice, "tests.fence"), put(alice, "tests.fence")
    claims.claim(1, DEAD, KINDS)
    claims.claim(1, ALIVE, KINDS)
    for job in (row, kept):
        silent_for(job, claims.SILENCE + 1)
    claims.recover()
    assert states([row, kept]) == ["pending", "queued"]


def test_a_holder_that_only_reconnects_keeps_its_jobs(put, alice):
    row = put(alice, "tests.fence")
    claims.claim(1, DEAD, KINDS)
    silent_for(row, claims.SILENCE - 2)
    claims.recover()
    assert states([row]) == ["queued"]


def test_a_lease_is_prolonged_by_its_holder_only(put, alice):
    row = put(alice, "tests.fence")
    (claimed,) = claims.claim(1, ALIVE, KINDS)
    silent_for(row, 30)
    claims.renew(DEAD, [(row.pk, claimed.fence)])
    row.refresh_from_db()
    assert row.lease_until < timezone.now() + timedelta(seconds=31)
    claims.renew(ALIVE, [(row.pk, claimed.fence)])
    row.refresh_from_db()
    assert row.lease_until > timezone.now() + timedelta(seconds=55)


def test_least_running_first_then_the_oldest_and_five_at_most(put, alice, bob):
    jobs = [put(alice, "tests.fence") for _ in range(7)]
    late = put(bob, "tests.fence")
    assert {claimed.id for claimed in claims.claim(3, ALIVE, KINDS)} == {jobs[0].pk, jobs[1].pk, late.pk}
    assert {claimed.id for claimed in claims.claim(20, ALIVE, KINDS)} == {job.pk for job in jobs[2:5]}
    assert claims.claim(20, ALIVE, KINDS) == []


def test_two_claimers_never_take_the_same_job_nor_more_than_five(put, alice):
    jobs = [put(alice, "tests.fence") for _ in range(20)]
    taken: list[object] = []

    def take():
        try:
            for _ in range(5):
                taken.extend(claimed.id for claimed in claims.claim(2, ALIVE, KINDS))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(job.pk for job in jobs[:5])


def test_a_job_waits_for_its_time_and_for_a_process_that_knows_its_kind(put, alice):
    put(alice, "tests.fence", run_at=timezone.now() + timedelta(hours=1))
    put(alice, "tests.fence")
    assert claims.claim(5, ALIVE, ["another.kind"]) == []
    assert len(claims.claim(5, ALIVE, KINDS)) == 1


def test_a_job_that_took_its_workers_down_is_buried(put, alice):
    row = put(alice, "tests.fence")
    (claimed,) = claims.claim(1, ALIVE, KINDS)
    claims.bury(claimed)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("dead", "worker_lost")


def test_giving_back_frees_a_job_at_once_and_its_start_does_not_count(put, alice):
    begun, waiting, lost = (put(alice, "tests.fence") for _ in range(3))
    fences = {claimed.id: claimed.fence for claimed in claims.claim(3, ALIVE, KINDS)}
    claims.start(begun.pk, fences[begun.pk], ALIVE)
    claims.give_back([(begun.pk, 1), (waiting.pk, 1), (lost.pk, 99)])
    assert states([begun, waiting, lost]) == ["pending", "pending", "queued"]
    assert set(Job.objects.filter(kind__in=KINDS).values_list("tries", flat=True)) == {0}


@pytest.mark.parametrize(("tries", "pause"), [(1, 1), (2, 5), (3, 30), (4, 120), (9, 120)])
def test_the_pauses_before_another_try(put, alice, tries, pause):
    row = put(alice, "tests.fence")
    (claimed,) = claims.claim(1, ALIVE, KINDS)
    claims.start(row.pk, claimed.fence, ALIVE)
    claims.retry(row.pk, claimed.fence, tries, "x")
    row.refresh_from_db()
    assert pause - 1 < (row.run_at - timezone.now()).total_seconds() <= pause
