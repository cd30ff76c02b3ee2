"""Edit, then approve: the old question is superseded, a new envelope is sealed (design 3.4)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.checkpoints.actions import check_open
from governance.checkpoints.endings import tell_ended
from governance.checkpoints.envelope import Binding, request_digest
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.opening import still_waiting, write_checkpoint
from governance.checkpoints.policies import may_decide
from governance.checkpoints.runs import tell_replaced
from governance.checkpoints.words import preview_of
from governance.errors import BadInput, Conflict, NotAllowed
from governance.gate import Ruling
from governance.isolation.context import Channel, IdentityContext, bind
from governance.isolation.lookup import find
from governance.people.models import Membership
from governance.perform import parse, rule
from governance.registry.actions import Action, Effect, Params, action, get_action
from governance.rules.engine import LEVELS
from governance.uow import UnitOfWork, recorded

Status = Checkpoint.Status


class EditCheckpoint(Params):
    """Other parameters for the same act; those not named stay. None at all: sealed anew, as things are now."""

    checkpoint: UUID
    parameters: dict[str, Any] = Field(default_factory=dict)


@action(
    "governance.checkpoint.edit",
    Effect.UPDATE,
    params=EditCheckpoint,
    policy=may_decide,
    label=_("Change what is asked"),
    secret=frozenset({"parameters"}),  # the entry of the new question keeps them, without that act's secrets
)
def edit(uow: UnitOfWork, params: EditCheckpoint) -> Checkpoint:
    """Returns the new question; the old one, and every vote on it, is dead."""
    old = find(Checkpoint.objects.select_for_update(), params.checkpoint)
    check_editable(old, uow.actor)
    act = get_action(old.action)
    wanted = _wanted(act, old, params.parameters)
    asker = asker_of(old, uow.actor)
    with bind(asker):
        ruling = rule(act, wanted, None)
        if ruling.denied:
            raise NotAllowed(_("A rule refuses this."), verdict=ruling.decision.document)
        preview = preview_of(act, wanted)
    uow.tell(replaces=str(old.pk), before=recorded(act, parse(act, old.params)))
    supersede(uow, old)
    still_waiting(uow, request_digest(asker, act, wanted))
    new = write_checkpoint(uow, act, wanted, preview, not_looser(ruling, old), binding_of(old), actor=asker)
    Checkpoint.objects.filter(pk=old.pk).update(superseded_by=new)
    tell_replaced(uow, old, new)
    tell_ended(uow, old, new)
    return new


def check_editable(row: Checkpoint, actor: IdentityContext) -> None:
    """Raises the reason why this person cannot change the question."""
    check_open(row)
    if row.exclude_requester and actor.person_id != row.requester_id:
        # Their approval would cover their own words: the second pair of eyes would be gone.
        raise NotAllowed(_("A rule asks for two pairs of eyes: whoever changes it could not approve it."))


def _wanted(act: Action, old: Checkpoint, changes: dict[str, Any]) -> Params:
    try:
        return parse(act, {**old.params, **changes})
    except BadInput as error:
        errors = {f"parameters.{name}": found for name, found in error.errors.items()}
        raise BadInput(error.detail, errors=errors) from error


def asker_of(row: Checkpoint, actor: IdentityContext) -> IdentityContext:
    """Who the act is carried out for: the requester, at their present role, through the same agent and run."""
    role = (
        Membership.objects.filter(user_id=row.requester_id, identity_id=actor.identity_id)
        .values_list("role", flat=True)
        .first()
    )
    if role is None:
        raise Conflict("requester_gone", _("The person who asked for it is no longer a member."))
    return IdentityContext(
        person_id=row.requester_id,
        identity_id=actor.identity_id,
        role=role,
        channel=Channel.AGENT if row.agent else actor.channel,
        request_id=actor.request_id,
        agent=row.agent,
        run_id=row.run_id,
    )


def binding_of(row: Checkpoint) -> Binding:
    """What the question was bound to besides the act, read back from its envelope."""
    kept = {field.name: row.envelope[field.name] for field in fields(Binding) if field.name in row.envelope}
    kept |= {"thread": row.thread_id, "max_tokens": int(kept["max_tokens"])}
    kept |= {name: tuple(kept.get(name, ())) for name in ("models", "untrusted")}
    return Binding(**kept, resume_job=row.resume_job)


def not_looser(ruling: Ruling, old: Checkpoint) -> Ruling:
    """The ruling on the changed act, never below what the old question asked for."""
    found = ruling.decision
    strictest = replace(
        found,
        kind=found.kind if ruling.asks else old.kind,
        level=max(found.level, old.level, key=LEVELS.index) if ruling.asks else old.level,
        quorum=max(found.quorum, old.quorum),
        exclude_requester=found.exclude_requester or old.exclude_requester,
        matched=tuple(dict.fromkeys((*found.matched, *old.why))),
    )
    return replace(ruling, decision=strictest)


def supersede(uow: UnitOfWork, row: Checkpoint) -> None:
    """Ends a waiting question in favour of another; its run goes on waiting, for that one."""
    claimed = Checkpoint.objects.filter(pk=row.pk, status=Status.PENDING).update(
        status=Status.SUPERSEDED, decided_at=timezone.now()
    )
    if claimed != 1:
        raise Conflict("already_decided", _("This was decided already."))
    uow.announce("checkpoint.superseded", row.pk, row.run_id)
