"""Short ways to remember things in tests, as people, programs and agents do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from governance.access.models import SignIn
from governance.isolation.context import Channel
from governance.memory.tasks import carry_out
from governance.models import Checkpoint, MemoryItem
from governance.perform import perform
from tests.cast import Person
from tests.spheres import makers

TEXT = "Je préfère des réponses courtes"


def dataspace(person: Person, identity: Any = None, sphere: str = "personal") -> UUID:
    with person.acting(identity):
        return makers.space("Carnet", sphere=sphere).pk


def thread(person: Person, identity: Any = None, sphere: str = "personal", **more: Any) -> UUID:
    with person.acting(identity):
        return perform("threads.thread.create", {"title": "Vacances", "sphere": sphere, **more}).pk


def long_term(person: Person, text: str = TEXT, identity: Any = None, **more: Any) -> MemoryItem:
    """What she asks herself to keep, in a DataSpace of hers."""
    place = more.pop("place_id", None) or dataspace(person, identity)
    return remembered(person, text, identity, type="long_term", place_kind="dataspace", place_id=place, **more)


def remembered(person: Person, text: str = TEXT, identity: Any = None, /, **terms: Any) -> MemoryItem:
    given = {"category": "preference", "text": text, **terms}
    context = {name: given.pop(name) for name in ("session", "token_id") if name in given}
    with person.acting(identity, **context):
        return perform("governance.memory.create", given)


@contextmanager
def as_agent(person: Person, identity: Any = None, run_id: UUID | None = None) -> Iterator[Any]:
    """An agent acting in her name inside a run."""
    with person.acting(identity, channel=Channel.AGENT, agent="nova", run_id=run_id or uuid7()) as actor:
        yield actor


def proposed(person: Person, text: str = TEXT, identity: Any = None, **terms: Any) -> MemoryItem:
    """What an agent asks to remember for her."""
    place = terms.pop("place_id", None) or dataspace(person, identity)
    given = {"type": "long_term", "category": "preference", "text": text, "place_kind": "dataspace", **terms}
    with as_agent(person, identity):
        return perform("governance.memory.propose", {**given, "place_id": place})


def now(person: Person, pk: UUID, identity: Any = None) -> MemoryItem:
    with person.looking(identity):
        return MemoryItem.objects.get(pk=pk)


def do(person: Person, verb: str, pk: UUID, identity: Any = None, **more: Any) -> MemoryItem:
    with person.acting(identity):
        return perform(f"governance.memory.{verb}", {"memory": pk, **more})


def approve(person: Person, row: MemoryItem, identity: Any = None) -> MemoryItem:
    return do(person, "approve", row.pk, identity, digest=row.digest)


def question(person: Person, row: MemoryItem, identity: Any = None) -> Checkpoint:
    with person.looking(identity):
        return Checkpoint.objects.get(pk=row.checkpoint_id)


def vote(person: Person, asked: Checkpoint, decision: str = "approve", identity: Any = None) -> None:
    """She decides the question on its page, and the worker carries it out."""
    body = {"checkpoint": asked.pk, "decision": decision, "envelope_digest": asked.envelope_digest}
    with person.acting(identity):
        perform("governance.checkpoint.decide", body)


def work(person: Person, asked: Checkpoint, identity: Any = None) -> None:
    with person.acting(identity, channel=Channel.TASK):
        carry_out(asked.pk)


def sign_in(person: Person, key: str) -> str:
    """An open sign-in with this key, as a browser's."""
    from datetime import timedelta

    from django.contrib.sessions.models import Session
    from django.utils import timezone

    ends = timezone.now() + timedelta(minutes=30)
    Session.objects.create(session_key=key, session_data="", expire_date=ends)
    SignIn.objects.create(user=person.user, session_key=key, kind="page", method="password")
    return key


def sign_out(key: str) -> None:
    from django.contrib.sessions.models import Session

    Session.objects.filter(session_key=key).delete()


def tables_with(word: str) -> list[str]:
    """The tables of the whole database in which the word stands anywhere, as PostgreSQL would dump them."""
    from django.db import transaction

    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chenu_system")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            if cursor.fetchone()[0]:
                cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}" t WHERE t::text LIKE %s)', [f"%{word}%"])
                if cursor.fetchone()[0]:
                    found.append(table)
    return found
