"""Running the checks: each by itself, so that one that breaks keeps no other from looking."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import Any

from django.db import transaction
from django.utils import timezone

from governance.isolation.context import Why, bind, system_scope
from governance.laws.actions import CHANGE
from governance.laws.checks import Check, Finding, all_checks
from governance.laws.models import LawCheck
from governance.perform import perform
from governance.staff.contexts import machine_context

LONGEST_DETAIL = 500
STATES = {True: LawCheck.State.HOLDS, False: LawCheck.State.BROKEN, None: LawCheck.State.UNTOLD}
logger = logging.getLogger("chenu.laws")


def run_all() -> list[LawCheck]:
    """Looks at everything and keeps what was found; what has turned is on record, and told to the staff."""
    with bind(None):
        found = [look(check) for check in all_checks()]
    known = {row.key: row for row in LawCheck.objects.all()}
    turned = [row for row in found if row.key not in known or known[row.key].state != row.state]
    same = [row for row in found if row not in turned]
    for row in same:
        row.since = known[row.key].since
    if turned:
        with bind(machine_context()):
            perform(CHANGE, {"checks": [told(row) for row in turned]})
    with transaction.atomic():
        LawCheck.objects.exclude(key__in=[row.key for row in found]).delete()
        for row in same:
            row.save(force_update=True)
    return found


def look(check: Check) -> LawCheck:
    """One look. A check that breaks has found out nothing: that is what is kept."""
    began = time.perf_counter_ns()
    try:
        with system_scope(Why.LAWS) if check.across else nullcontext():
            finding = check.run()
    except Exception as error:
        logger.exception("the check %s broke", check.key)
        finding = Finding(None, f"the check broke: {type(error).__name__}")
    now = timezone.now()
    return LawCheck(
        key=check.key, law=check.law, state=STATES[finding.holds], detail=finding.detail[:LONGEST_DETAIL],
        at=now, since=now, duration_us=(time.perf_counter_ns() - began) // 1000,
    )  # fmt: skip


def told(row: LawCheck) -> dict[str, Any]:
    names = ("key", "law", "state", "detail", "at", "duration_us")
    return {name: getattr(row, name) for name in names}
