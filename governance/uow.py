"""The unit of work: change, audit entries, events, jobs and the kept answer, in one transaction.

One place, from the first day (design 2.2): what must happen together is written together, in the
order idempotency → change → chain head last, and announced only after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from governance.audit.entries import Draft, News, append
from governance.audit.models import Outcome
from governance.isolation.context import IdentityContext, current
from governance.live.notify import notify
from governance.registry.actions import Action, Params, get_action


@dataclass(slots=True)
class UnitOfWork:
    """What an action's change gets in hand. `actor` is the bound context."""

    actor: IdentityContext
    drafts: list[Draft] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    making: Draft | None = None

    def announce(self, kind: str, /, object_id: UUID | None = None, run_id: UUID | None = None, **data: Any) -> None:
        """Adds an event; sockets hear of it after the commit. `data` may itself hold a `kind`."""
        self.news.append(News(kind, object_id, run_id or self.actor.run_id, data))

    def also(self, name: str, params: Params, **known: Any) -> Any:
        """Performs a further action inside this unit of work, with its own entry. No second gate:
        the caller's action covers it, which is why both are declared in the same app."""
        return self.carry_out(get_action(name), params, **known)

    def carry_out(self, action: Action, params: Params, **known: Any) -> Any:
        """Makes the change of one action and drafts its entry. `known`: verdict and checkpoint ids."""
        draft = Draft(action.name, action.effect, Outcome.ALLOWED, **known)
        draft.payload["params"] = recorded(action, params)
        self.drafts.append(draft)
        outer, self.making = self.making, draft
        result = action.change(self, params)
        describe(draft, result)
        self.making = outer or draft
        return result

    def tell(self, **details: Any) -> None:
        """Adds facts (before, after, names as they were) to the payload of the entry being made."""
        self._present().payload.update(details)

    def reason(self, text: str) -> None:
        """A short machine-readable reason in the body of the entry being made."""
        self._present().reason = text

    def _present(self) -> Draft:
        """The entry of the action that is being carried out; after `also()` this is the outer one again."""
        return self.making or self.drafts[-1]


def recorded(action: Action, params: Params) -> dict[str, Any]:
    """The parameters as the log keeps them: all but the action's secrets."""
    return params.model_dump(mode="json", exclude=set(action.secret))


def describe(draft: Draft, result: Any) -> None:
    """Names the row an entry is about, when the change returned one."""
    if isinstance(result, models.Model):
        draft.resource_type = result._meta.label_lower
        draft.resource_id = result.pk if isinstance(result.pk, UUID) else None
        draft.resource_version = getattr(result, "version", None)


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Opens the one transaction of a write for the bound identity; the log is written last."""
    if connection.in_atomic_block:
        raise RuntimeError("a unit of work is never nested: join steps with uow.also()")
    uow = UnitOfWork(current())
    with transaction.atomic():
        yield uow
        if uow.drafts or uow.news:
            _, event_seq = append(uow.actor.identity_id, uow.actor, uow.drafts, uow.news)
    if uow.news:
        notify(uow.actor.identity_id, event_seq)
    for call in uow.after_commit:
        call()
