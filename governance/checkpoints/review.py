"""What the approval page shows of one question: who asks, why, at what risk, who decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.access.showing import names_of
from governance.access.stepup import actor_has_second_factor
from governance.checkpoints.checks import examine, most_model_tokens
from governance.checkpoints.deciding import can_decide, counts, deciders, is_open, time_left
from governance.checkpoints.forms import EDIT_FORMS
from governance.checkpoints.models import Checkpoint, Execution
from governance.checkpoints.policies import deciding_roles
from governance.checkpoints.quorum import is_self_approval, lacks_proof, opens_at
from governance.checkpoints.runs import agent_name, run_request
from governance.checkpoints.seal import seal_path
from governance.checkpoints.words import question_of, told_of, untrusted_in
from governance.delegations.covering import mandates_for
from governance.elevate.offering import offer_for
from governance.grants.actions import is_grantable
from governance.isolation.context import IdentityContext
from governance.ledger.budget import credits_left
from governance.ledger.models import credits_for
from governance.people.models import Membership, Role
from governance.people.policies import may_write
from governance.registry.actions import Effect, get_action
from governance.rules.models import Level, Rule
from governance.rules.system import ALWAYS

IRREVERSIBLE = frozenset({Effect.SEND, Effect.TRANSFER, Effect.PAYMENT})
MOST_SIGNERS = 20
OWN_FORMS = frozenset(
    {"email", "run", "budget", "payment", "transfer", "trash", "memory", "elevation"}
)  # those that _what.html draws


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who has decided or still may; `vote` is None while they have not."""

    name: str
    role: str
    is_me: bool
    vote: Any


def review(row: Checkpoint, actor: IdentityContext) -> dict[str, Any]:
    """Everything the page needs, inside a transaction; a viewer gets no preview (design 3.1)."""
    sees = may_write(actor)
    action = get_action(row.action)
    waiting = is_open(row)
    alone = waiting and is_self_approval(row)
    votable = can_decide(row, actor, alone)
    return {
        "row": row,
        "waiting": waiting,
        "sees": sees,
        "title": question_of(row.action, row.preview) if sees else action.label,
        "requester": names_of([row.requester_id]).get(row.requester_id, ""),
        "agent": agent_name(row.agent),
        "left": time_left(row),
        "seal": seal_path(row.envelope_digest),
        "can_decide": votable,
        "alone": alone,
        "too_early": alone and opens_at(row) > timezone.now(),
        "opens_at": opens_at(row),
        "lacks_proof": votable and lacks_proof(row, actor, alone=alone),
        "lacks_factor": votable and alone and not actor_has_second_factor(actor),
        "can_edit": waiting and sees and row.action in EDIT_FORMS and not _barred(row, actor),
        "grantable": votable and is_grantable(row),
        "elevation": offer_for(row, actor) if waiting else "",
        "can_resolve": row.status == Checkpoint.Status.PENDING_EFFECT and sees,
        "can_escalate": waiting and sees and row.level != Level.CRITICAL,
        "execution": Execution.objects.filter(checkpoint=row).first(),
        **(_substance(row, actor, waiting) if sees else {}),
    }


def _barred(row: Checkpoint, actor: IdentityContext) -> bool:
    return row.exclude_requester and row.requester_id != actor.person_id


def _substance(row: Checkpoint, actor: IdentityContext, waiting: bool) -> dict[str, Any]:
    """What a viewer does not see."""
    action = get_action(row.action)
    left, cap = credits_left()
    most = most_model_tokens(row)
    return {
        "preview": row.preview,
        "untrusted": untrusted_in(row),
        "told": told_of(row.preview, actor.person_id),
        "fields": shown_fields(row.preview),
        "request_sentence": run_request(row.run_id) or row.preview.get("request", ""),
        "rules": rule_names(row.why),
        "replaces": Checkpoint.objects.filter(superseded_by=row).values_list("pk", flat=True).first(),
        "estimate": row.preview.get("estimate"),
        "most_tokens": credits_for(most),
        "credits_left": left,
        "credits_cap": cap,
        "reversible": row.preview.get("reversible", action.effect not in IRREVERSIBLE),
        "recipients": row.preview.get("to", []),
        "examined": examine(row, actor) if waiting else None,
        "signers": signers(row, actor, waiting),
        "mandates": mandates_for(row, actor, deciders(actor.identity_id, deciding_roles(row))) if waiting else [],
    }


def shown_fields(preview: dict[str, Any]) -> list[tuple[str, str]]:
    """The parameters of a preview without a form of its own, as text."""
    if preview.get("form") in OWN_FORMS:
        return []
    fields = preview.get("fields")
    told = fields if isinstance(fields, dict) else {name: preview[name] for name in preview if name != "form"}
    return [(name.replace("_", " "), _as_text(value)) for name, value in told.items()]


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_as_text(item)}" for name, item in value.items())
    return "" if value is None else str(value)


def rule_names(codes: Iterable[str]) -> list[str]:
    """The names of the rules that asked; of a rule that is gone, its code."""
    codes = list(codes)
    known = {spec.code: str(spec.name) for spec in ALWAYS}
    own = [code.removeprefix("rule.") for code in codes if code.startswith("rule.")]
    if own:
        known |= {f"rule.{pk}": name for pk, name in Rule.objects.filter(pk__in=own).values_list("pk", "name")}
    return [known.get(code, code) for code in codes]


def signers(row: Checkpoint, actor: IdentityContext, waiting: bool) -> list[Signer]:
    """Those who have decided, then (while it waits) those who may."""
    voted = {vote.person_id: vote for vote in row.votes.all()}
    if not waiting:
        return [Signer(vote.person_name, "", pk == actor.person_id, vote) for pk, vote in voted.items()]
    roles = deciding_roles(row)
    present = deciders(actor.identity_id, roles)
    void = str(_("counts no more"))
    found = [
        Signer(vote.person_name, "" if counts(vote, present) else void, pk == actor.person_id, vote)
        for pk, vote in voted.items()
    ]
    members = Membership.objects.filter(identity_id=actor.identity_id, role__in=roles).exclude(user_id__in=voted)
    if row.exclude_requester and not is_self_approval(row):
        members = members.exclude(user_id=row.requester_id)
    return found + [_may_sign(member, actor.person_id) for member in members.select_related("user")[:MOST_SIGNERS]]


def _may_sign(member: Membership, me: UUID) -> Signer:
    return Signer(str(member.user), str(Role(member.role).label), member.user_id == me, None)
