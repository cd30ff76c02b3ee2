"""What staff may look at through the glass: every app says so for its own tables; what nobody names stays shut.

Only columns that are named are read. Sealed payloads, keys, envelopes and parameters of acts are never among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.audit.shapes import register_words
from governance.isolation.models import Scoped
from governance.staff.models import BreakGlass


@dataclass(frozen=True, slots=True)
class Look:
    """One table: `slug` is its address, `columns` all that is ever read of a row besides its id."""

    model: type[Scoped]
    slug: str
    title: str | Promise
    columns: tuple[str, ...]


# What columns are called, whatever the table.
WORDS: dict[str, str | Promise] = {
    "account_id": _("Account"),
    "action": _("Action"),
    "adopted_at": _("Adopted on"),
    "adopted_by_name": _("Adopted by"),
    "agent": _("Agent"),
    "answered_at": _("Answered"),
    "at": _("When"),
    "author_kind": _("Author"),
    "author_name": _("Name"),
    "balance_tokens": _("Credits left"),
    "begins_at": _("Begun"),
    "by_id": _("Pulled by"),
    "changed_at": _("Changed"),
    "checkpoint_id": _("Question"),
    "content": _("Text"),
    "cost_pico_usd": _("Cost, in pico-dollars"),
    "created_at": _("Made"),
    "created_by": _("Made by"),
    "credits": _("Credits"),
    "decided_at": _("Decided"),
    "deleted_at": _("Deleted"),
    "direction": _("Over which border"),
    "done": _("Entries read"),
    "due_on": _("Due"),
    "effect": _("Effect"),
    "ended_at": _("Ended"),
    "ended_by_id": _("Ended by"),
    "error": _("Error"),
    "estimate_pico_usd": _("Estimate, in pico-dollars"),
    "executed_at": _("Carried out"),
    "expires_at": _("Expires"),
    "form": _("How"),
    "from_sphere": _("From"),
    "hours": _("Hours"),
    "kind": _("Kind"),
    "lane": _("Lane"),
    "last_activity_at": _("Last activity"),
    "level": _("Level"),
    "lifted_at": _("Lifted"),
    "lifted_by_id": _("Lifted by"),
    "model": _("Model"),
    "ok": _("Whole"),
    "outcome": _("Outcome"),
    "person": _("Person"),
    "person_id": _("Person"),
    "pico_usd": _("Pico-dollars"),
    "proposed_by_name": _("Proposed by"),
    "provider": _("Provider"),
    "ref": _("Which one"),
    "request_id": _("Request"),
    "requested_at": _("Asked for"),
    "requester_id": _("Asked by"),
    "resource_id": _("Is about"),
    "resource_type": _("Kind of row"),
    "result_text": _("Result"),
    "routed_id": _("Filed as"),
    "routed_type": _("Filed under"),
    "run_id": _("Request to an agent"),
    "scope": _("Scope"),
    "seq": _("Place"),
    "signed": _("Signed up to entry"),
    "sphere": _("Sphere"),
    "started_at": _("Begun"),
    "state": _("State"),
    "statement": _("Decision"),
    "status": _("State"),
    "stopped": _("Requests under way"),
    "strategy": _("What counts most"),
    "target_sphere": _("To"),
    "task": _("Task"),
    "text": _("Text"),
    "thread_id": _("Thread"),
    "title": _("Title"),
    "to_sphere": _("To"),
    "together": _("Shown together with"),
    "token_budget": _("Budget"),
    "tokens": _("Credits"),
    "tokens_used": _("Used"),
    "total": _("Entries"),
    "type": _("Kind"),
    "version": _("Version"),
}
_looks: dict[str, Look] = {}


def register_look(model: type[Scoped], slug: str, title: str | Promise, *columns: str) -> None:
    """Lets staff look at these columns of the table. The same once more changes nothing."""
    look = Look(model, slug, title, columns)
    known = {field.attname for field in model._meta.concrete_fields}
    if not set(columns) <= known & set(WORDS) or _looks.get(slug, look).model is not model:
        raise ValueError(f"{slug}: another table, or columns that {model._meta.label} or our words do not have")
    _looks[slug] = look
    register_words(f"look:{slug}", title)


def find_look(slug: str) -> Look | None:
    return _looks.get(slug)


def all_looks() -> list[Look]:
    return sorted(_looks.values(), key=lambda look: str(look.title))


def register() -> None:
    """The tables of governance; called once, when the app is ready."""
    for ending in BreakGlass.Ending:
        register_words(f"ending:{ending}", ending.label)
    from governance.audit.models import AuditEntry, ChainCheck
    from governance.checkpoints.models import Checkpoint, Sight
    from governance.crossings.models import Crossing
    from governance.elevate.models import Elevation
    from governance.kills.models import Kill
    from governance.ledger.models import LedgerEntry
    from governance.memory.models import MemoryItem
    from governance.orders.models import PaymentOrder

    register_look(
        Checkpoint, "checkpoints", _("Questions that waited for a person"),
        "created_at", "kind", "level", "status", "action", "requester_id", "agent", "run_id",
        "expires_at", "decided_at",
    )  # fmt: skip
    register_look(  # that something is remembered, never what
        MemoryItem, "memory", _("What is remembered, without the words"),
        "created_at", "type", "status", "sphere", "person_id", "agent", "version", "expires_at",
    )  # fmt: skip
    register_look(
        Crossing, "crossings", _("What crossed between spheres and identities, or was to"),
        "requested_at", "direction", "form", "state", "kind", "from_sphere", "to_sphere", "person_id", "agent",
        "run_id", "executed_at", "answered_at", "ended_at",
    )  # fmt: skip
    register_look(
        Elevation, "elevations", _("Wider scopes for a while, without the reasons"),
        "requested_at", "kind", "state", "sphere", "target_sphere", "agent", "person_id", "hours", "begins_at",
        "expires_at", "ended_at", "ended_by_id",
    )  # fmt: skip
    register_look(
        LedgerEntry, "ledger", _("Movements of the budgets"),
        "at", "kind", "tokens", "pico_usd", "balance_tokens", "account_id", "run_id", "thread_id",
    )  # fmt: skip
    register_look(
        PaymentOrder, "orders", _("Payment orders, without payee, amount and account"),
        "status", "version", "person_id", "run_id", "checkpoint_id",
    )  # fmt: skip
    register_look(
        AuditEntry, "log", _("Entries of the log, without what they tell"),
        "seq", "at", "action", "effect", "outcome", "person_id", "resource_type", "resource_id", "run_id", "request_id",
    )  # fmt: skip
    register_look(
        ChainCheck, "verifications", _("Verifications of the whole log"),
        "created_at", "state", "done", "total", "ok", "signed", "person_id", "ended_at",
    )  # fmt: skip
    register_look(  # why is between those who pulled them and their team
        Kill, "switches", _("Kill switches, without their reasons"),
        "at", "scope", "ref", "stopped", "by_id", "lifted_at", "lifted_by_id",
    )  # fmt: skip
    register_look(
        Sight, "sights", _("Which questions were seen, by whom and when"),
        "at", "checkpoint_id", "person_id", "together",
    )  # fmt: skip
