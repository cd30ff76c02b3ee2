"""The first commit of a run: lanes A–D (and E when D asks), together with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from agents.llm import nova
from agents.llm.catalogue import credits
from agents.llm.facts import ModelFacts
from agents.pipeline.binding import run_binding
from agents.pipeline.intent.analyse import Intent
from agents.pipeline.intent.kinds import Sensitivity, exceeds_budget, token_budget
from agents.pipeline.lanes.encode import MAX_OUTPUT, Encoded, encode, estimate, quality_json
from agents.pipeline.lanes.snapshot import as_json, digest, freeze
from agents.pipeline.lanes.timing import Track
from agents.pipeline.lanes.understand import question_back, understand
from agents.pipeline.models import Lane, LaneResult, Run, Snapshot
from agents.pipeline.untrusted import in_snapshot
from governance.checkpoints.opening import write_checkpoint
from governance.checkpoints.pausing import MOST_PENDING, check_room
from governance.errors import BudgetExceeded, Halted, NotAllowed, TooMany
from governance.gate import Ruling, judge, store_verdict
from governance.jobs.queue import enqueue
from governance.kills.scopes import STOPPED_BY_STAFF
from governance.ledger.budget import Room, run_account_in_thread, too_small, used_percent
from governance.memory.recalling import note_use
from governance.people.models import User
from governance.registry.actions import Params, get_action
from governance.uow import UnitOfWork
from threads.models import Thread

MOST_CONCURRENT = 5
RUN_CEILING = 2_500  # credits of one run, unless its intent's budget or its first call needs more
EXECUTE = "agents.run.execute"
UNDER_WAY = """
SELECT (SELECT count(*) FROM (
    SELECT 1 FROM agents_run WHERE identity_id = %s AND status IN ('pending', 'running', 'approved') LIMIT %s) AS busy),
  (SELECT count(*) FROM (
    SELECT 1 FROM governance_checkpoint
    WHERE identity_id = %s AND status = 'pending' AND expires_at > now() AND agent = %s LIMIT %s) AS asked),
  EXISTS (SELECT 1 FROM governance_kill WHERE identity_id = %s AND lifted_at IS NULL
    AND (scope, ref) IN (('identity', ''), ('sphere', %s), ('thread', %s), ('agent', %s), ('provider', %s))),
  EXISTS (SELECT 1 FROM governance_installationstop WHERE lifted_at IS NULL
    AND (scope, ref) IN (('all', ''), ('provider', %s)))
"""
Status = LaneResult.Status


class ExecuteRun(Params):
    """The execution of a run, as the gate sees it: what is approved is the run."""

    run: UUID


@dataclass(frozen=True, slots=True)
class Prepared:
    """What lanes A to C found."""

    intent: Intent
    frozen: list[dict[str, Any]]
    digest: str
    encoded: Encoded
    estimate: dict[str, int]
    model: ModelFacts
    track: Track


def prepare(
    text: str, thread: Thread, person: User, written: str, *, agent: str = "nova", new: bool = False
) -> Prepared:
    """Lanes A to C, without writing. `new`: the thread was made for this, nothing has been said in it."""
    track = Track()
    facts = nova.present()
    with track.lane(Lane.A) as tell:
        intent = understand(text, thread.sphere, person)
        tell(intent.as_dict())
    with track.lane(Lane.B) as tell:
        fragments = freeze(intent, thread, person.pk, agent, new=new)
        frozen = as_json(fragments)
        sealed = digest(frozen)
        tell({"digest": sealed, "fragments": len(fragments), "bytes": sum(f.size for f in fragments)})
    with track.lane(Lane.C) as tell:
        encoded = encode(intent, written)
        expected = estimate(text, fragments, facts)
        tell({"encoding": encoded.text, "quality": quality_json(encoded.quality), "estimate": expected})
    return Prepared(intent, frozen, sealed, encoded, expected, facts, track)


def write_run(uow: UnitOfWork, run: Run, thread: Thread, prepared: Prepared) -> Run:
    """Lane D, and the rows of the first commit. `run` has its text; a run that asked is written again."""
    fill(run, prepared)
    asked = question_back(prepared.intent, prepared.encoded)
    if asked:
        wait_for_answer(run, prepared.track, asked)
    else:
        check(uow, run, thread, prepared)
    if run._state.adding:
        uow.add(run)
    else:
        run.save()
        LaneResult.objects.filter(run=run).delete()
    uow.add(*prepared.track.rows(run))
    uow.add(Snapshot(run=run, fragments=prepared.frozen, digest=prepared.digest))
    note_use(uow, run.pk, prepared.frozen)
    announce_start(uow, run, prepared.track)
    if run.status == Run.Status.PENDING:
        enqueue(EXECUTE, identity_id=uow.actor.identity_id, object_id=run.pk, person_id=run.person_id, add=uow.add)
    return run


def fill(run: Run, prepared: Prepared) -> None:
    intent, encoded = prepared.intent, prepared.encoded
    run.language = intent.language
    run.intent = {"type": intent.type.value, "effect": intent.effect.value, "confidence": intent.confidence}
    run.encoding, run.encoding_score, run.encoding_digest = encoded.text, encoded.quality.score, encoded.digest
    run.snapshot_digest, run.untrusted = prepared.digest, in_snapshot(prepared.frozen)
    run.estimate, run.model = prepared.estimate, prepared.model.id
    run.price_version = prepared.model.price_version


def wait_for_answer(run: Run, track: Track, asked: str) -> None:
    run.status, run.lane, run.question = Run.Status.NEEDS_CLARIFICATION, Lane.C, asked
    for lane in (Lane.D, Lane.F, Lane.G):
        track.mark(lane, Status.PENDING)
    track.mark(Lane.E, Status.SKIPPED)


def check(uow: UnitOfWork, run: Run, thread: Thread, prepared: Prepared) -> None:
    """Lane D: rules, budget and concurrency; E waits when a rule asks. Raises NotAllowed or TooMany."""
    track, action = prepared.track, get_action(EXECUTE)
    busy, waiting = under_way(uow.actor.identity_id, run, prepared.model.provider)
    if busy >= MOST_CONCURRENT:
        raise TooMany(_("Five runs are under way: wait for one to end."), retry_after=10)
    with track.lane(Lane.D) as tell:
        account, rooms = budget_of(run, thread, prepared)
        known = {**facts_of(run, prepared), "budget_used_percent": used_percent(rooms)}
        ruling = judge(action, uow.actor.through(run.agent, run.pk), ExecuteRun(run=run.pk), known, thread.pk)
        tell({"verdict": str(ruling.verdict_id), "decision": ruling.decision.document, "account": str(account)})
    if ruling.denied:
        raise NotAllowed(_("A rule refuses this."), verdict=ruling.decision.document)
    run.account_id = account
    track.mark(Lane.G, Status.PENDING)
    track.mark(Lane.F, Status.PENDING)
    if ruling.asks:
        check_room(waiting)
        ask(uow, run, ruling)
        track.mark(Lane.E, Status.BLOCKED, {"checkpoint": str(run.checkpoint_id)})
    else:
        store_verdict(uow, ruling, action, uow.actor)
        run.status, run.lane = Run.Status.PENDING, Lane.F
        track.mark(Lane.E, Status.SKIPPED)


def under_way(identity_id: UUID, run: Run, provider: str) -> tuple[int, int]:
    """The runs that a worker has or is to take, and the agent's questions that wait; no further than needed.

    Raises Halted where a kill switch holds: asked here so that it costs no statement of its own.
    """
    reach: list[Any] = [identity_id, run.sphere, str(run.thread_id), run.agent, provider, provider]
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [identity_id, MOST_CONCURRENT, identity_id, run.agent, MOST_PENDING, *reach])
        busy, waiting, halted, by_staff = cursor.fetchone()
    if by_staff:
        raise Halted(STOPPED_BY_STAFF, by="operator")
    if halted:
        raise Halted(_("A kill switch holds here: nothing begins until somebody lifts it."))
    return int(busy), int(waiting)


def budget_of(run: Run, thread: Thread, prepared: Prepared) -> tuple[UUID, list[Room]]:
    """Opens the run's account, with its room; raises BudgetExceeded when its first call would not fit."""
    worst = prepared.estimate["worst_case"]
    ceiling = max(RUN_CEILING, 2 * credits(worst, 0), credits(token_budget(prepared.intent.type), 0))
    account, rooms = run_account_in_thread(
        run.pk, ceiling, thread=thread.pk, sphere=thread.sphere, thread_credits=thread.token_budget
    )
    cost = prepared.model.cost(worst - MAX_OUTPUT, MAX_OUTPUT)
    refused = too_small(rooms, credits(worst, 0), cost)
    if refused is not None:
        raise BudgetExceeded(_("This needs more than the budget has left."), budget=refused)
    return account, rooms


def facts_of(run: Run, prepared: Prepared) -> dict[str, Any]:
    """What rules may ask about this run."""
    return {
        "sphere": run.sphere,
        "target_sphere": run.sphere,
        "sensitivity": sensitivity_of(prepared),
        "estimated_tokens": prepared.estimate["expected"],
        "over_intent_budget": exceeds_budget(prepared.intent.type, prepared.estimate["expected"]),
        "estimated_cost_pico_usd": prepared.estimate["cost_pico_usd"],
    }


def sensitivity_of(prepared: Prepared) -> str:
    """That of the request or of what is remembered with it, whichever is higher."""
    levels = [level.value for level in Sensitivity]
    told = [prepared.intent.sensitivity.value]
    told += [fragment["sensitivity"] for fragment in prepared.frozen if "memory" in fragment]
    return max(told, key=levels.index)


def ask(uow: UnitOfWork, run: Run, ruling: Ruling) -> None:
    """Stops in lane D: the run itself waits for a person."""
    actor, uow.actor = uow.actor, uow.actor.through(run.agent, run.pk)
    row = write_checkpoint(uow, get_action(EXECUTE), ExecuteRun(run=run.pk), run_preview(run), ruling, run_binding(run))
    uow.actor = actor
    run.status, run.lane, run.checkpoint_id = Run.Status.AWAITING_APPROVAL, Lane.E, row.pk


def run_preview(run: Run) -> dict[str, Any]:
    """What an approver of a whole run sees: the words, how they were understood, what it may cost."""
    return {
        "form": "run",
        "request": run.text,
        "encoding": run.encoding,
        "estimate": run.estimate,
        "model": run.model,
        "resources": [str(run.pk)],
    }


def announce_start(uow: UnitOfWork, run: Run, track: Track) -> None:
    uow.announce("pipeline.start", run.pk, run.pk, thread=str(run.thread_id), status=run.status)
    for lane, row in sorted(track.done.items()):
        if row.status in {Status.COMPLETED, Status.SKIPPED}:
            uow.announce("lane.complete", run.pk, run.pk, lane=lane, status=row.status)
    if run.status != Run.Status.PENDING:
        uow.announce("pipeline.blocked", run.pk, run.pk, thread=str(run.thread_id), status=run.status)


def new_run(uow: UnitOfWork, thread: Thread, text: str) -> Run:
    return Run(
        id=uuid7(),
        person_id=uow.actor.person_id,
        sphere=thread.sphere,
        thread=thread,
        text=text,
        request_id=uow.actor.request_id,
        created_at=timezone.now(),
    )
