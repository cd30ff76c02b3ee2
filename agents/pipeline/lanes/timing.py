"""Measures a lane while it works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from agents.pipeline.models import Lane, LaneResult, Run


@dataclass(slots=True)
class Track:
    """The seven lanes of a run being computed; `rows()` are ready to insert together."""

    done: dict[str, LaneResult] = field(default_factory=dict)

    @contextmanager
    def lane(self, lane: Lane) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Times the block as `lane`; call what it yields with the lane's output."""
        began, clock = timezone.now(), time.perf_counter_ns()
        row = LaneResult(lane=lane, status=LaneResult.Status.COMPLETED, started_at=began)

        def tell(output: dict[str, Any]) -> None:
            row.output = output

        yield tell
        row.duration_us = (time.perf_counter_ns() - clock) // 1000
        row.ended_at = timezone.now()
        self.done[lane] = row

    def mark(self, lane: Lane, status: str, output: dict[str, Any] | None = None) -> None:
        """Sets a lane that did not run now: to come, blocked or skipped."""
        at: datetime | None = timezone.now() if status == LaneResult.Status.SKIPPED else None
        self.done[lane] = LaneResult(lane=lane, status=status, output=output or {}, ended_at=at)

    def rows(self, run: Run) -> list[LaneResult]:
        for row in self.done.values():
            row.run = run
        return [self.done[lane] for lane in Lane]
