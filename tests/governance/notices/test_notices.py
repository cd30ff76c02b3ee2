"""What a person is told about their other identities (governance/notices): that something waits, never what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import Checkpoint, Membership, Notification, PersonNotice
from governance.notices import counting
from governance.notifications.own import CROSSED
from governance.perform import perform
from tests.cast import Api, Person, make_workshop
from tests.governance.checkpoints.asking import ask, counted, vote
from tests.governance.notifications.reading import told as events
from tests.governance.people.racing import race

SECRET = "zzq-secret"


def told(person: Person, identity: Any = None) -> list[tuple[str, str, int]]:
    """What the person is told while acting for `identity`: (name, kind, count)."""
    here = (identity or person.identity).pk
    rows = PersonNotice.objects.of_person(person.user.pk).seen_from(here)
    return [(row.identity.name, row.kind, row.count) for row in rows]


def decide(person: Person, identity: Any, shown: dict[str, Any], decision: str = "reject") -> None:
    answer = Api(person.user, identity).post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown, decision))
    assert answer.status_code == 200


def test_who_may_decide_is_told_how_many_wait_and_until_when(alice: Person, bob: Person, workshop: Any) -> None:
    first = ask(alice, workshop, subject=SECRET)
    ask(alice, workshop, subject="Mercredi")
    assert told(alice) == told(bob) == [("Atelier Roy", "approval", 2)]
    row = PersonNotice.objects.get(person=bob.user, identity=workshop)
    with alice.looking(workshop):
        assert row.nearest == min(Checkpoint.objects.values_list("expires_at", flat=True))
    assert SECRET not in str(PersonNotice.objects.filter(identity=workshop).values())
    decide(alice, workshop, first)
    assert told(bob) == [("Atelier Roy", "approval", 1)]


def test_the_pages_of_an_identity_show_its_own_themselves(alice: Person, workshop: Any) -> None:
    ask(alice, workshop)
    assert told(alice, workshop) == []
    ask(alice)
    assert told(alice, workshop) == [("Alice", "approval", 1)]


def test_nothing_is_told_any_more_when_it_was_decided_withdrawn_or_is_overdue(alice: Person, workshop: Any) -> None:
    shown = ask(alice, workshop)
    decide(alice, workshop, shown, "approve")
    assert told(alice) == []
    other = ask(alice, workshop, subject="Mercredi")
    with alice.acting(workshop):
        perform("governance.checkpoint.cancel", {"checkpoint": other["id"]})
    assert told(alice) == []
    ask(alice, workshop, subject="Jeudi")
    PersonNotice.objects.filter(person=alice.user).update(nearest=timezone.now() - timedelta(seconds=1))
    assert told(alice) == []


def test_a_viewer_is_not_asked(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    ask(alice, workshop)
    assert (told(bob), told(charlie)) == ([], [])


def test_roles_and_departures_change_who_is_told(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    ask(alice, workshop)
    place = Membership.objects.get(user=bob.user, identity=workshop)
    with alice.acting(workshop):
        perform("governance.member.change_role", {"member": place.pk, "role": "viewer"})
        assert told(bob) == []
        perform("governance.member.change_role", {"member": place.pk, "role": "member"})
        assert told(bob) == [("Atelier Roy", "approval", 1)]
        perform("governance.member.remove", {"member": place.pk})
        assert told(bob) == []
        invitation = perform("governance.member.invite", {"email": charlie.email})
    with charlie.acting():
        perform("governance.member.join", {"token": invitation.token})
    assert told(charlie) == [("Atelier Roy", "approval", 1)]


def test_an_archived_identity_is_silent(alice: Person, workshop: Any) -> None:
    ask(alice, workshop)
    with alice.acting(workshop):
        perform("governance.identity.archive", {})
    assert told(alice) == []


def test_questions_opened_at_once_are_all_counted(alice: Person, bob: Person, workshop: Any) -> None:
    race(4, lambda number: ask((alice, bob)[number % 2], workshop, subject=str(number)))
    assert told(alice) == [("Atelier Roy", "approval", 4)]


def test_without_the_count_nobody_is_told(alice: Person, workshop: Any, monkeypatch: Any) -> None:
    """Twin: the row is the work of the registered reaction."""
    monkeypatch.setattr(counting, "count_in", lambda identity_id: None)
    ask(alice, workshop)
    assert told(alice) == []


def cross(stranger: Person, shown: dict[str, Any], identity: Any = None) -> None:
    assert Api(stranger.user, identity).get(f"governance/checkpoints/{shown['id']}/").status_code == 403


def test_the_owner_is_told_once_a_day_that_a_stranger_was_refused(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    shown = ask(alice, workshop)
    for _ in range(3):
        cross(charlie, shown)
    assert told(alice) == [("Atelier Roy", "approval", 1), ("Atelier Roy", "alert", 1)]
    assert events(alice, workshop) == [CROSSED]  # its own pages say so themselves
    assert [one for one in told(bob) if one[1] == "alert"] == []
    with alice.acting(workshop), transaction.atomic():
        Notification.objects.filter(event=CROSSED).update(about="yesterday")
    cross(charlie, shown)
    assert told(alice)[1] == ("Atelier Roy", "alert", 2)


def test_ones_own_slip_between_two_identities_is_no_alert(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop)
    for person in (alice, bob):
        cross(person, shown)
    assert events(alice, workshop) == []


def test_a_claimed_identity_is_told_to_its_owner_too(alice: Person, charlie: Person) -> None:
    assert Api(charlie.user, alice.identity).get("threads/").status_code == 403
    assert events(alice) == [CROSSED]


def test_an_alert_that_was_read_is_not_told_elsewhere(alice: Person, charlie: Person, workshop: Any) -> None:
    cross(charlie, ask(alice))
    assert told(alice, workshop) == [("Alice", "approval", 1), ("Alice", "alert", 1)]
    with alice.acting():
        perform("governance.notification.read_all", {})
    assert told(alice, workshop) == [("Alice", "approval", 1)]
    cross(charlie, ask(alice, subject="Mercredi"))
    assert told(alice, workshop) == [("Alice", "approval", 2)]  # not twice a day


def test_opening_a_notice_switches_the_identity_first(alice: Person, workshop: Any) -> None:
    ask(alice, workshop, subject=SECRET)
    page = alice.browser.get("/home/").content.decode()
    assert f'action="/identities/{workshop.pk}/activate/"' in page
    assert "paul@example.com" not in page
    answer = alice.post(f"/identities/{workshop.pk}/activate/", {"next": "/approvals/"}, follow=True)
    assert answer.redirect_chain == [("/approvals/", 302)]
    assert "paul@example.com" in answer.content.decode()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "x", "/\\evil"]
)
def test_the_switch_leads_to_our_own_pages_only(alice: Person, workshop: Any, elsewhere: str) -> None:
    answer = alice.post(f"/identities/{workshop.pk}/activate/", {"next": elsewhere})
    assert answer.headers["Location"] == "/home/"


def test_the_pages_tell_it(alice: Person, charlie: Person, workshop: Any) -> None:
    cross(charlie, ask(alice, workshop, subject=SECRET))
    page = alice.browser.get("/notifications/").content.decode()
    assert "1 approbation attend dans Atelier Roy" in page
    assert "1 alerte dans Atelier Roy" in page
    bell = alice.browser.get("/notifications/bell/").content.decode()
    assert '<span class="badge" aria-hidden="true">2</span>' in bell
    assert SECRET not in page


def test_by_program_of_all_identities(alice: Person, workshop: Any) -> None:
    ask(alice, workshop)
    ask(alice)
    found = alice.api.get("notifications/elsewhere/").json()["results"]
    assert [(one["identity"], one["kind"], one["count"]) for one in found] == [
        (str(workshop.pk), "approval", 1),
        (str(alice.identity.pk), "approval", 1),
    ]


def test_the_pages_cost_the_same_for_one_notice_and_for_three(alice: Person, workshop: Any) -> None:
    ask(alice, workshop)
    for address in ("/notifications/", "/home/"):
        alice.browser.get(address)
    costs = []
    for _ in range(2):
        with counted() as queries:
            alice.browser.get("/notifications/"), alice.browser.get("/home/"), alice.api.get("notifications/elsewhere/")
        costs.append(len(queries))
        with alice.acting():
            for name in ("Un", "Deux"):
                perform("governance.identity.create", {"kind": "design", "name": f"{name} {len(costs)}"})
        for membership in Membership.objects.filter(user=alice.user, identity__kind="design"):
            ask(alice, membership.identity, subject=str(len(costs)))
    assert costs[0] == costs[1]


def test_no_other_person_sees_them(alice: Person, charlie: Person, workshop: Any) -> None:
    make_workshop(charlie)
    ask(alice, workshop)
    assert (told(charlie), charlie.api.get("notifications/elsewhere/").json()["results"]) == ([], [])
