"""A recorded verdict said again, from the facts and the rule versions it names. Pure: an archive's rows suffice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.canonical import canonical
from governance.grants.lifting import with_grant
from governance.rules.contents import spec_of
from governance.rules.engine import evaluate
from governance.rules.recorded import Recorded
from governance.rules.system import ALWAYS, FORMER, RuleSpec

Versions = Mapping[tuple[str, int], RuleSpec]


@dataclass(frozen=True, slots=True)
class Replay:
    """`same`: the same bytes came out. `lacking`: what is not at hand, so that nothing could be said again."""

    same: bool
    recorded: str
    replayed: str
    lacking: tuple[str, ...] = ()


def replay(document: Mapping[str, Any], own: Versions) -> Replay:
    """Says the verdict again and compares the canonical bytes, by their digests."""
    specs, lacking = rules_of(document, own)
    recorded = digest(document)
    if lacking or "facts" not in document:
        return Replay(False, recorded, "", tuple(lacking or ["facts"]))
    again = digest(as_lifted(evaluate(specs, Recorded(document["facts"])).document, document.get("grant")))
    return Replay(again == recorded, recorded, again)


def as_lifted(said: dict[str, Any], grant: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the rules say, and what a standing grant made of it then (grants/applying.py)."""
    return said if grant is None else with_grant(said, grant)


def rules_of(document: Mapping[str, Any], own: Versions) -> tuple[list[RuleSpec], list[str]]:
    """The rules the verdict was found by, and the codes of those that are not at hand."""
    known = {(spec.code, spec.version): spec for spec in (*ALWAYS, *FORMER)} | dict(own)
    named = [(seen["rule"], seen.get("version", 0)) for seen in document["rules"]]
    return [known[each] for each in named if each in known], [code for code, n in named if (code, n) not in known]


def own_versions(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], RuleSpec]:
    """Rows of rule versions (of the database or of an archive) as the engine's rules, by code and version."""
    found = ((f"rule.{row['rule_id']}", row) for row in rows)
    return {(code, row["version"]): spec_of(code, row["content"], row["version"]) for code, row in found}


def own_rule_ids(document: Mapping[str, Any]) -> list[str]:
    """The ids of the identity's own rules that a verdict names."""
    return [seen["rule"].removeprefix("rule.") for seen in document["rules"] if seen["rule"].startswith("rule.")]


def digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()
