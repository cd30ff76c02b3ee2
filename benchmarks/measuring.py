"""What every benchmark says and how: JSON lines on stdout, sentences on stderr, proofs that decide the exit.

Times are comparable inside one run only: cases are interleaved in rounds, a figure is the median over
rounds of the round's median, a goal is judged by the ratio of two such figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

SIZES = ("small", "usual", "full")


def size_of(description: str | None) -> str:
    """`small`, `usual` or `full`, from the command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--small", dest="size", action="store_const", const="small", help="a few seconds")
    group.add_argument("--full", dest="size", action="store_const", const="full", help="the goal's own volume")
    return parser.parse_args().size or "usual"


class Report:
    """Collects what one benchmark finds."""

    def __init__(self, name: str, size: str) -> None:
        self.name, self.size, self.failed = name, size, 0

    def tell(self, what: str, sentence: str, **values: Any) -> None:
        """One finding: a JSON line, and a sentence for people."""
        line = {"benchmark": self.name, "size": self.size, "what": what, **values}
        print(json.dumps(line, default=str), flush=True)
        print(f"{self.name:9} {what}: {sentence}", file=sys.stderr, flush=True)

    def prove(self, what: str, holds: bool, sentence: str, **values: Any) -> None:
        """One thing that must be true, exactly."""
        self.failed += not holds
        self.tell(what, f"{'holds' if holds else 'FAILS'}: {sentence}", proof=True, holds=bool(holds), **values)

    def compare(self, what: str, figures: Mapping[str, Figure], base: str, **values: Any) -> None:
        """Each case beside the bare one: medians in microseconds, and how many times the base."""
        bare = figures[base]
        for case, figure in figures.items():
            ratio, cpu = figure.p50 / bare.p50, figure.cpu / bare.cpu if bare.cpu else 0.0
            self.tell(
                f"{what}.{case}",
                f"p50 {figure.p50:.0f} µs [{figure.low:.0f}-{figure.high:.0f}], p99 {figure.p99:.0f}, "
                f"{ratio:.2f}× {base} (CPU {cpu:.2f}×)",
                p50_us=round(figure.p50, 1), p50_min=round(figure.low, 1), p50_max=round(figure.high, 1),
                p99_us=round(figure.p99, 1), cpu_us=round(figure.cpu, 1), ratio=round(ratio, 3),
                cpu_ratio=round(cpu, 3), base=base, n=figure.n, **values,
            )  # fmt: skip

    def close(self) -> NoReturn:
        """Ends the program: 1 when a proof failed."""
        load = os.getloadavg()[0]
        self.tell("end", f"{self.failed} proofs failed; load {load:.1f}", failed=self.failed, load=round(load, 1))
        sys.exit(1 if self.failed else 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """Microseconds of one case: median over rounds, its spread, p99 over all, CPU of this process, count."""

    p50: float
    low: float
    high: float
    p99: float
    cpu: float
    n: int


def side_by_side(cases: Mapping[str, Callable[[], Any]], *, rounds: int, each: int, warm: int = 3) -> dict[str, Figure]:
    """Runs every case `each` times in each of `rounds` rounds, one case after the other."""
    for call in cases.values():
        for _ in range(warm):
            call()
    taken: dict[str, list[list[float]]] = {name: [] for name in cases}
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, call in cases.items():
            began = time.process_time()
            taken[name].append([timed(call) for _ in range(each)])
            cpu[name].append((time.process_time() - began) * 1e6 / each)
    return {name: figure(taken[name], statistics.median(cpu[name])) for name in cases}


def figure(rounds: Sequence[Sequence[float]], cpu: float = 0.0) -> Figure:
    """From the microseconds of each round."""
    medians = [statistics.median(one) for one in rounds]
    every = sorted(value for one in rounds for value in one)
    return Figure(statistics.median(medians), min(medians), max(medians), quantile(every, 0.99), cpu, len(every))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of an ascending sequence does not pass."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def timed(call: Callable[[], Any]) -> float:
    """Microseconds of one call."""
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1000
