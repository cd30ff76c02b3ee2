"""What-if: a draft over recorded verdicts, and the rules as they are (design 3.3).

    python -m benchmarks.whatif [--small | --full]

Writes verdicts with every fact, as the engine itself gives them, under two rules of the identity. Proves: the rules as
they are give the record exactly; a draft changes exactly the acts it is about. Measures: the whole job of the draft,
its rows written. The goal: 10 000 in under 5 s.
"""

from __future__ import annotations

import time
from typing import Any

from benchmarks.ground import ground
from benchmarks.measuring import Report, size_of
from benchmarks.past import record
from benchmarks.people import Person, people

SIZES = {"small": 400, "usual": 10_000, "full": 50_000}
MINE: list[dict[str, Any]] = [
    {
        "name": "Soir",
        "effect": "escalate",
        "conditions": [  # of effects that nothing before the rule had: it changes none of the past at any hour
            {"key": "effect", "op": "in", "value": ["SEND", "PAYMENT"]},
            {"key": "hour", "op": "gte", "value": 18},
        ],
    },
    {
        "name": "Deux",
        "effect": "checkpoint",
        "quorum": 2,
        "conditions": [{"key": "permanent", "op": "eq", "value": True}],
    },
]
DRAFT = {"name": "Paiements", "effect": "deny", "conditions": [{"key": "effect", "op": "eq", "value": "PAYMENT"}]}


def main() -> None:
    size = size_of(__doc__)
    report = Report("whatif", size)
    with ground():
        (person,) = people(1)
        for content in MINE:
            in_force(person, content)
        record(person, SIZES[size])
        same, _ = work(person, {})
        counts = same["counts"]
        report.prove(
            "record", not any(counts.values()) and not same["untold"],
            f"{same['looked']} verdicts come out as they were", looked=same["looked"], counts=counts,
        )  # fmt: skip
        draft, seconds = work(person, {"content": DRAFT})
        wanted = payments(person)
        report.prove(
            "draft", draft["counts"] == {"blocked": wanted, "asked": 0, "allowed": 0, "otherwise": 0},
            f"{wanted} payments would be refused, nothing else changes", counts=draft["counts"], wanted=wanted,
        )  # fmt: skip
        report.tell(
            "time", f"{seconds:.2f} s for {draft['looked']}: {draft['looked'] / seconds:.0f}/s",
            seconds=round(seconds, 3), looked=draft["looked"],
        )  # fmt: skip
    report.close()


def in_force(person: Person, content: dict[str, Any]) -> None:
    from governance.perform import perform

    with person.acting():
        row = perform("governance.rule.create", content)
        perform("governance.rule.publish", {"rule": row.pk})


def work(person: Person, params: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """What one what-if found, and the seconds of its job."""
    from governance.models import WhatIf
    from governance.perform import perform
    from governance.rules.whatif import work_out

    with person.acting():
        row = perform("governance.whatif.start", {"days": 90, **params})
    began = time.perf_counter()
    with person.acting("task"):
        work_out(row.pk)
    seconds = time.perf_counter() - began
    with person.looking():
        return WhatIf.objects.get(pk=row.pk).found, seconds


def payments(person: Person) -> int:
    """The verdicts the draft is about, that were not refused already."""
    from governance.models import Verdict

    with person.looking():
        return int(Verdict.objects.filter(document__facts__effect="PAYMENT").exclude(decision="deny").count())


if __name__ == "__main__":
    main()
