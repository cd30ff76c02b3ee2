"""Crossings as the API shows them (design 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from pydantic import BaseModel

from governance.crossings.models import Crossing
from governance.crossings.steps import Step, shown_state
from governance.isolation.context import IdentityContext
from governance.people.models import Membership


class StepOut(BaseModel):
    """`state`: done, now, todo or stopped."""

    key: str
    label: str
    state: str
    at: datetime | None


class TransferOut(BaseModel):
    """`object` is the source, where it is here; `made` what it became, where it is here. `identity` and its name are
    told to the person whose other identity it is, and to nobody else. `question` is the checkpoint that it waits for
    or was decided by."""

    id: UUID
    direction: str
    form: str
    state: str
    kind: str
    title: str
    object: UUID | None
    made: UUID | None
    from_sphere: str
    to_sphere: str
    identity: UUID | None
    identity_name: str
    question: UUID | None
    digest: str
    note: str
    person: UUID
    agent: str
    requested_at: datetime
    executed_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class TransferPage(BaseModel):
    results: list[TransferOut]
    next: str | None
    previous: str | None


class WholeTransfer(TransferOut):
    """`text`: what is offered, or what a reference lets read; None where there is nothing to read."""

    text: str | None
    steps: list[StepOut]


def listed(actor: IdentityContext) -> Any:
    """The rows the actor may see, each with the status of its question."""
    return Crossing.objects.seen_by(actor).annotate(asked=F("checkpoint__status"))


def own_names(actor: IdentityContext) -> dict[UUID, str]:
    """The names of the person's own identities: those of others are told to nobody."""
    mine = Membership.objects.filter(user_id=actor.person_id).values_list("identity_id", "identity__name")
    return dict(mine)


def transfer_out(row: Crossing, actor: IdentityContext, names: Mapping[UUID, str]) -> dict[str, Any]:
    mine = row.person_id == actor.person_id
    there = row.other_identity_id if mine else None
    return TransferOut(
        id=row.pk,
        direction=row.direction,
        form=row.form,
        state=shown_state(row, getattr(row, "asked", None)),
        kind=row.kind,
        title=row.title,
        object=row.source_id,
        made=row.made_id,
        from_sphere=row.from_sphere,
        to_sphere=row.to_sphere,
        identity=there,
        identity_name=names.get(there, "") if there else "",
        question=row.checkpoint_id,
        digest=row.digest,
        note=row.note,
        person=row.person_id,
        agent=row.agent,
        requested_at=row.requested_at,
        executed_at=row.executed_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
    ).model_dump(mode="json")


def step_out(step: Step) -> dict[str, Any]:
    return StepOut(key=step.key, label=str(step.label), state=step.state, at=step.at).model_dump(mode="json")
