"""What a client may write for `model`: an id or an alias, `provider/model`, or `auto`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agents.llm.routing.field import Candidate

AUTO = "auto"


def named(model: str, candidates: Iterable[Candidate]) -> dict[str, str]:
    """{} for `auto`; else the model, with its provider where that is named, too."""
    if model == AUTO:
        return {}
    provider, _, rest = model.partition("/")
    for each in candidates:
        if rest and each.provider == provider and _is(each, rest):
            return {"provider": provider, "model": rest}
    return {"model": model}


def _is(candidate: Candidate, name: str) -> bool:
    return name == candidate.facts.id or name in candidate.facts.aliases


def listed(candidates: Iterable[Candidate]) -> list[tuple[str, Candidate]]:
    """Each candidate under a name that means it alone."""
    found = list(candidates)
    ids: dict[str, int] = {}
    for each in found:
        ids[each.facts.id] = ids.get(each.facts.id, 0) + 1
    return [(each.facts.id if ids[each.facts.id] == 1 else f"{each.provider}/{each.facts.id}", each) for each in found]
