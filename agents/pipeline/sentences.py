"""What happens to a run now, in one plain sentence (design 11, C6: sentences before labels)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.pipeline.models import Run
from agents.runtime.ending import EFFECTS_TO_DENY, FAILURES, nothing_happened

Status = Run.Status


@dataclass(frozen=True, slots=True)
class Now:
    """What a sentence may use besides the run. `asked`: the act that waits; `decision`: how its question stands;
    `doing`: the tool call under way; `pieces`: how much context was frozen; `did`: what was done last;
    `happened`: has the effect that was asked for happened? None when nobody looked: then nothing is claimed;
    `queued`: is there no room in the provider's limits yet?"""

    asked: str = ""
    decision: str = ""
    doing: str = ""
    did: str = ""
    pieces: int = 0
    happened: bool | None = None
    engine_down: bool = False
    queued: bool = False


def sentence(run: Run, now: Now | None = None) -> str:
    """The sentence of a run's present state."""
    return SENTENCES[Status(run.status)](run, now or Now())


def pending(run: Run, now: Now) -> str:
    if now.engine_down:
        return _("The engine is not running. Your request is kept, and starts by itself when it is back.")
    return _("Everything is checked. Nova begins in a moment.")


def running(run: Run, now: Now) -> str:
    if run.stop_requested:
        return _("Nova is being stopped. What is written so far is kept.")
    if now.doing:
        return _("Nova %(doing)s.") % {"doing": now.doing}
    if now.queued:
        return _("Many ask at this moment. Nova waits for its turn, and goes on by itself.")
    if now.pieces:
        words = ngettext(
            "Nova writes the answer, from %(n)s piece of context.",
            "Nova writes the answer, from %(n)s pieces of context.",
            now.pieces,
        )
        return words % {"n": now.pieces}
    return _("Nova writes the answer.")


def asks(run: Run, now: Now) -> str:
    return _("One thing is not clear. Nothing is done before you answer.")


def awaits(run: Run, now: Now) -> str:
    if now.decision == "approved":
        return approved(run, now)
    if now.decision in {"rejected", "expired"}:
        return _("This was not approved. Nova is told, and finishes without it.")
    if now.asked:
        return _("“%(act)s” waits for your decision.") % {"act": now.asked}
    return _("Everything is ready, the rest waits for your decision.")


def approved(run: Run, now: Now) -> str:
    if now.engine_down:
        return _("Approved. The engine is not running: it is carried out when it is back.")
    return _("Approved. Nova carries it out.")


def completed(run: Run, now: Now) -> str:
    if now.did:
        return _("Done: Nova %(did)s.") % {"did": now.did}
    return _with_truth(_("Done. The answer is in the thread."), run, now)


def rejected(run: Run, now: Now) -> str:
    return _with_truth(_("Refused, so it was not done."), run, now)


def expired(run: Run, now: Now) -> str:
    return _with_truth(_("Nobody decided in time: that counts as refused."), run, now)


def cancelled(run: Run, now: Now) -> str:
    kept = _("Stopped. What was written is kept in the thread.") if run.message_id else _("Stopped before it began.")
    return _with_truth(kept, run, now)


def failed(run: Run, now: Now) -> str:
    return str(FAILURES.get(run.error, _("This request was not carried through.")))


def pending_effect(run: Run, now: Now) -> str:
    return _("An effect was begun and its outcome is not known. Look at it before asking again.")


def undone(run: Run, now: Now) -> str:
    """After a failure: what did not happen."""
    return _nothing(run, now) or _("The answer was not finished.")


def safe(run: Run, now: Now) -> str:
    """After a failure: what is kept."""
    if now.did:
        return _("What was done before stays: Nova %(did)s.") % {"did": now.did}
    return _("Your request is kept in the thread, nothing was changed, and what was reserved is given back.")


def _with_truth(said: str, run: Run, now: Now) -> str:
    return f"{said} {_nothing(run, now)}".rstrip()


def _nothing(run: Run, now: Now) -> str:
    """“Nothing was sent.”, when that is known; else ''."""
    effect = run.intent.get("effect", "")
    return nothing_happened(effect) if now.happened is False and effect in EFFECTS_TO_DENY else ""


SENTENCES: dict[Status, Callable[[Run, Now], str]] = {
    Status.PENDING: pending,
    Status.RUNNING: running,
    Status.NEEDS_CLARIFICATION: asks,
    Status.AWAITING_APPROVAL: awaits,
    Status.APPROVED: approved,
    Status.COMPLETED: completed,
    Status.REJECTED: rejected,
    Status.FAILED: failed,
    Status.CANCELLED: cancelled,
    Status.EXPIRED: expired,
    Status.PENDING_EFFECT: pending_effect,
}
