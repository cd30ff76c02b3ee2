"""The ten steps that people see: the seven lanes in their words (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agents.pipeline.models import Lane, LaneResult, Run

NBSP = "\N{NO-BREAK SPACE}"
Status = Run.Status
Lanes = dict[str, LaneResult]
ASKS, APPROVES, WORKS, ENDS = 3, 8, 9, 10


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the ten: the lanes that decide its state, and the one whose time is shown below it ('': none)."""

    number: int
    lanes: str
    clock: str
    label: Promise
    title: Promise


STAGES = (
    Stage(1, "A", "A", pgettext_lazy("step", "Intent"), _("Intent capture")),
    Stage(2, "C", "C", pgettext_lazy("step", "Encoding"), _("Semantic encoding")),
    Stage(3, "C", "", pgettext_lazy("step", "Validation"), _("Encoding validation")),
    Stage(4, "C", "", pgettext_lazy("step", "Estimate"), _("Token and cost estimation")),
    Stage(5, "BD", "B", pgettext_lazy("step", "Scope"), _("Scope locking")),
    Stage(6, "D", "D", pgettext_lazy("step", "Budget"), _("Budget verification")),
    Stage(7, "D", "", pgettext_lazy("step", "Agent"), _("Agent compatibility")),
    Stage(8, "E", "E", pgettext_lazy("step", "Approval"), _("Human approval")),
    Stage(9, "F", "F", pgettext_lazy("step", "Execution"), _("Controlled execution")),
    Stage(10, "G", "G", pgettext_lazy("step", "Result"), _("Result and audit")),
)

SAID = {
    "done": pgettext_lazy("step", "done"),
    "gate": pgettext_lazy("step", "approved"),
    "now": pgettext_lazy("step", "under way"),
    "ask": pgettext_lazy("step", "waits for you"),
    "fail": pgettext_lazy("step", "stopped"),
    "next": pgettext_lazy("step", "to come"),
}
QUIET = pgettext_lazy("step", "not needed")
NEVER = pgettext_lazy("step", "not reached")
ICONS = {"done": "check", "gate": "check", "ask": "hand", "fail": "x"}


@dataclass(frozen=True, slots=True)
class Step:
    """One stone of the water line: its state, what is said of it, and its time in words."""

    stage: Stage
    state: str
    said: str | Promise
    time: str = ""

    @property
    def number(self) -> int:
        return self.stage.number

    @property
    def icon(self) -> str:
        return ICONS.get(self.state, "")


@dataclass(frozen=True, slots=True)
class Line:
    """The ten steps of a run, and the one at which the water stands."""

    steps: tuple[Step, ...]
    level: int

    @property
    def current(self) -> Step:
        return self.steps[self.level - 1]


def water_line(run: Run, rows: Iterable[LaneResult], decision: str = "", now: datetime | None = None) -> Line:
    """The steps of a run by its lanes. `decision`: the status of the question it waits for, when it is known."""
    lanes = {row.lane: row for row in rows}
    steps = [_step(stage, lanes, run, now or timezone.now()) for stage in STAGES]
    for number, state in _overridden(run, lanes, decision).items():
        steps[number - 1] = replace(steps[number - 1], state=state, said=SAID[state])
    if run.is_over:
        steps = [replace(step, said=NEVER) if step.state == "next" else step for step in steps]
    return Line(tuple(steps), _level(run, steps))


def _step(stage: Stage, lanes: Lanes, run: Run, now: datetime) -> Step:
    state = _state(stage, lanes)
    quiet = stage.lanes == Lane.E and _status(lanes, Lane.E) == "skipped"
    time = duration(taken(lanes, stage.clock, run, now)) if stage.clock and state != "next" and not quiet else ""
    return Step(stage, state, QUIET if quiet and state == "done" else SAID[state], time)


def _status(lanes: Lanes, lane: str) -> str:
    return lanes[lane].status if lane in lanes else LaneResult.Status.PENDING


def _state(stage: Stage, lanes: Lanes) -> str:
    """What the lanes of a step say together."""
    found = {_status(lanes, lane) for lane in stage.lanes}
    if found == {"completed"}:
        return "gate" if stage.lanes == Lane.E else "done"
    if "failed" in found:
        return "fail"
    if "running" in found:
        return "now"
    if stage.lanes != Lane.E or _status(lanes, Lane.D) == "pending":
        return "next"
    return {"blocked": "ask", "skipped": "done"}.get(found.pop(), "next")


def _overridden(run: Run, lanes: Lanes, decision: str) -> dict[int, str]:
    """Where the run itself knows better than its lanes: who decided what, and where it stopped."""
    if run.status == Status.NEEDS_CLARIFICATION:
        return {ASKS: "ask", ASKS + 1: "next"}
    if run.status in {Status.PENDING, Status.RUNNING}:
        return {WORKS: "now"}
    if run.status == Status.APPROVED or (run.status == Status.AWAITING_APPROVAL and decision == "approved"):
        return {APPROVES: "gate", WORKS: "now"}
    if run.status == Status.AWAITING_APPROVAL and decision in {"rejected", "expired"}:
        return {APPROVES: "fail", WORKS: "now"}
    if run.status in {Status.REJECTED, Status.EXPIRED}:
        return {APPROVES: "fail"}
    if run.status in {Status.FAILED, Status.PENDING_EFFECT}:
        return {WORKS: "fail"}
    return _stopped(lanes) if run.status == Status.CANCELLED else {}


def _stopped(lanes: Lanes) -> dict[int, str]:
    """At which step a person stopped the run."""
    if _status(lanes, Lane.D) != "completed":
        return {ASKS: "fail", ASKS + 1: "next", APPROVES: "next"}
    return {APPROVES: "fail"} if _status(lanes, Lane.E) == "failed" else {WORKS: "fail"}


def _level(run: Run, steps: list[Step]) -> int:
    """The water stands where the run is; a refusal that was carried through to its end does not stop it."""
    if run.status in {Status.REJECTED, Status.EXPIRED} and steps[WORKS - 1].state == "done":
        return ENDS
    return next((step.number for step in steps if step.state in {"now", "ask", "fail"}), ENDS)


def taken(lanes: Lanes, lane: str, run: Run, now: datetime) -> int:
    """Microseconds that a lane has taken so far; for the execution without the waiting for a person."""
    row = lanes.get(lane)
    if row is None:
        return 0
    if lane == Lane.E:
        return _between(row.started_at or run.created_at, row.ended_at or run.ended_at or now)
    if lane != Lane.F:
        return row.duration_us or 0
    return max(0, _between(row.started_at, row.ended_at or now) - waited_inside(lanes, now))


def waited_inside(lanes: Lanes, now: datetime) -> int:
    """Microseconds of the execution in which it waited for a person."""
    gate, work = lanes.get(Lane.E), lanes.get(Lane.F)
    if gate is None or work is None or gate.started_at is None or work.started_at is None:
        return 0
    return _between(gate.started_at, gate.ended_at or now) if gate.started_at >= work.started_at else 0


def _between(start: datetime | None, end: datetime) -> int:
    return max(0, (end - start) // timedelta(microseconds=1)) if start else 0


def duration(microseconds: int) -> str:
    """“4 ms”, “1,4 s”, “18 s”, “2 min 14 s”, “3 h 05 min”: the same words in both languages."""
    if microseconds < 1_000:
        return f"<{NBSP}1{NBSP}ms"
    if microseconds < 1_000_000:
        return f"{microseconds // 1000}{NBSP}ms"
    if microseconds < 10_000_000:
        tenths = microseconds // 100_000
        return f"{tenths // 10}{formats.get_format('DECIMAL_SEPARATOR')}{tenths % 10}{NBSP}s"
    minutes, seconds = divmod(microseconds // 1_000_000, 60)
    if minutes < 1:
        return f"{seconds}{NBSP}s"
    if minutes < 60:
        return f"{minutes}{NBSP}min{NBSP}{seconds:02d}{NBSP}s"
    return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}{NBSP}min"
