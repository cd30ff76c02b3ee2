"""Who acts, and as whom: bound at four doors only (HTTP, socket, job, command), read everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from governance.errors import NoIdentity

SYSTEM_CHAIN = UUID(int=0)


class Channel(StrEnum):
    """Where an act comes from."""

    PAGE = "page"
    API = "api"
    AGENT = "agent"
    TASK = "task"
    MCP = "mcp"
    ADMIN = "admin"
    SYSTEM = "system"


class Why(StrEnum):
    """The only reasons to look past one identity; each call site is counted by a test."""

    WHO_OWNS = "a lookup found nothing: does the id belong to somebody else?"
    RECORD_REFUSAL = "record a refusal where its target's owner can see it"
    CLAIM_JOBS = "claim jobs of all identities"
    SWEEP = "expire, release and clean what is overdue"
    LIVE = "read the news of all identities once for this process's sockets"
    STOP = "see which runs of all identities a person has stopped"
    SIGN = "sign the heads of the chains of all identities"
    VERIFY = "verify the chains of all identities"
    LAWS = "see whether the laws hold for all identities: numbers and ids, never content"
    ACCOUNTS = "open or close an identity's own rows"
    NOTICES = "count what waits in another identity of a person, for a notice without content"
    CROSS = "write what crosses into the other identity's own row, and what became of it there"
    OTHER_CHAIN = "write an act that concerns two identities into the chains of both"


@dataclass(frozen=True, slots=True)
class IdentityContext:
    """The bound actor: a person acting for one identity, perhaps through an agent and a run.

    It is also the actor of every write: `perform()` reads it, so that an act can never name
    another actor than the one whose rows are visible.
    """

    person_id: UUID
    identity_id: UUID
    role: str
    channel: Channel
    request_id: UUID
    epoch: str = ""
    session: str = ""
    token_id: UUID | None = None
    agent: str = ""
    run_id: UUID | None = None
    name: str = field(default="", compare=False)  # the person's, where a door has just read it
    # Has the person just shown who they are (with True: by a second factor)? Nobody asks before it matters.
    proved: Callable[[bool], bool] | None = field(default=None, compare=False, repr=False)
    looking: bool = False  # somebody who does not belong to it looks: see `bind`

    def through(self, agent: str, run_id: UUID) -> IdentityContext:
        """The same person and identity, acting through an agent inside a run."""
        return replace(self, channel=Channel.AGENT, agent=agent, run_id=run_id)


_bound: ContextVar[IdentityContext | None] = ContextVar("chenu_identity", default=None)
_system: ContextVar[Why | None] = ContextVar("chenu_system", default=None)
_read_only: ContextVar[bool] = ContextVar("chenu_read_only", default=False)


def current() -> IdentityContext:
    """The bound context; raises NoIdentity when there is none."""
    context = _bound.get()
    if context is None:
        raise NoIdentity("no identity is bound here: bind one at a door")
    return context


def current_or_none() -> IdentityContext | None:
    return _bound.get()


def is_looking() -> bool:
    """Is the bound context that of somebody who only looks?"""
    context = _bound.get()
    return context is not None and context.looking


def system_reason() -> Why | None:
    return _system.get()


def transaction_settings() -> tuple[str, bool]:
    """What the database must know at a transaction's begin: the identity (or '') and read-only."""
    context = _bound.get()
    return (str(context.identity_id) if context else ""), _read_only.get()


def _tell_database() -> None:
    if connection.in_atomic_block and _can_be_told():
        identity, _ = transaction_settings()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('chenu.identity', %s, true)", [identity])


def _can_be_told() -> bool:
    """A broken transaction can only be rolled back: a statement now would hide what broke it."""
    if connection.connection is None or connection.needs_rollback:
        return False
    return connection.connection.info.transaction_status in {TransactionStatus.IDLE, TransactionStatus.INTRANS}


@contextmanager
def bind(context: IdentityContext | None) -> Iterator[IdentityContext | None]:
    """Binds `context` for the block (None unbinds); an open transaction is told at once.

    Who only looks is bound inside `reading()` alone, so that PostgreSQL itself refuses every write, and is
    nobody else until the look is over.
    """
    if context is not None and context.looking and not (_read_only.get() and connection.in_atomic_block):
        raise RuntimeError("a look is bound inside reading() only")
    if context is not None and not context.looking and is_looking():
        raise RuntimeError("who only looks cannot act for anybody")
    before = _bound.set(context)
    _tell_database()
    try:
        yield context
    finally:
        _bound.reset(before)
        _tell_database()


@contextmanager
def reading() -> Iterator[None]:
    """One READ ONLY transaction for looking at scoped rows; inside an open one it changes nothing."""
    if connection.in_atomic_block:
        yield
        return
    token = _read_only.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _read_only.reset(token)


@contextmanager
def system_scope(why: Why) -> Iterator[None]:
    """Looks past one identity as the role `chenu_system`, until the block or its transaction ends."""
    if is_looking():
        raise RuntimeError("a look stays within its one identity")
    outermost = not connection.in_atomic_block
    token = _system.set(why)
    try:
        if outermost:  # the transaction begins as that role
            with transaction.atomic():
                yield
            return
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('role'), set_config('role', 'chenu_system', true)")
                before, _ = cursor.fetchone()
            yield
            if not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('role', %s, true)", [before])
    finally:
        _system.reset(token)
