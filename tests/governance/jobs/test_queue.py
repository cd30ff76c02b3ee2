"""What may be put into the queue, and when it exists."""

from __future__ import annotations

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.errors import IdentityBoundary, TooMany
from governance.isolation.context import Why, system_scope
from governance.jobs.queue import enqueue
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
