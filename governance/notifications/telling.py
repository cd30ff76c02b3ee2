"""Telling people: rows that are written in the same commit as what they tell of, once per fact and person.

For the bound identity the rows leave in the one message of the log. Who is told, and on which channels, is decided
by the statement itself: memberships and preferences are those of the moment at which it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel, Why, system_scope
from governance.live.notify import elsewhere
from governance.notices.counting import alerts_statements
from governance.notifications.events import Event, Type, checked_facts, get_event
from governance.notifications.people import People
from governance.uow import UnitOfWork
from governance.writes import Statement, send, statement

BUNDLE = timedelta(seconds=60)  # e-mails wait that long for others to leave with them
BY_HAND = frozenset({Channel.PAGE, Channel.API, Channel.ADMIN})
PREFIX = 15  # characters of a UUIDv7 that say when: its rows sort as they were told

WHOM = "{whom}"
OF_ONE, OF_THESE = "WHERE m.identity_id = %s", "WHERE m.identity_id = ANY(%s::uuid[])"
CHOSEN = """coalesce((SELECT p.enabled FROM governance_notificationpreference p
    WHERE p.person_id = m.user_id AND p.event = %s AND p.channel = '{channel}'), %s)"""
TELL = f"""
INSERT INTO governance_notification (id, identity_id, person_id, event, type, source, about, facts, link, in_app,
    created_at, expires_at, read_at, mail_at)
SELECT overlay(gen_random_uuid()::text placing %s from 1 for {PREFIX})::uuid, t.identity_id, t.user_id, %s, %s, %s, %s,
    %s::jsonb, %s, t.in_app, %s, %s, %s::timestamptz, CASE WHEN t.email THEN %s::timestamptz END
FROM (SELECT m.identity_id, m.user_id, {CHOSEN.format(channel="in_app")} AS in_app,
             {CHOSEN.format(channel="email")} AS email
      FROM governance_membership m JOIN governance_user u ON u.id = m.user_id AND u.is_active
      {OF_ONE} AND {WHOM}) t
WHERE t.in_app OR t.email ORDER BY t.user_id
ON CONFLICT (identity_id, person_id, event, about) DO NOTHING
RETURNING person_id
"""
ALWAYS = TELL.replace(CHOSEN.format(channel="in_app"), "true").replace(CHOSEN.format(channel="email"), "%s::boolean")
SETTLE = """
UPDATE governance_notification SET read_at = coalesce(read_at, %s), mail_at = NULL
WHERE identity_id = %s AND about = %s AND event = ANY(%s) AND (read_at IS NULL OR mail_at IS NOT NULL)
RETURNING person_id
"""


def tell(
    uow: UnitOfWork,
    key: str,
    people: People,
    *,
    about: object = None,
    facts: Mapping[str, Any] | None = None,
    link: str = "",
    identity_id: UUID | None = None,
    source: str = "",
    expires_at: datetime | None = None,
    known: bool = False,
) -> None:
    """Tells `people` of the event `key`, in the commit of the open unit of work.

    `people`: `owners()`, `managers()`, `deciders()`, `everybody()`, `these(…)` of the identity told of: the bound one,
    or `identity_id`. `about` names the fact: the same one is told once to each. `facts` are exactly those that the
    event declares; `link` is a page of ours. Who acts by hand is left out unless the event is told always. `known`:
    it is only remembered, as read. Raises ValueError for an event, fact or link that does not exist.
    """
    event = _known(key)
    by_hand = uow.actor.channel in BY_HAND and not uow.actor.agent and uow.actor.token_id is None
    if by_hand and not event.always:
        people = people.but(uow.actor.person_id)
    target = identity_id or uow.actor.identity_id
    row = _row(event, about, facts or {}, link, source, expires_at, known)
    _write(uow, target, _insert(event, row, target, people), event.type == Type.ALERT)


def tell_each(
    key: str, people: People, identities: list[UUID], *, about: object, facts: Mapping[str, Any], link: str = ""
) -> None:
    """Tells `people` of each of these identities, in one statement, as the installation.

    Raises ValueError for an alert: those are counted identity by identity.
    """
    event = _known(key)
    if event.type == Type.ALERT:
        raise ValueError(f"an alert is told to one identity at a time: {key}")
    with system_scope(Why.NOTICES), connection.cursor() as cursor:
        send(cursor, [_insert(event, _row(event, about, facts, link), identities, people)])


def _known(key: str) -> Event:
    event = get_event(key)
    if event is None:
        raise ValueError(f"no such event: {key}")
    return event


def _row(
    event: Event,
    about: object,
    facts: Mapping[str, Any],
    link: str,
    source: str = "",
    expires_at: datetime | None = None,
    known: bool = False,
) -> list[Any]:
    """What is the same for all who are told."""
    now = timezone.now()
    leaves_at = None if known else now if event.always else now + BUNDLE
    row: list[Any] = [event.key, event.type, source or event.source, str(about or uuid7())]
    row += [orjson.dumps(checked_facts(event, facts)).decode(), checked_link(link)]
    return [*row, now, expires_at or now + event.kept, now if known else None, leaves_at]


def settle(
    uow: UnitOfWork, about: object, *keys: str, person_id: UUID | None = None, identity_id: UUID | None = None
) -> None:
    """What was told of these events about the fact needs nobody any more: it is read, and no e-mail leaves.

    Only of `person_id` when one is named; in `identity_id` when it is not the bound one.
    """
    target = identity_id or uow.actor.identity_id
    values = [timezone.now(), target, str(about), list(keys)]
    sql = SETTLE
    if person_id is not None:
        sql, values = SETTLE.replace("WHERE", "WHERE person_id = %s AND", 1), [values[0], person_id, *values[1:]]
    events = [event for key in keys if (event := get_event(key)) is not None]
    _write(uow, target, statement(sql, values, None, hint_each), any(event.type == Type.ALERT for event in events))


def checked_link(link: str) -> str:
    """The link, if it is an address of ours that exists; raises ValueError otherwise."""
    if not link:
        return ""
    path = link.partition("?")[0]
    if not link.startswith("/") or not url_has_allowed_host_and_scheme(link, allowed_hosts=None):
        raise ValueError(f"not a path of ours: {link!r}")
    try:
        resolve(path)
    except Resolver404 as error:
        raise ValueError(f"no such page: {path}") from error
    return link


def hint_each(rows: list[tuple[Any, ...]]) -> None:
    """Has the bells of these people told, with the commit."""
    for (person_id,) in rows:
        elsewhere(person_id)


def _insert(event: Event, row: list[Any], target: UUID | list[UUID], people: People) -> Statement:
    """The one statement that chooses people and channels, and writes their rows."""
    mailed = event.email and not event.mailed
    chosen = [mailed] if event.always else [event.key, event.in_app, event.key, mailed]
    sql = (ALWAYS if event.always else TELL).replace(WHOM, people.condition)
    if isinstance(target, list):
        sql = sql.replace(OF_ONE, OF_THESE, 1)
    return statement(sql, [str(uuid7())[:PREFIX], *row, *chosen, target, *people.params], None, hint_each)


def _write(uow: UnitOfWork, target: UUID, rows: Statement, alert: bool) -> None:
    """With the log; another identity's at once, as the system. Alerts are counted under a lock, before any head's."""
    if target == uow.actor.identity_id and not alert:
        uow.writes.further.append(rows)
        return
    before, after = alerts_statements(target) if alert else ([], [])
    scope = nullcontext() if target == uow.actor.identity_id else system_scope(Why.NOTICES)
    with scope, connection.cursor() as cursor:
        send(cursor, [*before, rows, *after])
