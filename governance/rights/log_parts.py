"""The parts of an archive of the log alone: its entries, the verdicts they name, and the rules to find these again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from django.db.models import Q

from governance.audit.filters import AuditFilter
from governance.audit.models import AuditEntry, ChainHead
from governance.isolation.context import reading
from governance.rights.parts import CHAIN, SYSTEM_RULES, Report, system_rules, write_head, write_log, write_once
from governance.rights.sources import CHUNK, Source
from governance.rules.models import RuleVersion, Verdict

VERDICTS, VERSIONS = "data/governance/verdicts.json", "data/governance/rule_versions.json"


def write_log_parts(folder: Path, asked: AuditFilter, report: Report) -> None:
    """Writes what is missing in `folder`; `report(rows)` after each piece, also for those found there."""
    narrowed = asked != AuditFilter()
    write_log(folder, write_head(folder), report, asked if narrowed else None)
    verdicts, versions = Source(Verdict, "verdicts", ""), Source(RuleVersion, "rule_versions", "")
    write_once(folder / VERDICTS, lambda: _named(folder, verdicts) if narrowed else verdicts.chunks(), report)
    write_once(folder / VERSIONS, lambda: _versions(folder, versions) if narrowed else versions.chunks(), report)
    write_once(folder / SYSTEM_RULES, lambda: [system_rules()], report)


def count_log(asked: AuditFilter) -> int:
    """About how many rows `write_log_parts` will report."""
    with reading():
        seq = ChainHead.objects.values_list("seq", flat=True).first() or 0
        fitting = asked.apply(AuditEntry.objects.all()).count()
        return seq + 2 * fitting + len(system_rules())


def _named(folder: Path, source: Source) -> Iterator[list[dict[str, Any]]]:
    """The verdicts that the told entries name, each once."""
    seen: set[str] = set()
    with (folder / CHAIN).open("rb") as file:
        named = (orjson.loads(row["body"])["verdict"] for line in file if (row := orjson.loads(line))["body"])
        for some in in_chunks(each for each in named if each):
            fresh = set(some) - seen
            seen |= fresh
            with reading():
                found = list(source.model.objects.filter(pk__in=fresh).order_by("pk").values(*source.columns))
            if found:
                yield found


def _versions(folder: Path, source: Source) -> Iterator[list[dict[str, Any]]]:
    """The versions of own rules that the written verdicts name."""
    named = {
        (seen["rule"].removeprefix("rule."), seen["version"])
        for row in orjson.loads((folder / VERDICTS).read_bytes())
        for seen in row["document"]["rules"]
        if seen["rule"].startswith("rule.")
    }
    for some in in_chunks(sorted(named)):
        wanted = Q(*(Q(rule_id=rule, version=version) for rule, version in some), _connector=Q.OR)
        with reading():
            yield list(source.model.objects.filter(wanted).order_by("pk").values(*source.columns))


def in_chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, CHUNK)):
        yield some
