"""Lane G: settle, write the result into the thread, account, announce (design 4.1)."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.llm.models import Attempt
from agents.pipeline.models import Lane, LaneResult, Run, Snapshot, ToolCall
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
    "refused": gettext_lazy("The provider refused the request."),
    "wrong_model": gettext_lazy("Another model than the approved one answered, so its answer was thrown away."),
    "budget_exceeded": gettext_lazy("The budget does not allow the next step."),
    "too_many_steps": gettext_lazy("It took more steps than a run may have."),
    "too_many_bad_calls": gettext_lazy("The agent asked three times for something it may not have."),
    "too_long": gettext_lazy("It took longer than five minutes."),
    "not_allowed": gettext_lazy("A rule does not allow it."),
    "worker_lost": gettext_lazy("Its work was interrupted too often."),
}


def end(uow: UnitOfWork, run: Run, status: str, text: str, *, error: str = "") -> None:
    """Ends a run in the open unit of work: message, totals, lanes, events. The text is kept when there is any."""
    totals(run)
    run.status, run.error, run.ended_at, run.lane = status, error, timezone.now(), Lane.G
    run.artefacts = artefacts(run)
    with translation.override(run.language):
        words, cited = with_sources(run, final_words(run, text))
    thread = Thread.objects.select_for_update().get(pk=run.thread_id)
    if words and not thread.is_archived:
        message = uow.also(
            "threads.message.record",
            RecordMessage(thread=thread.pk, content=words, run_id=run.pk, sources=cited),
        )
        run.message_id = message.pk
    run.result_text = words
    add_usage(run.thread_id, run.credits, run.cost_pico_usd)
    close_lanes(run, failed=status in {Run.Status.FAILED, Run.Status.PENDING_EFFECT})
    kind = "pipeline.error" if status == Run.Status.FAILED else "pipeline.complete"
    uow.announce(kind, run.pk, run.pk, thread=str(run.thread_id), status=status, error=error)


def totals(run: Run) -> None:
    """The run's use is the sum of its attempts."""
    summed = Attempt.objects.filter(run_id=run.pk).aggregate(
        input=Sum("input_tokens"), output=Sum("output_tokens"), credits=Sum("credits"), cost=Sum("pico_usd")
    )
    run.input_tokens, run.output_tokens = summed["input"] or 0, summed["output"] or 0
    run.credits, run.cost_pico_usd = summed["credits"] or 0, summed["cost"] or 0


def artefacts(run: Run) -> list[dict[str, Any]]:
    """What the run made or did, by its tools."""
    return [
        {"action": call.action, "id": call.outcome.get("id"), "title": call.outcome.get("title", "")}
        for call in ToolCall.objects.filter(run=run, status=ToolCall.Status.DONE).order_by("turn", "position")
        if call.outcome.get("id") and not call.action.endswith((".read", ".search"))
    ]


def final_words(run: Run, text: str) -> str:
    """The result, then the plain truth about what did not happen."""
    parts = [text.strip()]
    if run.error:
        parts.append(_("This request was not carried through.") + f" {FAILURES.get(run.error, run.error)}")
    effect = run.intent.get("effect", "")
    if effect in EFFECTS_TO_DENY and not _effect_happened(run, effect) and run.status != Run.Status.PENDING_EFFECT:
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


def _effect_happened(run: Run, effect: str) -> bool:
    done = ToolCall.objects.filter(run=run, status=ToolCall.Status.DONE).values_list("action", flat=True)
    return any(get_action(name).effect == effect for name in done)


def with_sources(run: Run, text: str) -> tuple[str, list[Source]]:
    """The text with its citations numbered 1, 2, 3 … in their order, and the fragments they stand for."""
    snapshot = Snapshot.objects.filter(run=run).order_by("-id").first()
    fragments = {fragment["n"]: fragment for fragment in snapshot.fragments} if snapshot else {}
    numbers: dict[int, int] = {}

    def renumbered(found: re.Match[str]) -> str:
        cited = int(found[1])
        return f"[{numbers.setdefault(cited, len(numbers) + 1)}]" if cited in fragments else found[0]

    return CITED.sub(renumbered, text), [_source(fragments[cited]) for cited in numbers]


def _source(fragment: dict[str, Any]) -> Source:
    return Source(title=fragment["title"][:200], detail=fragment["origin"][:200], url=fragment["url"])


def close_lanes(run: Run, failed: bool) -> None:
    """F ends, G is done now, and nothing stays open."""
    now = timezone.now()
    lanes = {row.lane: row for row in LaneResult.objects.filter(run=run)}
    if (work := lanes.get(Lane.F)) is not None:
        began = work.started_at or now
        work.status = "failed" if failed else ("completed" if work.started_at else "skipped")
        work.ended_at, work.duration_us = now, int((now - began).total_seconds() * 1_000_000)
        work.output = {"credits": run.credits, "cost_pico_usd": run.cost_pico_usd, "steps": run.steps}
        work.save()
    if (last := lanes.get(Lane.G)) is not None:
        last.status, last.started_at, last.ended_at, last.duration_us = "completed", now, timezone.now(), 0
        last.duration_us = int((last.ended_at - now).total_seconds() * 1_000_000)
        last.output = {"message": str(run.message_id) if run.message_id else None, "status": run.status}
        last.save()
    if (gate := lanes.get(Lane.E)) is not None and gate.status == "blocked":
        gate.status, gate.ended_at = "failed", now
        gate.save()


def page_of(run: Run) -> str:
    """Where a person finds the run: its thread."""
    return reverse("thread-detail", args=[run.thread_id])
