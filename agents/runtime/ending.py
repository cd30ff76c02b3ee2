"""Lane G: settle, write the result into the thread, account, announce (design 4.1)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.pipeline.models import Lane, Run, ToolCall
from agents.runtime.story import Story
from governance.registry.actions import get_action
from governance.uow import UnitOfWork
from threads.actions.messages import RecordMessage, Source
from threads.models import LONGEST_MESSAGE, Thread
from threads.usage import add_usage

CITED = re.compile(r"\[(\d{1,3})\]")
EFFECTS_TO_DENY = frozenset({"SEND", "DELETE", "TRANSFER", "PAYMENT"})

FAILURES = {
    "rate_limited": gettext_lazy("The provider is asked too much at this moment."),
    "overloaded": gettext_lazy("The provider is overloaded at this moment."),
    "provider_error": gettext_lazy("The provider had a fault."),
    "unreachable": gettext_lazy("The provider cannot be reached."),
    "timeout": gettext_lazy("The provider did not answer in time."),
    "cut": gettext_lazy("The answer was cut off."),
    "malformed": gettext_lazy("The provider's answer could not be read."),
    "too_much": gettext_lazy("The provider's answer did not end, so it was cut off."),
    "refused": gettext_lazy("The provider refused the request."),
    "refused_address": gettext_lazy("The provider's address is none that this installation may call."),
    "locked": gettext_lazy("Nova speaks with Claude only: nothing was sent."),
    "wrong_model": gettext_lazy("Another model than the approved one answered, so its answer was thrown away."),
    "budget_exceeded": gettext_lazy("The budget does not allow the next step."),
    "too_many_steps": gettext_lazy("It took more steps than a run may have."),
    "too_many_bad_calls": gettext_lazy("The agent asked three times for something it may not have."),
    "too_long": gettext_lazy("It took longer than five minutes."),
    "not_allowed": gettext_lazy("A rule does not allow it."),
    "worker_lost": gettext_lazy("Its work was interrupted too often."),
}


def end(uow: UnitOfWork, story: Story, status: str, text: str, *, error: str = "") -> None:
    """Ends a run in the open unit of work: message, lanes, events. The text is kept when there is any."""
    run, calls = story.run, story.calls()
    run.status, run.error, run.ended_at, run.lane = status, error, timezone.now(), Lane.G
    run.artefacts = artefacts(calls)
    with translation.override(run.language):
        words, cited = with_sources(story.fragments, final_words(run, calls, text))
    thread = uow.lock(Thread, run.thread_id)
    if words and not thread.is_archived:
        message = uow.also(
            "threads.message.record",
            RecordMessage(thread=thread.pk, content=words, run_id=run.pk, sources=cited),
        )
        run.message_id = message.pk
    run.result_text = words
    add_usage(uow, run.thread_id, run.credits, run.cost_pico_usd)
    uow.change(run, "status", "error", "ended_at", "lane", "artefacts", "message_id", "result_text")
    close_lanes(uow, story, failed=status in {Run.Status.FAILED, Run.Status.PENDING_EFFECT})
    kind = "pipeline.error" if status == Run.Status.FAILED else "pipeline.complete"
    uow.announce(kind, run.pk, run.pk, thread=str(run.thread_id), status=status, error=error)


def artefacts(calls: list[ToolCall]) -> list[dict[str, Any]]:
    """What the run made or did, by its tools."""
    return [
        {"action": call.action, "id": call.outcome.get("id"), "title": call.outcome.get("title", "")}
        for call in calls
        if call.status == ToolCall.Status.DONE
        and call.outcome.get("id")
        and not call.action.endswith((".read", ".search"))
    ]


def final_words(run: Run, calls: list[ToolCall], text: str) -> str:
    """The result, then the plain truth about what did not happen."""
    parts = [text.strip()]
    if run.error:
        parts.append(_("This request was not carried through.") + f" {FAILURES.get(run.error, run.error)}")
    effect = run.intent.get("effect", "")
    if effect in EFFECTS_TO_DENY and not _happened(calls, effect) and run.status != Run.Status.PENDING_EFFECT:
        parts.append(nothing_happened(effect))
    if run.status == Run.Status.PENDING_EFFECT:
        parts.append(_("An effect was begun and its outcome is not known. Look at it before asking again."))
    return "\n\n".join(part for part in parts if part)[:LONGEST_MESSAGE]


def nothing_happened(effect: str) -> str:
    return {
        "SEND": _("Nothing was sent."),
        "DELETE": _("Nothing was deleted."),
        "TRANSFER": _("Nothing was transferred."),
        "PAYMENT": _("Nothing was paid."),
    }[effect]


def _happened(calls: list[ToolCall], effect: str) -> bool:
    return any(call.status == ToolCall.Status.DONE and get_action(call.action).effect == effect for call in calls)


def with_sources(context: list[dict[str, Any]], text: str) -> tuple[str, list[Source]]:
    """The text with its citations numbered 1, 2, 3 … in their order, and the fragments they stand for."""
    fragments = {fragment["n"]: fragment for fragment in context}
    numbers: dict[int, int] = {}

    def renumbered(found: re.Match[str]) -> str:
        cited = int(found[1])
        return f"[{numbers.setdefault(cited, len(numbers) + 1)}]" if cited in fragments else found[0]

    return CITED.sub(renumbered, text), [_source(fragments[cited]) for cited in numbers]


def _source(fragment: dict[str, Any]) -> Source:
    return Source(title=fragment["title"][:200], detail=fragment["origin"][:200], url=fragment["url"])


def close_lanes(uow: UnitOfWork, story: Story, failed: bool) -> None:
    """F ends, G is done now, and nothing stays open."""
    run, now = story.run, timezone.now()
    work, gate = story.lanes.get(Lane.F), story.lanes.get(Lane.E)
    began = (work and work.started_at) or now
    story.move(
        uow,
        Lane.F,
        status="failed" if failed else ("completed" if work and work.started_at else "skipped"),
        ended_at=now,
        duration_us=_microseconds(began, now),
        output={"credits": run.credits, "cost_pico_usd": run.cost_pico_usd, "steps": run.steps},
    )
    done = timezone.now()
    told = {"message": str(run.message_id) if run.message_id else None, "status": run.status}
    story.move(
        uow,
        Lane.G,
        status="completed",
        started_at=now,
        ended_at=done,
        duration_us=_microseconds(now, done),
        output=told,
    )
    if gate is not None and gate.status == "blocked":
        story.move(uow, Lane.E, status="failed", ended_at=now)


def _microseconds(began: datetime, ended: datetime) -> int:
    return (ended - began) // timedelta(microseconds=1)


def page_of(run: Run) -> str:
    """Where a person finds the run: its thread."""
    return reverse("thread-detail", args=[run.thread_id])
