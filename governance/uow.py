"""The unit of work: change, audit entries, events, jobs and the kept answer, in one transaction.

One place, from the first day (design 2.2): what must happen together is written together, in the
order idempotency → change → chain head last, and announced only with the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models, transaction

from governance.audit.entries import Draft, News, append
from governance.audit.models import Outcome
from governance.isolation.context import IdentityContext, Why, current, is_looking, system_scope
from governance.isolation.lookup import by_id, refusal
from governance.live.notify import notify
from governance.people.models import User
from governance.registry.actions import Action, Params, get_action
from governance.writes import Writes, send

M = TypeVar("M", bound=models.Model)


@dataclass
class UnitOfWork:
    """What an action's change gets in hand. `actor` is the bound context."""

    actor: IdentityContext
    drafts: list[Draft] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    making: Draft | None = None
    writes: Writes = field(default_factory=Writes)
    mine: dict[tuple[type, UUID], Any] = field(default_factory=dict)
    elsewhere: dict[UUID, tuple[list[Draft], list[News]]] = field(default_factory=dict)

    @cached_property
    def person(self) -> User:
        """The person who acts, read once."""
        return User.objects.get(pk=self.actor.person_id)

    def lock(self, model: type[M], pk: UUID) -> M:
        """A scoped row, locked until the end of this unit: looked up once, and not at all when this unit made it."""
        if (model, pk) not in self.mine:
            row = by_id(model, pk, lock=True)
            if row is None:
                raise refusal(model, pk)
            self.mine[model, pk] = row
        return self.mine[model, pk]  # type: ignore[no-any-return]

    def add(self, *rows: models.Model) -> None:
        """Rows to insert at the end, in one message with the log. Nothing may read them in the database before."""
        self.writes.add(*rows)
        self.mine.update({(type(row), row.pk): row for row in rows})

    def change(self, row: models.Model, *columns: str) -> None:
        """Columns of a row, which this unit has locked, to update at the end with the values they have then."""
        self.writes.change(row, *columns)
        self.mine.setdefault((type(row), row.pk), row)

    def write(self) -> None:
        """Writes now what waits to be written, for what reads it back inside this unit."""
        if self.writes:
            with connection.cursor() as cursor:
                send(cursor, self.writes.take())

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

    def also_told(self, identity_id: UUID, draft: Draft, *news: News) -> None:
        """Writes the act into the chain of the other identity it concerns too, in the same commit."""
        drafts, events = self.elsewhere.setdefault(identity_id, ([], []))
        drafts.append(draft)
        events.extend(news)

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


Listener = Callable[[UnitOfWork, list[News]], None]
_listeners: list[Listener] = []


def listen(call: Listener) -> None:
    """`call(uow, news)` follows, in the same commit and behind the log, where an identity has webhooks."""
    if call not in _listeners:
        _listeners.append(call)


Reaction = Callable[[UnitOfWork], None]
Teller = Callable[[UnitOfWork, Any], None]
_reactions: list[tuple[str, Reaction]] = []
_tellers: dict[str, list[Teller]] = {}


def react_to(family: str, call: Reaction) -> None:
    """`call(uow)` follows, in the same commit, whenever news of a family (`checkpoint`) is announced."""
    _reactions.append((f"{family}.", call))


def react(uow: UnitOfWork) -> None:
    """Lets follow what was registered for the news so far, once each."""
    for start, call in _reactions:
        if any(item.kind.startswith(start) for item in uow.news):
            uow.write()  # what follows reads what was done
            call(uow)


def tell_of(*names: str) -> Callable[[Teller], Teller]:
    """Declares a teller: `call(uow, what)` follows, in the same commit, each act or news of one of the `names`.

    `what` is the Draft of an action of that name which was allowed, or the News of that kind. A teller only adds:
    what it adds leaves in the message of the log, so that a path nobody tells of costs nothing.
    """

    def declare(call: Teller) -> Teller:
        for name in names:
            _tellers.setdefault(name, []).append(call)
        return call

    return declare


def tell_all(uow: UnitOfWork) -> None:
    """Lets every teller say what became of this unit."""
    for draft in [*uow.drafts]:
        if draft.outcome == Outcome.ALLOWED:
            for call in _tellers.get(draft.action, ()):
                call(uow, draft)
    for item in [*uow.news]:
        for call in _tellers.get(item.kind, ()):
            call(uow, item)


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Opens the one transaction of a write for the bound identity; the log is written last."""
    if connection.in_atomic_block:
        raise RuntimeError("a unit of work is never nested: join steps with uow.also()")
    if is_looking():
        raise RuntimeError("who only looks changes nothing")
    uow = UnitOfWork(current())
    with transaction.atomic():
        yield uow
        react(uow)
        tell_all(uow)
        write_chains(uow)
        uow.write()
    for call in uow.after_commit:
        call()


def write_chains(uow: UnitOfWork) -> None:
    """Writes entries and events at the ends of all chains concerned, and hints that go with the commit.

    Chain heads are locked by id: two acts that name each other's identity must not wait for each other.
    """
    mine = uow.actor.identity_id
    for chain, (drafts, news) in sorted({**uow.elsewhere, mine: (uow.drafts, uow.news)}.items()):
        if not drafts and not news:
            continue
        if chain == mine:
            written = append(chain, uow.actor, drafts, news, uow.writes.take())
            if written.heard:
                for call in _listeners:
                    call(uow, news)
        else:
            with system_scope(Why.OTHER_CHAIN):
                written = append(chain, uow.actor, drafts, news)
        if news:
            notify(chain, written.event_seq)
