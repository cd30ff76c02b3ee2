"""Several processes of several threads that begin at the same moment, as workers of one installation do."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks.ground import setup_django

_gate: Any = None


class Crowd:
    """`run(function, shares)`: each process does one share; all begin together."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def run(self, function: Callable[..., Any], shares: Sequence[tuple[Any, ...]]) -> tuple[list[Any], float]:
        """The answers, and the seconds from the common start to the last end. One share per process."""
        done = [future.result() for future in [self._pool.submit(_together, function, share) for share in shares]]
        return [answer for answer, _, _ in done], max(end for _, _, end in done) - min(start for _, start, _ in done)


@contextmanager
def crowd(processes: int) -> Iterator[Crowd]:
    """New processes with Django set up."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, initializer=_enter, initargs=(gate,)) as pool:
        yield Crowd(pool)


def by_threads(threads: int, function: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """`function` of each value, by threads of this process that give their connections back."""
    from django.db import connection

    def one(value: Any) -> Any:
        try:
            return function(value)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, values))


def _enter(gate: Any) -> None:
    global _gate
    _gate = gate
    setup_django()


def _together(function: Callable[..., Any], share: tuple[Any, ...]) -> tuple[Any, float, float]:
    _gate.wait(timeout=300)
    began = time.time()
    return function(*share), began, time.time()
