"""Deciding several alike questions with one look at all of them (design 3.4, 11).

Each vote is an act of its own, on the envelope that was shown: what changed meanwhile is refused alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.checkpoints.models import Checkpoint
from governance.checkpoints.quorum import SENSITIVE, is_self_approval
from governance.errors import Conflict, GovernanceError
from governance.gate import own_rules, rules_for
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.registry.actions import get_action
from governance.rules.engine import rule_set_version

DECIDE, RAISED = "governance.checkpoint.decide", "level_raised"
MOST_TOGETHER = 20
Template = tuple[str, ...]


def template_of(row: Checkpoint) -> Template:
    """What makes questions alike, so that reading one teaches how to read the next.

    The same action, the same kind of question, and a preview of the same shape: the same form, with the same parts.
    What the parts say, who asked and in which thread may differ: each is read.
    """
    return (row.action, row.kind, str(row.preview.get("form", "")), *sorted(row.preview))


def why_alone(row: Checkpoint, solo: bool) -> str | Promise:
    """Why a question is decided on a page of its own, in words; '' when it may be decided with others like it.

    `solo`: has the identity one member only?
    """
    if row.level in SENSITIVE:
        return _("A question of a high level is decided on its own page.")
    if row.quorum > 1 or is_self_approval(row, solo):
        return _("A question that asks for more than one pair of eyes is decided on its own page.")
    if get_action(row.action).guarded:
        return _("A question that asks again who you are is decided on its own page.")
    return ""


def check_together(rows: Sequence[Checkpoint], solo: bool) -> None:
    """Raises Conflict when these questions are not to be decided with one look."""
    for row in rows:
        if alone := why_alone(row, solo):
            raise Conflict("decided_alone", alone, checkpoint=str(row.pk))
    if len({template_of(row) for row in rows}) > 1:
        raise Conflict("mixed_templates", _("These questions are not alike: decide them apart."))


def alike(rows: Iterable[Checkpoint], solo: bool) -> set[UUID]:
    """Those among waiting questions that have another of their kind to be decided with."""
    fit = [row for row in rows if not why_alone(row, solo)]
    counted = Counter(template_of(row) for row in fit)
    return {row.pk for row in fit if counted[template_of(row)] > 1}


def chosen(ids: Sequence[UUID]) -> list[Checkpoint]:
    """The questions of these ids, in their order, with their votes. Raises as `find` for one that is not ours."""
    with reading():
        found = {row.pk: row for row in Checkpoint.objects.filter(pk__in=ids).prefetch_related("votes__delegation")}
        for missing in [pk for pk in ids if pk not in found]:
            find(Checkpoint.objects, missing)
        return [found[pk] for pk in ids]


def outdated(rows: Iterable[Checkpoint]) -> set[UUID]:
    """Those sealed under other rules than today's: approved as they are, they would not be carried out."""
    own, now = own_rules(), dict[str, str]()
    for name in {row.action for row in rows}:
        now[name] = rule_set_version(rules_for(name, own))
    return {row.pk for row in rows if row.envelope["rule_set"] != now[row.action]}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one vote: the question as it is then, or why it was refused."""

    id: UUID
    row: Checkpoint | None = None
    refusal: GovernanceError | None = None


def decide_each(rows: Sequence[Checkpoint], digests: Mapping[UUID, str], decision: str, comment: str) -> list[Result]:
    """One vote after the other, each an act with its own entry; a refused one keeps none of the others back."""
    return [
        _decide(row, {"decision": decision, "envelope_digest": digests[row.pk], "comment": comment}) for row in rows
    ]


def _decide(row: Checkpoint, vote: dict[str, Any]) -> Result:
    """`level`: whoever raised it meanwhile asked for more care than a look among others."""
    try:
        return Result(row.pk, perform(DECIDE, {"checkpoint": row.pk, "level": row.level, **vote}))
    except GovernanceError as refusal:
        return Result(row.pk, refusal=refusal)
