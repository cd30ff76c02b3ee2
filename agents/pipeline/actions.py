"""What changes about runs: start, answer, stop, and the execution itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from agents.pipeline.intent.kinds import EFFECTS
from agents.pipeline.models import LONGEST_REQUEST, Lane, LaneResult, Run
from agents.pipeline.starting import EXECUTE, ExecuteRun, new_run, prepare, run_preview, write_run
from governance.checkpoints.actions import end as end_checkpoint
from governance.checkpoints.models import Checkpoint
from governance.errors import BadInput, Conflict, Unprocessable
from governance.isolation.context import IdentityContext
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.facts import SphereSlug
from threads.actions.lifecycle import CreateThread, open_thread
from threads.actions.messages import AddMessage
from threads.models import LONGEST_TITLE, Thread

TITLE_WORDS = 8


class StartRun(Params):
    """An intent, in a sphere; in a thread of it, or in a new one named after the words."""

    text: str = Field(min_length=1, max_length=LONGEST_REQUEST)
    sphere: SphereSlug
    thread: UUID | None = None
    agent: str = Field(default="nova", pattern="^nova$")
    encoding: str = Field(default="", max_length=400)


@action("agents.run.start", Effect.CREATE, params=StartRun, policy=may_write, label=_("Ask Nova"))
def start(uow: UnitOfWork, params: StartRun) -> Run:
    """Lanes A–D in one commit; the worker goes on from there."""
    thread = thread_of(uow, params)
    run = new_run(uow, thread, params.text)
    prepared = prepare(params.text, thread, uow.person, params.encoding, agent=params.agent, new=params.thread is None)
    uow.also("threads.message.add", AddMessage(thread=thread.pk, content=params.text))
    return write_run(uow, run, thread, prepared)


def thread_of(uow: UnitOfWork, params: StartRun) -> Thread:
    """The named thread, unlocked for writing; or a new one. Raises Unprocessable for another sphere's."""
    if params.thread is None:
        title = " ".join(params.text.split()[:TITLE_WORDS])[: LONGEST_TITLE - 1]
        return uow.also("threads.thread.create", CreateThread(title=title, sphere=params.sphere))
    thread = open_thread(params.thread, uow)
    if thread.sphere != params.sphere:
        raise Unprocessable("sphere_mismatch", _("This thread belongs to another sphere."))
    return thread


class ContinueRun(Params):
    """What a person answers to a run that asked: words, or an encoding."""

    run: UUID
    answer: str = Field(default="", max_length=LONGEST_REQUEST)
    encoding: str = Field(default="", max_length=400)

    @model_validator(mode="after")
    def one_of_both(self) -> ContinueRun:
        if bool(self.answer) == bool(self.encoding):
            raise ValueError(_("Give either an answer or an encoding."))
        return self


@action("agents.run.continue", Effect.UPDATE, params=ContinueRun, policy=may_write, label=_("Answer Nova"))
def go_on(uow: UnitOfWork, params: ContinueRun) -> Run:
    """Lanes A–D again, with what was answered; nothing had been executed."""
    run = find(Run.objects.select_for_update(), params.run)
    if run.status != Run.Status.NEEDS_CLARIFICATION:
        raise Conflict("not_asking", _("This run asks nothing."))
    thread = open_thread(run.thread_id, uow)
    if params.answer:
        run.text = f"{run.text}\n{params.answer}"
        if len(run.text) > LONGEST_REQUEST:
            raise BadInput(errors={"answer": [_("Together with the request this is too long.")]})
        uow.also("threads.message.add", AddMessage(thread=thread.pk, content=params.answer))
    run.question = ""
    return write_run(uow, run, thread, prepare(run.text, thread, uow.person, params.encoding, agent=run.agent))


class StopRun(Params):
    run: UUID


@action("agents.run.stop", Effect.UPDATE, params=StopRun, policy=may_write, label=_("Stop a run"))
def stop(uow: UnitOfWork, params: StopRun) -> Run:
    """Ends what waits at once; what is being executed hears it within a moment and reports what it used."""
    # The question before the run: whoever decides, edits or asks it locks in this order, too.
    asked = Checkpoint.objects.select_for_update().filter(run_id=params.run, status=Checkpoint.Status.PENDING).first()
    run = uow.lock(Run, params.run)
    if run.is_over:
        raise Conflict("run_over", _("This run is over."))
    if run.status == Run.Status.AWAITING_APPROVAL and asked is None and _asks_still(run):
        raise Conflict("run_moved_on", _("This run has just asked something. Look at it, then stop it."))
    halt(uow, run, asked)
    return run


def halt(uow: UnitOfWork, run: Run, asked: Checkpoint | None = None) -> None:
    """Ends a locked run that waits, with the question it `asked`; tells one that is being executed to end."""
    if run.status == Run.Status.RUNNING:
        run.stop_requested = True
        run.save(update_fields=["stop_requested"])
        uow.announce("pipeline.stopping", run.pk, run.pk, thread=str(run.thread_id))
        return
    if asked is not None:
        end_checkpoint(uow, asked, Checkpoint.Status.CANCELLED, wake=False)
    finish(uow, run, Run.Status.CANCELLED)


def _asks_still(run: Run) -> bool:
    """Was its question asked after we looked for it? To lock it now would be the wrong order."""
    asking = Checkpoint.objects.filter(run_id=run.pk, status=Checkpoint.Status.PENDING)
    return bool(asking.exists())


def finish(uow: UnitOfWork, run: Run, status: str, error: str = "") -> None:
    """Ends a run that is not being executed, and its lanes."""
    run.status, run.error, run.ended_at = status, error, timezone.now()
    run.save(update_fields=["status", "error", "ended_at"])
    LaneResult.objects.filter(run=run, lane=Lane.E, status="blocked").update(status="failed", ended_at=run.ended_at)
    LaneResult.objects.filter(run=run, status__in=["pending", "running", "blocked"]).update(
        status="skipped", ended_at=run.ended_at
    )
    uow.announce("pipeline.complete", run.pk, run.pk, thread=str(run.thread_id), status=status)


def through_the_pipeline(actor: IdentityContext, params: Any) -> bool:
    """Only the machinery executes, in the name of a person who may write."""
    return may_write(actor, params) and bool(actor.agent) and actor.run_id == params.run


def shown(params: ExecuteRun) -> dict[str, Any]:
    return run_preview(find(Run.objects, params.run))


def asked(preview: dict[str, Any]) -> str:
    return gettext("Let Nova carry out this request?")


@action(
    EXECUTE,
    Effect.READ,
    params=ExecuteRun,
    policy=through_the_pipeline,
    label=_("Carry out a request"),
    preview=shown,
    question=asked,
)
def execute(uow: UnitOfWork, params: ExecuteRun) -> Run:
    """Takes the run over for execution; its first reservation is made in the same commit."""
    return uow.lock(Run, params.run)


INTENT_TYPES = [{"type": kind.value, "effect": effect.value} for kind, effect in EFFECTS.items()]
