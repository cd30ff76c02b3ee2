"""People of the staff: taken in as the command does, with a second factor shown in this sign-in."""

from __future__ import annotations

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client

from governance.isolation.context import bind, reading
from governance.models import AuditEntry, BreakGlass
from governance.perform import perform
from governance.staff.contexts import machine_context, staff_context
from tests.cast import Person
from tests.governance.access.doors import enrol, proven_browser
from tests.governance.acts import payload_of

REASON = "Alice asked why her capture is missing, ticket 4812."


def hire(person: Person) -> Person:
    """Takes the person into the staff, with a second factor."""
    if not person.user.is_staff:
        call_command("staff", person.email, stdout=StringIO())
        person.user.refresh_from_db()
    enrol(person)
    return person


def at_work(person: Person) -> Client:
    """A browser in which a person of the staff has just signed in, both factors shown."""
    return proven_browser(person)


def acting(person: Person) -> Any:
    """Binds the person as staff for the block."""
    from uuid_utils.compat import uuid7

    return bind(staff_context(person.user, request_id=uuid7()))


def a_look(person: Person, identity: Any) -> BreakGlass:
    with acting(person):
        return perform("governance.glass.open", {"identity": identity.pk, "reason": REASON})


def submit(browser: Client, url: str, data: dict[str, Any] | None = None) -> Any:
    """A form of the admin, with the session's present epoch."""
    browser.get("/admin/rules/")
    return browser.post(url, {**(data or {}), "epoch": browser.session.get("epoch", "")})


def system_entries(action: str = "") -> list[AuditEntry]:
    """The system's own chain, in order."""
    with bind(machine_context()), reading():
        rows = AuditEntry.objects.in_order()
        return list(rows.filter(action=action) if action else rows)


def told_to(person: Person, action: str) -> list[dict[str, Any]]:
    """What the entries of an action tell in the person's own chain."""
    with person.looking():
        rows = list(AuditEntry.objects.filter(action=action).in_order())
    return [payload_of(person, row) for row in rows]
