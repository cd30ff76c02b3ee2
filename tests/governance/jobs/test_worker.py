"""The worker as a process: what it does, and what is left when it dies."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.models import Job, Membership
from tests.governance.jobs.conftest import all_done, states
from tests.governance.jobs.kinds import effects
from tests.governance.live.processes import eventually


def soon(seconds: float = 2) -> datetime:
    """Late enough for what a test must change before the job runs."""
    return timezone.now() + timedelta(seconds=seconds)


def finished(jobs: list[Job]) -> list[datetime]:
    return sorted(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("finished_at", flat=True))


def test_a_job_runs_once_as_the_person_and_identity_that_enqueued_it(worker, put, alice, bob, workshop):
    row = put(bob, "tests.write", workshop)
    eventually(lambda: all_done([row]))
    assert effects(row.object_id) == [f"{bob.user.pk} {workshop.pk} member task"]
    row.refresh_from_db()
    assert (row.tries, row.fence, row.lease_until, row.holder, row.last_error) == (1, 1, None, None, "")
    assert row.finished_at is not None


def test_a_role_changed_meanwhile_is_the_role_it_runs_with(worker, put, alice, bob, workshop):
    row = put(bob, "tests.write", workshop, run_at=soon())
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    eventually(lambda: all_done([row]))
    assert effects(row.object_id) == [f"{bob.user.pk} {workshop.pk} viewer task"]


def test_who_has_left_the_identity_gets_nothing_done(worker, put, alice, bob, workshop):
    row = put(bob, "tests.write", workshop, run_at=soon())
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    eventually(lambda: states([row]) == ["refused"])
    row.refresh_from_db()
    assert row.last_error == "no_longer_member"
    assert effects(row.object_id) == []


def test_a_small_queue_does_not_wait_behind_a_long_one(worker, put, alice, bob):
    at = soon(4)
    many = [put(alice, "tests.short", run_at=at) for _ in range(40)]
    few = [put(bob, "tests.short", run_at=at) for _ in range(2)]
    assert states(many + few) == ["pending"] * 42
    eventually(lambda: all_done(many + few), within=30)
    assert finished(few)[-1] < finished(many)[19]


def test_never_more_than_five_of_one_identity_at_once(worker, put, alice):
    jobs = [put(alice, "tests.slow") for _ in range(7)]
    seen = set()
    while not all_done(jobs):
        seen.add(sum(state in {"queued", "running"} for state in states(jobs)))
    assert max(seen) == 5


def test_a_job_that_keeps_failing_is_given_up_and_tells_no_content(worker, put, alice):
    row = put(alice, "tests.fail")
    eventually(lambda: states([row]) == ["dead"])
    row.refresh_from_db()
    assert (row.tries, row.last_error) == (2, "ValueError")
    assert effects(row.object_id) == ["begun", "begun"]


def test_a_conflict_is_tried_again_after_a_pause(worker, put, alice):
    row = put(alice, "tests.conflict")
    eventually(lambda: all_done([row]))
    row.refresh_from_db()
    assert (row.tries, len(effects(row.object_id))) == (2, 2)
    assert row.finished_at - row.created_at > timedelta(seconds=1)


def test_a_refusal_that_will_not_change_is_not_tried_again(worker, put, alice):
    row = put(alice, "tests.missing")
    eventually(lambda: states([row]) == ["refused"])
    row.refresh_from_db()
    assert (row.tries, row.last_error, effects(row.object_id)) == (1, "not_found", ["begun"])


def test_a_worker_that_lives_is_seen_by_the_readiness_probe(worker, stranger):
    assert stranger.get("/readyz").json()["checks"]["worker"] == "ok"


def test_the_queue_cleans_itself(db):
    from governance.jobs.tasks import clean

    now = timezone.now()
    old = now - timedelta(days=8)
    done, dead, slot, fresh = (
        Job.objects.create(kind="tests.write", state=state, slot=slot, finished_at=at)
        for state, slot, at in (
            ("done", None, old),
            ("dead", None, old),
            ("done", -7, old),
            ("done", None, timezone.now()),
        )
    )
    clean(None)
    assert not Job.objects.filter(pk=done.pk).exists()
    assert Job.objects.filter(pk__in=[dead.pk, slot.pk, fresh.pk]).count() == 3
    Job.objects.filter(pk=slot.pk).update(finished_at=F("finished_at") - timedelta(days=60))
    clean(None)
    assert not Job.objects.filter(pk=slot.pk).exists()


def test_an_installations_job_runs_unbound(worker):
    from django.db import transaction

    from governance.jobs.queue import enqueue
    from tests.governance.jobs import kinds  # noqa: F401

    with transaction.atomic():
        row = enqueue("tests.write", None, uuid7(), None)
    eventually(lambda: all_done([row]))
    assert effects(row.object_id) == ["-"]
