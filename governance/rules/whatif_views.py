"""`/policies/what-if/`: rules tried on the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.access.showing import names_of, newest_page, show
from governance.audit.shapes import label_of
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.rules.models import Rule, RuleEffect, WhatIf, WhatIfChange
from governance.rules.policies import may_rule
from governance.rules.whatif import START
from governance.rules.whatif_api import look
from governance.rules.words import money

PAGE = 25
DAYS = (7, 30, 90, 365)
HEIGHT, STEP, WIDEST = 120, 14, 53  # of the chart, in its own units; at most this many weeks
BARS = {"blocked": "b4", "asked": "b3", "allowed": "b1", "otherwise": "b2"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a week's column."""

    x: int
    y: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Week:
    """One row of the table beside the chart."""

    monday: date
    numbers: list[int]


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begins one for a rule's draft, or for the rules as they are."""
    given = request.POST.get("rule", "")
    days = request.POST.get("days", "")
    rule = None
    if given:
        with reading():
            rule = find(Rule.objects, _id(given)).pk
    if not may_rule(current()):
        raise NotAllowed(_("Only owners and administrators write rules."))
    try:
        row = perform(START, {"rule": rule, "days": int(days) if days in {str(each) for each in DAYS} else 30})
    except Conflict as refusal:
        messages.info(request, str(refusal.detail))
        return redirect("policy", rule) if rule else redirect("policies")
    return redirect("whatif", row.pk)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_safe
def result(request: HttpRequest, whatif: UUID) -> HttpResponse:
    """How far it is; once it is done, its counts, its weeks and each verdict that would have been another."""
    row = look(whatif)
    return show(request, "rules/whatif.html", {**shown(row), **changes(request, row)})


@require_safe
def state(request: HttpRequest, whatif: UUID) -> HttpResponse:
    """The part that an open page draws again."""
    row = look(whatif)
    return show(request, "rules/_whatif.html", {**shown(row), **changes(request, row)})


def shown(row: WhatIf) -> dict[str, Any]:
    with reading():
        rule = Rule.objects.filter(pk=row.rule_id).first() if row.rule_id else None
        people = {UUID(pk): count for pk, count in row.found.get("people", {}).items()}
        names = names_of(people)
    labels = WhatIfChange.Change
    found = row.found
    return {
        "row": row,
        "rule": rule,
        "labels": [(value, labels(value).label, BARS[value]) for value in labels.values],
        "counts": [(labels(value).label, found["counts"][value]) for value in labels.values] if found else [],
        "people": sorted(((names.get(pk, "?"), count) for pk, count in people.items()), key=lambda pair: -pair[1]),
        "cost": {name: money(int(pico)) for name, pico in found.get("cost_pico_usd", {}).items()},
        **chart(found.get("weeks", [])),
    }


def chart(weeks: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns by week, drawn to the highest, and the same as a table."""
    weeks = weeks[-WIDEST:]
    highest = max((sum(each.get(name, 0) for name in BARS) for each in weeks), default=0)
    bars: list[Bar] = []
    for number, each in enumerate(weeks):
        top = float(HEIGHT)
        for name, css in BARS.items():
            if height := each.get(name, 0) * HEIGHT / highest:
                top -= height
                bars.append(Bar(number * STEP + 2, round(top, 2), round(height, 2), css))
    table = [Week(date.fromisoformat(each["monday"]), [each.get(name, 0) for name in BARS]) for each in weeks]
    return {"bars": bars, "weeks": table, "width": max(len(weeks), 12) * STEP, "height": HEIGHT, "highest": highest}


def changes(request: HttpRequest, row: WhatIf) -> dict[str, Any]:
    """One page of what would have been otherwise."""
    with reading():
        rows = WhatIfChange.objects.filter(whatif_id=row.pk).select_related("verdict")
        found, more = newest_page(request, rows, PAGE)
        lines = [
            {
                "verdict": each.verdict,
                "say": label_of(each.verdict.action),
                "change": each.get_change_display(),
                "before": str(RuleEffect(each.before).label),
                "after": str(RuleEffect(each.after).label),
                "tone": {"blocked": "bad", "allowed": "ok"}.get(each.change, "wait"),
            }
            for each in found
        ]
    return {"lines": lines if not row.is_under_way else [], "more": more}
