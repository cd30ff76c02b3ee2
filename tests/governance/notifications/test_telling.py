"""Telling people inside a unit of work: once, in the same commit, to members only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.isolation.context import Channel
from governance.models import Identity, Membership, Notification, NotificationPreference, PersonNotice
from governance.notifications import own
from governance.notifications.events import Event, get_event, register_event
from governance.notifications.people import deciders, everybody, managers, owners, these
from governance.notifications.telling import checked_link, settle, tell
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person
from tests.governance.notifications.reading import rows, told
from tests.governance.people.racing import race

FACTS = {"who": "Camille", "role": "member"}


def say(person: Person, people: Any, identity: Any = None, key: str = own.JOINED, **more: Any) -> None:
    more.setdefault("facts", FACTS if key == own.JOINED else {})
    with person.acting(identity), unit_of_work() as uow:
        tell(uow, key, people, **more)


def test_members_are_chosen_by_their_role(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    for people, heard in ((owners(), 0), (managers(), 0), (deciders(), 1), (everybody(), 1), (these(bob.user.pk), 1)):
        before = len(rows(bob, workshop))
        say(alice, people, workshop)
        assert len(rows(bob, workshop)) - before == heard
    say(alice, these(charlie.user.pk), workshop)
    assert rows(charlie) == []
    with alice.looking(workshop):
        assert not Notification.objects.filter(person_id=charlie.user.pk).exists()


def test_who_acts_by_hand_is_not_told_but_told_of_what_an_agent_does(alice: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop)
    assert told(alice, workshop) == []
    with alice.acting(workshop, agent="nova", channel=Channel.AGENT), unit_of_work() as uow:
        tell(uow, own.JOINED, everybody(), facts=FACTS)
    with alice.acting(workshop, channel=Channel.TASK), unit_of_work() as uow:
        tell(uow, own.JOINED, everybody(), facts=FACTS)
    assert told(alice, workshop) == [own.JOINED] * 2
    say(alice, everybody(), key=own.PASSWORD)
    assert told(alice) == [own.PASSWORD]  # it may not have been her


def test_the_same_fact_is_told_once_to_each(alice: Person, bob: Person, workshop: Any) -> None:
    for about in ("x", "x", "y"):
        say(alice, everybody(), workshop, about=about)
    assert len(rows(bob, workshop)) == 2


def test_what_is_rolled_back_was_never_told(alice: Person, bob: Person, workshop: Any) -> None:
    with pytest.raises(ZeroDivisionError), alice.acting(workshop), unit_of_work() as uow:
        tell(uow, own.JOINED, everybody(), facts=FACTS)
        raise ZeroDivisionError
    assert rows(bob, workshop) == []


def test_the_rows_sort_as_they_were_told(alice: Person, bob: Person, workshop: Any) -> None:
    import time

    for about in "abcdef":
        say(alice, everybody(), workshop, about=about)
        time.sleep(0.002)
    assert [row.about for row in rows(bob, workshop)] == list("fedcba")
    assert all(row.pk.version == 7 for row in rows(bob, workshop))


def test_another_identity_is_told_in_the_same_commit(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), identity_id=workshop.pk)
    assert told(bob, workshop) == [own.JOINED]
    with pytest.raises(ZeroDivisionError), alice.acting(), unit_of_work() as uow:
        tell(uow, own.JOINED, everybody(), facts=FACTS, identity_id=workshop.pk)
        raise ZeroDivisionError
    assert told(bob, workshop) == [own.JOINED]


def test_alerts_are_counted_for_the_other_identities_of_a_person(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop, key=own.PASSWORD, about="a")
    say(alice, everybody(), workshop, key=own.PASSWORD, about="b")
    row = PersonNotice.objects.get(person=bob.user, identity=workshop, kind="alert")
    assert row.count == 2


def test_alerts_told_and_read_at_once_are_counted_exactly(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop, key=own.PASSWORD)

    def one(number: int) -> None:
        if number % 2:
            say(alice, everybody(), workshop, key=own.PASSWORD)
        else:
            with bob.acting(workshop):
                perform("governance.notification.read_all", {})

    race(6, one)
    mark = PersonNotice.objects.get(person=bob.user, identity=workshop, kind="alert")
    assert mark.count == len(told(bob, workshop))


def test_what_is_settled_is_read_and_not_mailed(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop, key=own.WAITING, about="q")
    (row,) = rows(bob, workshop)
    assert row.mail_at is not None
    with alice.acting(workshop), unit_of_work() as uow:
        settle(uow, "q", own.WAITING)
    (row,) = rows(bob, workshop)
    assert (row.read_at is not None, row.mail_at) == (True, None)


@pytest.mark.parametrize(
    ("shown", "mailed", "is_there", "in_app", "leaves"),
    [(True, True, True, True, True), (True, False, True, True, False), (False, True, True, False, True),
     (False, False, False, None, None)],
)  # fmt: skip
def test_each_chooses_the_channels(
    alice: Person, bob: Person, workshop: Any, shown: bool, mailed: bool, is_there: bool, in_app: Any, leaves: Any
) -> None:
    for channel, enabled in (("in_app", shown), ("email", mailed)):
        NotificationPreference.objects.create(person=bob.user, event=own.JOINED, channel=channel, enabled=enabled)
    say(alice, everybody(), workshop)
    with bob.looking(workshop):
        row = Notification.objects.first()
    assert (row is not None) == is_there
    if row is not None:
        assert (row.in_app, row.mail_at is not None) == (in_app, leaves)


def test_what_is_told_always_minds_no_preference(alice: Person) -> None:
    for channel in ("in_app", "email"):
        NotificationPreference.objects.create(person=alice.user, event=own.TOKEN, channel=channel, enabled=False)
    say(alice, everybody(), key=own.TOKEN, facts={"name": "x"})
    (row,) = rows(alice)
    assert row.mail_at is not None


def test_what_has_an_e_mail_of_its_own_gets_none_of_ours(alice: Person) -> None:
    say(alice, everybody(), key=own.PASSWORD)
    assert rows(alice)[0].mail_at is None


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/", "//evil.example/", "/\\evil", "javascript:alert(1)", "team/", "/no-such-page/",
     "/team/\r\nSet-Cookie: x"],
)  # fmt: skip
def test_only_pages_of_ours_are_linked(link: str) -> None:
    with pytest.raises(ValueError, match="no"):
        checked_link(link)
    assert checked_link("/team/?x=1") == "/team/?x=1"


def test_events_and_facts_are_a_closed_list(alice: Person) -> None:
    with pytest.raises(ValueError, match="no such event"):
        say(alice, everybody(), key="nobody.knows")
    with pytest.raises(ValueError, match="is told with"):
        say(alice, everybody(), facts={"who": "x"})
    known = get_event(own.JOINED)
    assert known is not None
    assert register_event(known) is known
    with pytest.raises(ValueError, match="twice"):
        register_event(Event(own.JOINED, own.MEMBERS, "l", "t", "m"))


def test_a_fact_is_short(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop, facts={"who": "x" * 5000, "role": "member"})
    assert len(rows(bob, workshop)[0].facts["who"]) == 200


def test_what_is_over_is_not_shown(alice: Person, bob: Person, workshop: Any) -> None:
    say(alice, everybody(), workshop, expires_at=timezone.now() - timedelta(seconds=1))
    assert rows(bob, workshop) == []


def test_somebody_shut_out_is_not_told(alice: Person, bob: Person, workshop: Any) -> None:
    bob.user.is_active = False
    bob.user.save(update_fields=["is_active"])
    say(alice, everybody(), workshop)
    assert rows(bob, workshop) == []
    assert Identity.objects.filter(pk=workshop.pk).exists()
    assert Membership.objects.filter(user=bob.user, identity=workshop).exists()
