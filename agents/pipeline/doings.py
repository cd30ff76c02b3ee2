"""What an agent did or wants to do, one plain line for each tool call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.pipeline.models import ToolCall
from governance.registry.actions import all_actions

LONGEST = 80


@dataclass(frozen=True, slots=True)
class Words:
    """The two lines of one action; `what` is the parameter, or the member of the outcome, that names its object."""

    icon: str
    wanted: Promise
    done: Promise
    what: str


WORDS = {
    "spheres.search": Words("search", _("Searches for “%(what)s”"), _("Searched for “%(what)s”"), "q"),
    "spheres.item.read": Words("file-text", _("Reads a note"), _("Read “%(what)s”"), "title"),
    "spheres.item.create": Words("sticky-note", _("Wants to write “%(what)s”"), _("Wrote “%(what)s”"), "title"),
    "spheres.item.delete": Words("trash-2", _("Wants to delete a note"), _("Deleted “%(what)s”"), "title"),
    "spheres.task.create": Words(
        "square-check-big", _("Wants to add the task “%(what)s”"), _("Added the task “%(what)s”"), "title"
    ),
    "threads.message.add": Words("messages-square", _("Wants to write in the thread"), _("Wrote in the thread"), ""),
    "threads.decision.propose": Words(
        "gavel", _("Wants to propose: “%(what)s”"), _("Proposed: “%(what)s”"), "statement"
    ),
    "governance.message.send": Words(
        "mail", _("Prepared an e-mail to %(what)s"), _("Sent an e-mail to %(what)s"), "to"
    ),
    "governance.payment.order": Words(
        "coins", _("Prepared a payment order to %(what)s"), _("Recorded a payment order to %(what)s"), "payee"
    ),
    "governance.transfer.request": Words(
        "route", _("Wants to take something into another sphere"), _("Took “%(what)s” into another sphere"), "title"
    ),
}


@dataclass(frozen=True, slots=True)
class Doing:
    """One line of the card: what happened, how it stands, and the question it waits for."""

    icon: str
    say: str
    tone: str
    status: str
    why: str
    checkpoint_id: UUID | None


def doing(call: ToolCall, sees: bool) -> Doing:
    """The line of a tool call; who may not see previews gets the act, not its object (design 3.1)."""
    words = WORDS.get(call.action)
    refused = call.status == ToolCall.Status.REFUSED
    return Doing(
        icon=words.icon if words else "zap",
        say=say(call) if sees else label(call.action),
        tone=TONES[call.status],
        status=str(ToolCall.Status(call.status).label),
        why=str(call.outcome.get("error", "")) if refused and sees else "",
        checkpoint_id=call.checkpoint_id if call.status == ToolCall.Status.WAITING else None,
    )


TONES = {"requested": "live", "waiting": "wait", "begun": "live", "done": "ok", "refused": "bad"}


def say(call: ToolCall) -> str:
    """“Sent an e-mail to paul@example.com”; for what was never offered, that it was asked for."""
    words = WORDS.get(call.action)
    if words is None or call.outcome.get("bad"):
        return gettext("Asked for “%(act)s”, which it may not have") % {"act": label(call.action)}
    done = call.status == ToolCall.Status.DONE
    return str(words.done if done else words.wanted) % {"what": _object(call, words.what)}


def label(action: str) -> str:
    """The act's name for people; its code when there is no such act."""
    known = all_actions().get(action)
    return str(known.label) if known else action


def _object(call: ToolCall, name: str) -> str:
    value: Any = call.outcome.get(name) or call.params.get(name) or ""
    return Truncator(", ".join(map(str, value)) if isinstance(value, list) else str(value)).chars(LONGEST)
