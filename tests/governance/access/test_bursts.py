"""After twenty refusals a minute: the rest are counted in one entry, and one signs in again (design 3.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.access import bursts
from governance.access.tasks import tell_bursts
from governance.models import AuditEntry, RefusalBurst, Violation
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask

pytestmark = pytest.mark.security
CROSS = "governance.boundary.cross"


@pytest.fixture
def address(alice: Person) -> str:
    return f"governance/checkpoints/{ask(alice)['id']}/"


@pytest.fixture(autouse=True)
def three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bursts.MOST_A_MINUTE == 20
    monkeypatch.setattr(bursts, "MOST_A_MINUTE", 3)


def entries(person: Person) -> list[str]:
    with person.looking():
        return list(AuditEntry.objects.filter(action=CROSS).values_list("outcome", flat=True))


def rows(person: Person) -> list[tuple[str, int]]:
    with person.looking():
        return list(Violation.objects.order_by("id").values_list("severity", "repeats"))


def end_minute(person: Person) -> None:
    RefusalBurst.objects.filter(person=person.user).update(began_at=timezone.now() - timedelta(minutes=2))


def test_beyond_the_limit_it_is_counted_and_the_sign_in_ends(charlie: Person, address: str) -> None:
    sign_ins = [Api(charlie.user) for _ in range(3)]
    assert [sign_ins[0].get(address).status_code for _ in range(5)] == [403, 403, 403, 403, 401]
    assert sign_ins[1].get("auth/me/").status_code == 200  # another sign-in is asked only when it does the same
    assert sign_ins[1].get(address).status_code == 403
    assert sign_ins[1].get("auth/me/").status_code == 401
    assert rows(charlie) == [("warning", 1)] * 3 + [("error", 2)]
    assert len(entries(charlie)) == 3


def test_the_rest_stand_in_one_entry_when_the_minute_is_over(charlie: Person, address: str) -> None:
    for _ in range(5):
        Api(charlie.user).get(address)
    tell_bursts(None)
    assert len(entries(charlie)) == 3  # the minute is not over
    end_minute(charlie)
    tell_bursts(None)
    tell_bursts(None)
    with charlie.looking():
        entry = AuditEntry.objects.filter(action=CROSS).latest_first()[0]
        assert AuditEntry.objects.filter(action=CROSS).count() == 4
    opened = Api(charlie.user).get(f"governance/audit/{entry.pk}/").json()
    assert (opened["reason"], opened["payload"]["counted"]) == ("too_many_refusals", 2)
    assert Api(charlie.user).get("governance/audit/verify/").json()["ok"] is True


def test_the_next_minute_begins_anew(charlie: Person, address: str) -> None:
    for _ in range(4):
        Api(charlie.user).get(address)
    end_minute(charlie)
    api = Api(charlie.user)
    assert [api.get(address).status_code for _ in range(3)] == [403] * 3
    assert api.get("auth/me/").status_code == 200


def test_a_browser_must_sign_in_again_too(charlie: Person, address: str) -> None:
    path = f"/approvals/{address.split('/')[-2]}/"
    assert [charlie.browser.get(path).status_code for _ in range(4)] == [403] * 4
    assert charlie.browser.get("/home/").headers["Location"].startswith("/accounts/login/")


def test_the_identities_of_one_person_are_one_person(charlie: Person, alice: Person, bob: Person, address: str) -> None:
    from tests.cast import make_workshop

    other = make_workshop(charlie)
    for number in range(4):
        Api(charlie.user, other if number % 2 else None).get(address)
    assert RefusalBurst.objects.get(person=charlie.user).count == 4
    assert RefusalBurst.objects.filter(person=bob.user).count() == 0


def test_without_the_brake_everything_goes_on(charlie: Person, address: str, monkeypatch: Any) -> None:
    """Twin."""
    monkeypatch.setattr(bursts, "MOST_A_MINUTE", 10**6)
    api = Api(charlie.user)
    assert [api.get(address).status_code for _ in range(6)] == [403] * 6
    assert len(entries(charlie)) == 6


def test_old_counts_go_those_not_yet_told_stay(charlie: Person, alice: Person, address: str) -> None:
    for _ in range(4):
        Api(charlie.user).get(address)
    RefusalBurst.objects.filter(person=charlie.user).update(began_at=timezone.now() - timedelta(days=2))
    tell_bursts(None)
    assert RefusalBurst.objects.filter(person=charlie.user).count() == 0
    assert len(entries(charlie)) == 4
