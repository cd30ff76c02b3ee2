"""Recorded verdicts under other rules: what would have been, and what that changes. No row is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db.models.fields.json import KT

from governance.gate import own_rules, rules_for
from governance.isolation.context import current, reading
from governance.people.models import Membership, User
from governance.people.policies import WRITERS
from governance.rules.contents import spec_of
from governance.rules.engine import outcome
from governance.rules.models import Rule, RuleEffect, Verdict, WhatIf, WhatIfChange
from governance.rules.recorded import NotRecorded, Recorded
from governance.rules.system import RuleSpec

CHUNK = 1000
COLUMNS = ("pk", "at", "person_id", "action", "decision")
Change = WhatIfChange.Change


@dataclass(frozen=True, slots=True)
class Past:
    """One recorded verdict, as far as it matters here; `facts` is None for one that kept none.

    `granted`: a rule asked, and a standing grant had answered.
    """

    pk: UUID
    at: datetime
    person_id: UUID
    action: str
    before: tuple[str, str, int]
    facts: Mapping[str, Any] | None
    granted: bool = False


def rules_then(row: WhatIf) -> list[RuleSpec]:
    """The identity's rules in force, with the draft in the place of its rule. Inside a transaction."""
    own = own_rules()
    if row.content is None:
        return own
    code = f"rule.{row.rule_id or row.pk}"
    kept = Rule.objects.filter(pk=row.rule_id).values_list("version", flat=True).first() if row.rule_id else None
    return [*(spec for spec in own if spec.code != code), spec_of(code, row.content, (kept or 0) + 1)]


def pasts(row: WhatIf) -> Iterator[list[Past]]:
    """The verdicts of its days in the order of time, each chunk in a transaction of its own."""
    rows = Verdict.objects.first_said(row.created_at - timedelta(days=row.days), row.created_at).order_by("at", "pk")
    wanted = (*COLUMNS, KT("document__facts"), KT("document__level"), KT("document__quorum"), KT("document__grant__id"))
    last: Past | None = None
    while True:
        with reading():
            found = [
                _past(*each) for each in (rows.after(last.at, last.pk) if last else rows).values_list(*wanted)[:CHUNK]
            ]
        if not found:
            return
        yield found
        last = found[-1]


def _past(pk: UUID, at: datetime, person: UUID, action: str, decision: str, *more: Any) -> Past:
    facts, level, quorum, grant = more
    before = decision, level or "", int(quorum)
    return Past(pk, at, person, action, before, orjson.loads(facts) if facts else None, grant is not None)


@dataclass(slots=True)
class Tally:
    """Adds up what changes. `untold`: a rule asks for what nobody had looked up, so nobody can say."""

    rules: Sequence[RuleSpec]
    looked: int = 0
    untold: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    weeks: dict[str, Counter[str]] = field(default_factory=dict)
    people: Counter[str] = field(default_factory=Counter)
    cost: Counter[str] = field(default_factory=Counter)
    deciders: list[UUID] = field(default_factory=list)
    zones: dict[UUID, ZoneInfo] = field(default_factory=dict)

    def add(self, past: Past) -> tuple[str, str] | None:
        """(change, what it would be now), or None when nothing changes."""
        self.looked += 1
        try:
            if past.facts is None:
                raise NotRecorded("facts")
            facts = Recorded(past.facts, past.at, self.zone_of(past.person_id))
            decision, level, quorum, exclude = outcome(rules_for(past.action, self.rules), facts)
        except NotRecorded:
            self.untold += 1
            return None
        if past.granted and decision == RuleEffect.CHECKPOINT:
            return None  # asked then as now, and the grant would answer again
        change = change_between(past.before, (decision, level, quorum))
        if change is None:
            return None
        self._count(past, change, exclude)
        return change, decision

    def _count(self, past: Past, change: str, exclude: bool) -> None:
        facts = past.facts or {}
        self.counts[change] += 1
        monday = past.at.date() - timedelta(days=past.at.weekday())
        self.weeks.setdefault(monday.isoformat(), Counter())[change] += 1
        if change in {Change.BLOCKED, Change.ASKED}:
            self.cost[change] += facts.get("estimated_cost_pico_usd", 0)
        if change == Change.ASKED:
            asked = [pk for pk in self.deciders if not (exclude and pk == past.person_id)]
            self.people.update(str(pk) for pk in asked)

    def zone_of(self, person_id: UUID) -> ZoneInfo:
        """The time zone of a person now, asked once; of one whose account is gone, UTC."""
        if person_id not in self.zones:
            name = User.objects.filter(pk=person_id).values_list("timezone", flat=True).first()
            self.zones[person_id] = ZoneInfo(name or "UTC")
        return self.zones[person_id]

    def found(self) -> dict[str, Any]:
        """As it is kept: plain JSON."""
        return {
            "looked": self.looked,
            "untold": self.untold,
            "counts": {change: self.counts[change] for change in Change.values},
            "weeks": [{"monday": monday, **self.weeks[monday]} for monday in sorted(self.weeks)],
            "people": dict(self.people),
            "cost_pico_usd": {change: str(self.cost[change]) for change in (Change.BLOCKED, Change.ASKED)},
        }


def change_between(before: tuple[str, str, int], after: tuple[str, str, int]) -> str | None:
    """What has become of a verdict; None when it is the same."""
    if after[0] == before[0]:
        asked = after[0] == RuleEffect.CHECKPOINT
        return Change.OTHERWISE if asked and after != before else None
    return {RuleEffect.DENY: Change.BLOCKED, RuleEffect.CHECKPOINT: Change.ASKED}.get(after[0], Change.ALLOWED)  # type: ignore[call-overload, no-any-return]


def tally_for(row: WhatIf) -> Tally:
    """An empty one. People are those who may decide now."""
    with reading():
        members = Membership.objects.filter(identity_id=current().identity_id, role__in=WRITERS)
        return Tally(rules_then(row), deciders=list(members.values_list("user_id", flat=True)))
