"""The card of a run: everything that a person sees of it, read once (design 11, C6)."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.llm.models import Attempt
from agents.pipeline import sentences
from agents.pipeline.doings import Doing, doing, label, say
from agents.pipeline.models import Lane, LaneResult, Run, ToolCall
from agents.pipeline.steps import Line, duration, taken, waited_inside, water_line
from agents.pipeline.understood import Field, Part, band_of, fields_of, parts_of
from governance.access.pages import WORKER_LATE
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.words import question_of
from governance.isolation.context import IdentityContext
from governance.jobs.models import WorkerBeat
from governance.ledger.models import credits_for
from governance.people.policies import may_write
from governance.registry.actions import get_action

PATIENCE = timedelta(seconds=5)  # a worker that lives has begun by then
LEAST_PAST_RUNS, MOST_PAST_RUNS = 5, 50
Status = Run.Status

TONES = {
    Status.PENDING: "live",
    Status.RUNNING: "live",
    Status.APPROVED: "live",
    Status.NEEDS_CLARIFICATION: "wait",
    Status.AWAITING_APPROVAL: "wait",
    Status.COMPLETED: "ok",
    Status.REJECTED: "off",
    Status.EXPIRED: "off",
    Status.CANCELLED: "off",
    Status.FAILED: "bad",
    Status.PENDING_EFFECT: "bad",
}
AT_WORK = frozenset({Status.PENDING, Status.RUNNING, Status.APPROVED})
REPEATABLE = frozenset({Status.FAILED, Status.CANCELLED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class LogRow:
    lane: str
    name: str
    status: str
    tone: str
    time: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A run as its card shows it. `since`: what the running clock counts from; None when nothing runs."""

    run: Run
    line: Line
    say: str
    tone: str
    took: str
    since: datetime | None
    usual: str
    used: int
    expected: int
    cost_pico_usd: int
    question: str
    checkpoint: Checkpoint | None
    fields: tuple[Field, ...]
    parts: tuple[Part, ...]
    band: str
    doings: tuple[Doing, ...]
    log: tuple[LogRow, ...]
    kept: str
    undone: str
    at_work: bool
    may_stop: bool
    may_answer: bool
    may_retry: bool
    out_of_budget: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows behind a card."""

    run: Run
    lanes: list[LaneResult]
    calls: list[ToolCall]
    attempts: list[Attempt]
    checkpoint: Checkpoint | None

    @property
    def by_lane(self) -> dict[str, LaneResult]:
        return {row.lane: row for row in self.lanes}

    @property
    def decision(self) -> str:
        """How the question that the run waits for stands, in the words of the water line."""
        if self.checkpoint is None or self.run.status != Status.AWAITING_APPROVAL:
            return ""
        return {"pending": "", "approved": "approved", "executed": "approved", "expired": "expired"}.get(
            self.checkpoint.status, "rejected"
        )


def rows_of(run: Run) -> Rows:
    """Reads what the card needs, in a fixed number of queries."""
    return Rows(
        run=run,
        lanes=sorted(LaneResult.objects.filter(run=run), key=lambda row: row.lane),
        calls=list(ToolCall.objects.filter(run=run).order_by("turn", "position")),
        attempts=list(Attempt.objects.filter(run_id=run.pk).order_by("id")),
        checkpoint=question(run),
    )


def question(run: Run) -> Checkpoint | None:
    """What the run waits or waited for; an edited question is followed to the one in its place."""
    row = Checkpoint.objects.filter(pk=run.checkpoint_id).first() if run.checkpoint_id else None
    while row is not None and row.status == Checkpoint.Status.SUPERSEDED:
        row = row.superseded_by
    return row


def card_of(run: Run, actor: IdentityContext, rows: Rows | None = None) -> Card:
    """The card of a run for this person, inside a transaction."""
    rows = rows or rows_of(run)
    now, sees = timezone.now(), may_write(actor)
    told = facts(rows, sees, now)
    waits = run.status == Status.AWAITING_APPROVAL and not rows.decision
    ended = run.status in {Status.FAILED, Status.PENDING_EFFECT}
    archived = run.thread.is_archived
    return Card(
        run=run,
        line=water_line(run, rows.lanes, rows.decision, now),
        say=sentences.sentence(run, told),
        tone=TONES[Status(run.status)],
        took=took(rows, now),
        since=since(rows, now),
        usual=usual() if run.status == Status.RUNNING else "",
        used=sum(attempt.credits for attempt in rows.attempts),
        expected=credits_for(run.estimate.get("expected", 0)),
        cost_pico_usd=sum(attempt.pico_usd for attempt in rows.attempts),
        question=question_words(rows, sees) if waits else run.question,
        checkpoint=rows.checkpoint if waits else None,
        fields=fields_of(run.encoding),
        parts=parts_of(rows.by_lane.get(Lane.C), run.encoding),
        band=str(band_of(run.encoding_score).label),
        doings=tuple(doing(call, sees) for call in rows.calls),
        log=log_of(rows, now),
        kept=sentences.safe(run, told) if ended else "",
        undone=sentences.undone(run, told) if run.status == Status.FAILED else "",
        at_work=run.status in AT_WORK or bool(rows.decision),
        may_stop=sees and not run.is_over and not run.stop_requested and not rows.decision,
        may_answer=sees and run.status == Status.NEEDS_CLARIFICATION and not archived,
        may_retry=sees and run.status in REPEATABLE and not archived,
        out_of_budget=sees and run.status == Status.FAILED and run.error == "budget_exceeded" and not archived,
    )


def facts(rows: Rows, sees: bool, now: datetime) -> sentences.Now:
    """What the sentence may use."""
    run, lanes = rows.run, rows.by_lane
    done = [call for call in rows.calls if call.status == ToolCall.Status.DONE]
    acted = [call for call in done if get_action(call.action).effect != "READ"]
    open_calls = [call for call in rows.calls if call.status in {"requested", "begun"}]
    read = lanes[Lane.B].output.get("fragments", 0) if Lane.B in lanes else 0
    return sentences.Now(
        asked=label(rows.checkpoint.action) if rows.checkpoint else "",
        decision=rows.decision,
        doing=_inside(say(open_calls[0])) if open_calls and sees else "",
        did=_inside(say(acted[-1])) if acted and sees else "",
        pieces=read if isinstance(read, int) else 0,
        happened=any(get_action(call.action).effect == run.intent.get("effect") for call in done),
        engine_down=is_waiting_for_engine(rows, now),
        queued=any(attempt.state == Attempt.State.WAITING for attempt in rows.attempts),
    )


def _inside(line: str) -> str:
    """A line as it stands inside a sentence."""
    return line[:1].lower() + line[1:]


def is_waiting_for_engine(rows: Rows, now: datetime) -> bool:
    """Has it been ready for longer than a living worker needs, and is there none?"""
    if rows.decision and rows.checkpoint is not None:
        ready = rows.checkpoint.decided_at
    elif rows.run.status == Status.PENDING:
        checked = rows.by_lane.get(Lane.D)
        ready = checked.ended_at if checked else rows.run.created_at
    else:
        return False
    if ready is None or now - ready <= PATIENCE:
        return False
    return not WorkerBeat.objects.filter(seen_at__gte=now - timedelta(seconds=WORKER_LATE)).exists()


def since(rows: Rows, now: datetime) -> datetime | None:
    """What the clock of the present step counts from: the work without its pauses, or the waiting."""
    run, lanes = rows.run, rows.by_lane
    work, gate = lanes.get(Lane.F), lanes.get(Lane.E)
    if run.status == Status.RUNNING and work is not None and work.started_at is not None:
        return work.started_at + timedelta(microseconds=waited_inside(lanes, now))
    if run.status == Status.AWAITING_APPROVAL and gate is not None and not rows.decision:
        return gate.started_at or run.created_at
    return None


def took(rows: Rows, now: datetime) -> str:
    """How long the work took or takes; while a person is asked, how long it has waited. '' before it began."""
    run = rows.run
    if run.status == Status.AWAITING_APPROVAL and not rows.decision:
        return duration(taken(rows.by_lane, Lane.E, run, now))
    return duration(taken(rows.by_lane, Lane.F, run, now)) if run.started_at else ""


def usual() -> str:
    """How long an execution takes, from the identity's past ones that nobody had to approve: “2 s to 5 s”.

    The middle half of the last fifty; '' with fewer than five.
    """
    past = LaneResult.objects.filter(
        lane=Lane.F, status="completed", run__lanes__lane=Lane.E, run__lanes__status="skipped"
    )
    found = list(past.order_by("-run_id").values_list("duration_us", flat=True)[:MOST_PAST_RUNS])
    if len(found) < LEAST_PAST_RUNS:
        return ""
    low, _middle, high = (duration(round(value)) for value in statistics.quantiles(found, n=4))
    if low == high:
        return _("usually about %(time)s") % {"time": low}
    return _("usually %(low)s to %(high)s") % {"low": low, "high": high}


def question_words(rows: Rows, sees: bool) -> str:
    """The question a person must answer; a viewer learns only that there is one."""
    if rows.checkpoint is None or not sees:
        return ""
    return question_of(rows.checkpoint.action, rows.checkpoint.preview)


LANE_TONES = {
    "completed": "ok",
    "running": "live",
    "failed": "bad",
    "blocked": "wait",
    "skipped": "off",
    "pending": "off",
}


def log_of(rows: Rows, now: datetime) -> tuple[LogRow, ...]:
    """The seven lanes with their times."""
    lanes = rows.by_lane
    return tuple(
        LogRow(
            lane=lane.value,
            name=str(lane.label),
            status=str(LaneResult.Status(lanes[lane].status).label),
            tone=LANE_TONES[lanes[lane].status],
            time=duration(taken(lanes, lane, rows.run, now)) if lanes[lane].started_at else "",
            started_at=lanes[lane].started_at,
        )
        for lane in Lane
        if lane in lanes
    )


def newest_of(thread_id: UUID, most: int) -> list[Run]:
    """The last runs of a thread, with the thread."""
    return list(Run.objects.of_thread(thread_id).select_related("thread").newest_first()[:most])
