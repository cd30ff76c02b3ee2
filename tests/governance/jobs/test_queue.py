"""What may be put into the queue, and when it exists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import IdentityBoundary, TooMany
from governance.isolation.context import Why, system_scope
from governance.jobs.queue import enqueue, enqueue_once
from governance.models import Job
from governance.uow import unit_of_work


@pytest.fixture
def mine(alice, put):
    """`mine()`: enqueues as Alice inside the open transaction."""
    return lambda: enqueue("tests.fence", alice.identity.pk, uuid7(), alice.user.pk)


def test_a_job_of_a_change_that_was_rolled_back_never_existed(alice, mine):
    def enqueue_and_fail():
        with unit_of_work():
            mine()
            raise ZeroDivisionError

    with alice.acting(), pytest.raises(ZeroDivisionError):
        enqueue_and_fail()
    assert not Job.objects.filter(identity_id=alice.identity.pk).exists()


def test_outside_a_transaction_nothing_is_enqueued(alice, mine):
    with alice.acting(), pytest.raises(RuntimeError, match="inside the transaction"):
        mine()


def test_an_undeclared_kind_is_a_fault_at_once(alice):
    with alice.acting(), pytest.raises(KeyError), unit_of_work():
        enqueue("tests.nobody-does-this", alice.identity.pk, None, alice.user.pk)


def test_nobody_enqueues_for_another_identity(alice, bob, mine):
    with bob.acting(), pytest.raises(IdentityBoundary), unit_of_work():
        mine()
    assert not Job.objects.filter(identity_id=alice.identity.pk).exists()


def test_a_sweep_of_the_installation_may_enqueue_for_anybody(alice, mine):
    with system_scope(Why.SWEEP):
        row = mine()
    assert Job.objects.get(pk=row.pk).identity_id == alice.identity.pk
    row.delete()


def test_a_person_without_identity_or_the_reverse_is_refused(alice, put):
    with transaction.atomic(), pytest.raises(ValueError, match="for a person in an identity"):
        enqueue("tests.fence", None, None, alice.user.pk)


def test_the_fifty_first_waiting_job_of_an_identity_is_one_too_many(alice, bob, put, mine):
    with alice.acting(), unit_of_work():
        rows = [mine() for _ in range(50)]
    with alice.acting(), unit_of_work(), pytest.raises(TooMany) as refusal:
        mine()
    assert refusal.value.retry_after == 10
    other = put(bob, "tests.fence")
    Job.objects.filter(pk=rows[0].pk).update(state="running")
    with alice.acting(), unit_of_work():
        rows.append(mine())
    Job.objects.filter(pk__in=[row.pk for row in [*rows, other]]).delete()


class TestOnce:
    """Work that is found in rows: one job that waits is enough."""

    def test_a_job_that_waits_is_not_doubled_unless_it_comes_too_late(self, alice, put):
        what, soon = uuid7(), timezone.now() + timedelta(minutes=1)
        for when, count in ((soon, 1), (soon + timedelta(minutes=1), 1), (None, 2), (None, 2), (soon, 2)):
            with alice.acting(), transaction.atomic():
                enqueue_once("tests.fence", alice.identity.pk, what, alice.user.pk, when)
            assert Job.objects.filter(object_id=what).count() == count
        Job.objects.filter(object_id=what).update(state="done")

    def test_it_is_not_counted_as_waiting(self, alice, put):
        for _ in range(50):
            put(alice, "tests.fence")
        with alice.acting(), transaction.atomic():
            enqueue_once("tests.fence", alice.identity.pk, uuid7(), alice.user.pk)
        assert Job.objects.filter(identity_id=alice.identity.pk, state="pending").count() == 51
        Job.objects.filter(identity_id=alice.identity.pk).update(state="done")

    def test_the_same_guards_as_for_any_job(self, alice, bob, put):
        with alice.acting(), pytest.raises(RuntimeError, match="inside the transaction"):
            enqueue_once("tests.fence", alice.identity.pk, uuid7(), alice.user.pk)
        with alice.acting(), pytest.raises(IdentityBoundary), transaction.atomic():
            enqueue_once("tests.fence", bob.identity.pk, uuid7(), bob.user.pk)
        with alice.acting(), pytest.raises(KeyError), transaction.atomic():
            enqueue_once("tests.nobody-does-this", alice.identity.pk, uuid7(), alice.user.pk)
