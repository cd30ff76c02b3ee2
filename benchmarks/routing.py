"""What a decision of the router costs, beside LiteLLM's on the same rows (design 5.2, 8.1).

    python -m benchmarks.routing [--small | --full]

Ours chooses among every model that ships, and among one of each of the eighteen providers, with every filter; and
once more with the whole ranking and the reason for each exclusion. No two questions are equal. LiteLLM's router
picks among the same eighteen, by each of its strategies, in an environment of its own (.cache/peers, installed by the
first run; not with `--small`).
Proves: equal questions get equal answers, every model is ranked or excluded exactly once, the database is not asked,
and Nova gets nothing but Claude. Needs no installation: a decision is pure.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.ground import ROOT
from benchmarks.measuring import Figure, Report, figure, side_by_side, size_of

SIZES = {"small": (2, 200), "usual": (5, 2_000), "full": (15, 5_000)}  # rounds, decisions in each
PEERS = ROOT / ".cache" / "peers"


def main() -> None:
    size = size_of(__doc__)
    report, (rounds, each) = Report("routing", size), SIZES[size]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chenu.settings")
    import django

    django.setup()
    field, state = whole_field()
    prove(report, field, state)
    few = replace(field, candidates=one_of_each(field))
    figures = side_by_side(
        {
            "floor": floor(few),
            "eighteen": asking(few, state),
            "eighteen.explained": asking(few, state, explained=True),
            "all": asking(field, state),
            "all.explained": asking(field, state, explained=True),
        },
        rounds=rounds,
        each=each,
    )
    if size != "small":
        figures |= peers(few, rounds, each)
    report.compare("decision", figures, "floor", models=len(field.candidates))
    report.close()


def whole_field() -> tuple[Any, Any]:
    """Every model that ships, and a key for each provider."""
    from agents.llm.catalogue import callable_models, provider_facts, shipped
    from agents.llm.routing.field import State, prepared

    data, version = shipped()
    providers = {row["id"]: provider_facts(row) for row in data["providers"]}
    return prepared(providers, callable_models(), data, version), State(frozenset(providers))


def one_of_each(field: Any) -> tuple[Any, ...]:
    """The first current model of each provider: what the peers are given."""
    first: dict[str, Any] = {}
    for candidate in field.candidates:
        if not candidate.facts.historic:
            first.setdefault(candidate.provider, candidate)
    return tuple(first.values())


def questions() -> Any:
    """Endless, no two equal."""
    from agents.llm.routing.asking import Ask, Strategy, Task

    kinds = itertools.cycle(itertools.product(Task.values, [each for each in Strategy if each != Strategy.SPECIFIC]))
    for tokens, (task, strategy) in zip(itertools.count(500), kinds):
        yield Ask(task=task, strategy=strategy, input_tokens=tokens, needs=frozenset({"tools"}), max_cost=10**12)


def asking(field: Any, state: Any, *, explained: bool = False) -> Any:
    from agents.llm.routing.deciding import Router

    asked, router = questions(), Router(field, state)

    def answer() -> Any:
        decision = router.decide(next(asked))
        return (decision.ranked, decision.excluded, decision.chain) if explained else decision.best

    return answer


def floor(field: Any) -> Any:
    """The least that could be called a choice: the cheapest of the same rows, without filter or reason."""
    asked = questions()

    def cheapest() -> Any:
        ask = next(asked)
        return min(field.candidates, key=lambda each: each.cost(ask.input_tokens, ask.output_tokens))

    return cheapest


def prove(report: Report, field: Any, state: Any) -> None:
    from django.db import connection

    from agents.llm.routing.asking import Ask, Role, Strategy
    from agents.llm.routing.deciding import Router, decide

    asked = list(itertools.islice(questions(), 500))
    found, router = [decide(field, each, state) for each in asked], Router(field, state)
    same = [each.ranked for each in found] == [router.decide(each).ranked for each in asked]
    same = same and all(each.best == next(iter(each.ranked), None) for each in found)
    report.prove("equal", same, f"{len(asked)} questions asked twice got equal answers")
    once = all(len(each.ranked) + len(each.excluded) == len(field.candidates) for each in found)
    report.prove("complete", once, f"each of {len(field.candidates)} models was ranked, or excluded with a reason")
    report.prove("pure", connection.connection is None, "the database was not asked")
    nova = decide(field, Ask(role=Role.NOVA, strategy=Strategy.COST), state).ranked
    claude = bool(nova) and all(each.candidate.facts.id.startswith("claude-") for each in nova)
    report.prove("nova", claude, "Nova was offered Claude alone")


def peers(field: Any, rounds: int, each: int) -> dict[str, Figure]:
    """LiteLLM on the same rows, one process per round."""
    python = installed()
    rows = [
        {"provider": one.provider, "model": one.facts.id, "input": one.facts.rates.input / 10**12,
         "output": one.facts.rates.output / 10**12}
        for one in field.candidates
    ]  # fmt: skip
    taken: dict[str, list[list[float]]] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(rows, file)
        file.flush()
        for _ in range(rounds):
            command = [str(python), str(ROOT / "benchmarks/peers/litellm_router.py"), file.name, str(min(each, 500))]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            for strategy, times in json.loads(done.stdout.splitlines()[-1]).items():
                taken.setdefault(f"litellm.{strategy}", []).append(times)
    return {name: figure(times) for name, times in taken.items()}


def installed() -> Path:
    """The peers' own Python, made when it is missing."""
    python = PEERS / "bin" / "python"
    wanted = (ROOT / "benchmarks/peers/requirements.txt").read_text()
    if not python.exists() or (PEERS / "installed").read_text() != wanted:
        print("Installing what is compared with …", file=sys.stderr)
        venv.create(PEERS, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(ROOT / "benchmarks/peers/requirements.txt")], check=True)
        (PEERS / "installed").write_text(wanted)
    return python


if __name__ == "__main__":
    main()
