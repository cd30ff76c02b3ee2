"""Who may approve what: the whole table, cell by cell (design 3.4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.models import Checkpoint, Vote
from governance.checkpoints.quorum import SOLO_DELAY
from governance.errors import Conflict, GovernanceError, NotAllowed, StepUpRequired
from governance.models import Membership
from governance.perform import perform
from tests.cast import Api, Person, make_workshop
from tests.governance.access.doors import enrol
from tests.governance.checkpoints.asking import ask, make_rule, status_of, vote
from tests.governance.delegations.giving import delegated

pytestmark = pytest.mark.security

RULES: dict[str, dict[str, Any]] = {
    "one": {},
    "two": {"quorum": 2},
    "excluded": {"exclude_requester": True},
    "solo": {"quorum": 2, "exclude_requester": True},
}
LEVEL = "high"


class Stage:
    """Alice has asked in her workshop, at a level that wants a fresh proof; `column` names the rule that asks."""

    def __init__(self, column: str, alice: Person, bob: Person, sam: Person, charlie: Person | None = None) -> None:
        self.column, self.alice, self.bob, self.sam = column, alice, bob, sam
        self.charlie: Any = charlie
        self.workshop = make_workshop(alice, *([] if column == "solo" else [bob]))
        make_rule(alice, self.workshop, level=LEVEL, **RULES[column])
        enrol(alice)
        self.shown = ask(alice, self.workshop)
        older(alice, self.workshop, self.shown)

    def lets(self, giver: Person, holder: Person) -> Any:
        """`giver` has `holder` approve for them; None where they are no members."""
        if self.column == "solo":
            return None
        Membership.objects.get_or_create(user=giver.user, identity=self.workshop, defaults={"role": "member"})
        return delegated(giver, holder, self.workshop)

    def decides(self, person: Person, identity: Any = None, **context: Any) -> str:
        """`person` approves by the action itself; what becomes of the question, or the code of the refusal."""
        given = {"proved": lambda second: True} | context
        under = {"delegation": given.pop("under", None)}
        try:
            with person.acting(identity or self.workshop, **given):
                params = {"checkpoint": self.shown["id"], **vote(self.shown), **under}
                row = perform("governance.checkpoint.decide", params)
        except GovernanceError as refusal:
            return refusal.code
        return str(row.status)

    def asks_the_api(self, person: Person, identity: Any = None) -> str:
        """The same by HTTP, with a proof that is fresh."""
        proofs = [{"method": "mfa", "at": time.time()}]
        body = vote(self.shown)
        answer = Api(person.user, identity or self.workshop, proofs=proofs).post(
            f"governance/checkpoints/{self.shown['id']}/decision/", body
        )
        return str(answer.json()["checkpoint"]["status"] if answer.status_code == 200 else answer.json()["code"])


def older(person: Person, identity: Any, shown: dict[str, Any], by: timedelta = SOLO_DELAY) -> None:
    """The question was asked that much earlier."""
    with person.acting(identity), transaction.atomic():
        Checkpoint.objects.filter(pk=shown["id"]).update(created_at=timezone.now() - by)


def requester(stage: Stage) -> str:
    return stage.decides(stage.alice)


def other_identity_of_the_requester(stage: Stage) -> str:
    return stage.decides(stage.alice, stage.alice.identity)


def other_member(stage: Stage) -> str:
    return stage.asks_the_api(stage.bob)


def delegate(stage: Stage) -> str:
    """Bob, for Charlie."""
    mandate = stage.lets(stage.charlie, stage.bob)
    if mandate is None:
        return stage.asks_the_api(stage.bob)
    return stage.decides(stage.bob, under=mandate.pk)


def delegate_of_the_requester(stage: Stage) -> str:
    mandate = stage.lets(stage.alice, stage.bob)
    if mandate is None:
        return stage.asks_the_api(stage.bob)
    return stage.decides(stage.bob, under=mandate.pk)


def requester_as_delegate(stage: Stage) -> str:
    """Alice, for Charlie: it would be her own hand."""
    mandate = stage.lets(stage.charlie, stage.alice)
    if mandate is None:
        return stage.asks_the_api(stage.charlie)
    return stage.decides(stage.alice, under=mandate.pk)


def delegator(stage: Stage) -> str:
    """Charlie, after Bob has voted for them: never both."""
    delegate(stage)
    return stage.decides(stage.charlie) if stage.column != "solo" else stage.asks_the_api(stage.charlie)


def delegate_for_themself(stage: Stage) -> str:
    """Bob again, now in his own name: one pair of hands casts one vote."""
    delegate(stage)
    return stage.asks_the_api(stage.bob)


def removed_member(stage: Stage) -> str:
    """Bob was there a moment ago."""
    Membership.objects.filter(user=stage.bob.user, identity=stage.workshop).delete()
    return stage.asks_the_api(stage.bob)


def stale_factor(stage: Stage) -> str:
    """Somebody who could decide, had they shown who they are: a member, or Alice where she is alone."""
    person = stage.alice if stage.column == "solo" else stage.bob
    old = [{"method": "mfa", "at": time.time() - 601}]
    answer = Api(person.user, stage.workshop, proofs=old).post(
        f"governance/checkpoints/{stage.shown['id']}/decision/", vote(stage.shown)
    )
    return str(answer.json()["code"])


def token(stage: Stage) -> str:
    return stage.decides(stage.alice, token_id=uuid7())


def agent(stage: Stage) -> str:
    return stage.decides(stage.alice, agent="nova", run_id=uuid7())


def staff(stage: Stage) -> str:
    return stage.asks_the_api(stage.sam)


def superuser(stage: Stage) -> str:
    type(stage.sam.user).objects.filter(pk=stage.sam.user.pk).update(is_superuser=True)
    return stage.asks_the_api(stage.sam)


NO, BORDER, PROOF = "not_allowed", "identity_boundary_violation", "step_up_required"
DONE, MORE = "approved", "pending"
OVER, TWICE = "already_decided", "already_voted"
TABLE: dict[Callable[[Stage], str], tuple[str, str, str, str]] = {
    #                                one     two     excluded solo
    requester:                      (DONE,   MORE,   NO,     DONE),
    other_identity_of_the_requester: (BORDER, BORDER, BORDER, BORDER),
    other_member:                   (DONE,   MORE,   DONE,   BORDER),
    delegate:                       (DONE,   MORE,   DONE,   BORDER),
    delegate_of_the_requester:      (DONE,   MORE,   NO,     BORDER),
    requester_as_delegate:          (DONE,   MORE,   NO,     BORDER),
    delegator:                      (OVER,   TWICE,  OVER,   BORDER),
    delegate_for_themself:          (OVER,   TWICE,  OVER,   BORDER),
    removed_member:                 (BORDER, BORDER, BORDER, BORDER),
    stale_factor:                   (PROOF,  PROOF,  PROOF,  PROOF),
    token:                          (NO,     NO,     NO,     NO),
    agent:                          (NO,     NO,     NO,     NO),
    staff:                          (BORDER, BORDER, BORDER, BORDER),
    superuser:                      (BORDER, BORDER, BORDER, BORDER),
}  # fmt: skip
CELLS = [
    pytest.param(who, column, expected, id=f"{who.__name__}-{column}")
    for who, row in TABLE.items()
    for column, expected in zip(RULES, row, strict=True)
]


@pytest.mark.parametrize(("who", "column", "expected"), CELLS)
def test_the_table(
    who: Callable[[Stage], str], column: str, expected: str, alice: Person, bob: Person, sam: Person, charlie: Person
) -> None:
    stage = Stage(column, alice, bob, sam, charlie)
    assert who(stage) == expected
    left = expected if expected in {DONE, MORE} else "pending"
    left = DONE if expected == OVER else left
    assert status_of(alice, stage.shown, stage.workshop) == left


def test_a_vote_of_somebody_removed_before_the_quorum_is_full_does_not_count(
    alice: Person, bob: Person, charlie: Person, sam: Person
) -> None:
    stage = Stage("two", alice, bob, sam)
    Membership.objects.create(user=charlie.user, identity=stage.workshop, role="member")
    assert stage.decides(bob) == "pending"
    Membership.objects.filter(user=bob.user, identity=stage.workshop).delete()
    assert stage.decides(alice) == "pending"
    assert stage.decides(charlie) == "approved"


def test_a_first_refusal_ends_it_and_needs_no_proof(alice: Person, bob: Person, sam: Person) -> None:
    stage = Stage("two", alice, bob, sam)
    assert stage.decides(alice) == "pending"
    with bob.acting(stage.workshop):
        row = perform("governance.checkpoint.decide", {"checkpoint": stage.shown["id"], **vote(stage.shown, "reject")})
    assert row.status == "rejected"
    assert stage.decides(bob) == "already_decided"


class TestAlone:
    """The solo rule: what somebody must show who is their own second pair of eyes."""

    def test_the_vote_is_marked_and_so_is_the_entry(self, alice: Person, bob: Person, sam: Person) -> None:
        stage = Stage("solo", alice, bob, sam)
        assert stage.decides(alice) == "approved"
        with alice.looking(stage.workshop):
            assert Vote.objects.get().self_approved is True
        told = alice_api(stage).get(f"governance/checkpoints/{stage.shown['id']}/").json()
        assert told["votes"][0]["self_approved"] is True

    def test_ten_minutes_pass_first(self, alice: Person, bob: Person, sam: Person) -> None:
        stage = Stage("solo", alice, bob, sam)
        older(alice, stage.workshop, stage.shown, SOLO_DELAY - timedelta(seconds=30))
        assert stage.decides(alice) == "too_early"
        page = browser_in(alice, stage.workshop).get(f"/approvals/{stage.shown['id']}/").content.decode()
        assert 'value="approve"' not in page
        assert 'value="reject"' in page

    def test_a_password_alone_never_does(self, alice: Person, bob: Person, sam: Person) -> None:
        from allauth.mfa.models import Authenticator

        stage = Stage("solo", alice, bob, sam)
        Authenticator.objects.filter(user=alice.user).delete()
        with alice.acting(stage.workshop, proved=lambda second: not second), pytest.raises(StepUpRequired) as asked:
            perform("governance.checkpoint.decide", {"checkpoint": stage.shown["id"], **vote(stage.shown)})
        assert asked.value.enrol is True

    def test_it_holds_no_longer_once_there_is_somebody_else(self, alice: Person, bob: Person, sam: Person) -> None:
        stage = Stage("solo", alice, bob, sam)
        Membership.objects.create(user=bob.user, identity=stage.workshop, role="member")
        with alice.acting(stage.workshop, proved=lambda second: True), pytest.raises(NotAllowed):
            perform("governance.checkpoint.decide", {"checkpoint": stage.shown["id"], **vote(stage.shown)})

    def test_an_ordinary_question_of_one_person_has_no_delay(self, alice: Person) -> None:
        shown = ask(alice)
        with alice.acting():
            row = perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        assert row.status == "approved"
        with alice.looking():
            assert Vote.objects.get().self_approved is False


def test_the_page_leads_to_the_proof_before_a_red_approval(alice: Person, bob: Person, sam: Person) -> None:
    stage = Stage("one", alice, bob, sam)
    browser = browser_in(alice, stage.workshop)
    url = f"/approvals/{stage.shown['id']}/"
    page = browser.get(url).content.decode()
    assert 'value="approve"' not in page
    assert f"/accounts/reauthenticate/?next={url}" in page
    forced = browser.post(f"{url}decide/", vote(stage.shown) | {"epoch": browser.session["epoch"]})
    assert (forced.status_code, forced["Location"].partition("?")[0]) == (302, "/accounts/reauthenticate/")
    assert status_of(alice, stage.shown, stage.workshop) == "pending"


def test_two_approvals_of_one_person_are_one(alice: Person, bob: Person, sam: Person) -> None:
    stage = Stage("two", alice, bob, sam)
    assert stage.decides(alice) == "pending"
    with pytest.raises(Conflict), alice.acting(stage.workshop, proved=lambda second: True):
        perform("governance.checkpoint.decide", {"checkpoint": stage.shown["id"], **vote(stage.shown)})


def alice_api(stage: Stage) -> Api:
    return Api(stage.alice.user, stage.workshop)


def browser_in(person: Person, identity: Any) -> Any:
    person.post(f"/identities/{identity.pk}/activate/")
    browser = person.browser
    browser.get("/api/v2/auth/me/")
    return browser
