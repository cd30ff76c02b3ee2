"""Looking after who approves: how long they think, how often they agree, and the alert when it gets too quick."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.checkpoints.models import Sight
from governance.checkpoints.pace import WINDOW, is_hasty
from governance.models import AuditEntry, Membership, Vote
from governance.notifications import own
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, make_viewer, vote
from tests.governance.checkpoints.test_batch import PAGE, address, items
from tests.governance.checkpoints.test_views import in_workshop
from tests.governance.notifications.reading import told

FIGURES = "governance/checkpoints/pace/"


def times(person: Person, identity: Any = None) -> list[int | None]:
    with person.looking(identity):
        return list(Vote.objects.order_by("id").values_list("thought_ms", flat=True))


def look_earlier(person: Person, shown: dict[str, Any], seconds: float) -> None:
    """As if the first look had been so long ago: the rows of sights cannot be changed, so it is written before."""
    with person.acting(), transaction.atomic():
        at = timezone.now() - timedelta(seconds=seconds)
        Sight.objects.create(checkpoint_id=shown["id"], person_id=person.user.pk, at=at)


def decide_after(person: Person, seconds: float) -> None:
    shown = ask(person, subject=f"{timezone.now().timestamp()}")
    look_earlier(person, shown, seconds)
    assert person.api.post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown)).status_code == 200


def test_time_runs_from_the_first_look_at_the_page(alice: Person) -> None:
    shown = ask(alice)
    look_earlier(alice, shown, 40)
    for _ in range(2):
        alice.browser.get(f"/approvals/{shown['id']}/")  # a later look changes nothing
    alice.post(f"/approvals/{shown['id']}/decide/", vote(shown))
    (thought,) = times(alice)
    assert 40_000 <= (thought or 0) < 60_000


def test_the_page_itself_starts_the_clock_and_a_claim_does_not(alice: Person) -> None:
    shown = ask(alice)
    alice.browser.get("/approvals/")  # the list shows no words
    with alice.looking():
        assert not Sight.objects.exists()
    alice.browser.get(f"/approvals/{shown['id']}/")
    with alice.looking():
        assert Sight.objects.get().together == 1
    answer = alice.api.post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown, thought_ms=900_000))
    assert answer.status_code == 400


def test_who_was_never_shown_it_has_no_time(alice: Person) -> None:
    shown = ask(alice)
    alice.api.post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown))
    assert times(alice) == [None]
    assert alice.api.get(FIGURES).json()["mine"] | {"person": ""} == {
        "person": "", "name": "Alice", "votes": 1, "approved": 1, "median_ms": None,
    }  # fmt: skip


def test_of_several_shown_together_each_counts_its_share(alice: Person) -> None:
    shown = [ask(alice, subject=day) for day in ("lundi", "mardi")]
    alice.browser.get(address(shown))
    with alice.looking():
        assert set(Sight.objects.values_list("together", flat=True)) == {2}
        first = Sight.objects.order_by("at").values_list("at", flat=True)[0]
    alice.post(PAGE, items(shown))
    with alice.looking():
        for one in Vote.objects.all():
            assert one.thought_ms == (one.at - first) // timedelta(milliseconds=1) // 2


def test_a_look_by_who_may_not_decide_is_not_kept(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop)
    make_viewer(bob, workshop)
    in_workshop(bob, workshop)
    bob.browser.get(f"/approvals/{shown['id']}/")
    with alice.looking(workshop):
        assert not Sight.objects.exists()


@pytest.mark.parametrize(
    ("found", "hasty"),
    [
        ([1_999] * WINDOW, True),
        ([2_000] * WINDOW, False),
        ([0] * (WINDOW - 1), False),
        ([0] * 6 + [9_000] * 4, True),
        ([0] * 4 + [9_000] * 6, False),
    ],
)
def test_hasty_is_a_median_under_two_seconds_over_a_full_window(found: list[int], hasty: bool) -> None:
    assert is_hasty(found) is hasty


def test_the_alert_comes_once_and_again_only_after_calmer_ones(alice: Person) -> None:
    def alerts() -> int:
        with alice.looking():
            return AuditEntry.objects.filter(action="governance.checkpoint.haste").count()

    for _ in range(WINDOW - 1):
        decide_after(alice, 0.1)
    assert alerts() == 0
    decide_after(alice, 0.1)
    assert alerts() == 1
    assert told(alice).count(own.HASTY) == 1
    decide_after(alice, 0.1)
    assert alerts() == 1
    for _ in range(WINDOW):
        decide_after(alice, 30)
    for _ in range(WINDOW):
        decide_after(alice, 0.1)
    assert alerts() == 2


def test_the_owners_hear_of_it_and_nobody_else(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="admin")
    for number in range(WINDOW):
        shown = ask(alice, workshop, subject=str(number))
        with bob.acting(workshop), transaction.atomic():
            Sight.objects.create(checkpoint_id=shown["id"], person_id=bob.user.pk, at=timezone.now())
        Api(bob.user, workshop).post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown))
    assert own.HASTY in told(bob, workshop)
    assert own.HASTY_MEMBER in told(alice, workshop)
    assert not {own.HASTY, own.HASTY_MEMBER} & set(told(charlie, workshop))


def test_owners_see_everybody_and_anybody_else_themselves(alice: Person, bob: Person, workshop: Any) -> None:
    for person, decision in ((alice, "approve"), (bob, "reject")):
        shown = ask(alice, workshop, subject=decision)
        Api(person.user, workshop).post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown, decision))
    whole = Api(alice.user, workshop).get(FIGURES).json()
    assert {one["name"]: one["approved"] for one in whole["people"]} == {"Alice": 1, "Bob": 0}
    own_only = Api(bob.user, workshop).get(FIGURES).json()
    assert (own_only["mine"]["name"], own_only["people"]) == ("Bob", [])
    in_workshop(alice, workshop)
    in_workshop(bob, workshop)
    assert ">Bob</th>" in alice.browser.get("/approvals/pace/").content.decode()
    assert "Alice</th>" not in bob.browser.get("/approvals/pace/").content.decode()


def test_old_votes_are_not_counted(alice: Person) -> None:
    shown = ask(alice)
    alice.api.post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown))
    from governance.checkpoints import pace

    with alice.looking(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace, "DAYS", 0)
        assert pace.figures() == []


def test_the_page_is_calm_before_the_first_decision(alice: Person) -> None:
    assert 'class="empty"' in alice.browser.get("/approvals/pace/").content.decode()
