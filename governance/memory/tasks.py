"""The jobs of memory: carry out what was agreed to, forget what is over."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.models import Checkpoint
from governance.errors import GovernanceError
from governance.isolation.context import Channel, Why, bind, current, reading, system_scope
from governance.isolation.lookup import find
from governance.jobs.registry import every, job
from governance.memory.forgetting import SWEEP
from governance.memory.models import MemoryItem
from governance.memory.sessions import open_sessions
from governance.memory.settling import DECIDED
from governance.perform import perform
from governance.registry.actions import NoParameters
from governance.rights.sweeping import nobody_in

SWEEP_EVERY = 30  # seconds
MOST, MOST_SESSIONS = 500, 5_000


@job(DECIDED)
def carry_out(checkpoint_id: UUID | None) -> None:
    """Keeps what a person agreed to, in the name of the agent that asked: as it was sealed."""
    assert checkpoint_id is not None
    with reading():
        row = find(Checkpoint.objects, checkpoint_id)
    with bind(replace(current(), channel=Channel.AGENT, agent=row.agent, run_id=None)):
        carry_out_approved(row.pk)


@every(SWEEP_EVERY, "governance.memory.clean")
def clean(_: UUID | None) -> None:
    """Forgets what is over in each identity that has something to forget."""
    for identity_id in with_something_over():
        with bind(nobody_in(identity_id)):
            try:
                perform(SWEEP, NoParameters())
            except GovernanceError:
                continue  # on the record; reads leave it out all the same


def with_something_over() -> set[UUID]:
    """A bounded look across identities: past its end, or of a sign-in that is over."""
    late = Q(expires_at__lte=timezone.now()) & ~Q(status="deleted")
    with system_scope(Why.SWEEP):
        found = set(MemoryItem.objects.filter(late).values_list("identity_id", flat=True)[:MOST])
        sessions = MemoryItem.objects.of_sessions().order_by().values_list("identity_id", "session", "person_id")
        short = list(sessions.distinct()[:MOST_SESSIONS])
        there = open_sessions({person for _identity, _session, person in short})
    return found | {identity for identity, session, _person in short if session not in there}
