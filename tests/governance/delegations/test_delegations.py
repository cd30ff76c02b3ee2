"""Somebody approves for somebody else: dated, bounded, revocable, never twice (design 3.4)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.models import Checkpoint, Vote
from governance.errors import BadInput, Conflict, GovernanceError, NotAllowed, StepUpRequired
from governance.isolation.context import bind
from governance.models import AuditEntry, Delegation, Membership, Notification
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, make_rule, make_viewer, status_of, vote
from tests.governance.delegations.giving import delegated, given

pytestmark = pytest.mark.security
DECIDE = "governance.checkpoint.decide"
USD = 10**12


@pytest.fixture
def three(alice: Person, bob: Person, charlie: Person, workshop: Any) -> Any:
    """Alice's workshop with Bob and Charlie, where two must agree."""
    Membership.objects.create(user=charlie.user, identity=workshop, role="member")
    make_rule(alice, workshop, quorum=2)
    return workshop


def votes_as(person: Person, identity: Any, shown: dict[str, Any], mandate: Any = None) -> str:
    under = {"delegation": mandate.pk} if mandate else {}
    with person.acting(identity, proved=lambda second: True):
        return str(perform(DECIDE, {"checkpoint": shown["id"], **vote(shown), **under}).status)


def code_of(person: Person, identity: Any, shown: dict[str, Any], mandate: Any) -> str:
    with pytest.raises(GovernanceError) as refused:
        votes_as(person, identity, shown, mandate)
    return refused.value.code


def test_a_delegates_vote_counts_for_who_gave_it_and_names_both(
    alice: Person, bob: Person, charlie: Person, three: Any
) -> None:
    shown = ask(alice, three)
    mandate = delegated(charlie, bob, three)
    assert votes_as(bob, three, shown, mandate) == "pending"
    with alice.looking(three):
        cast = Vote.objects.get()
        assert (cast.person_id, cast.cast_by_id, cast.person_name) == (charlie.user.pk, bob.user.pk, "Charlie")
    told = Api(alice.user, three).get(f"governance/checkpoints/{shown['id']}/").json()["votes"]
    assert [(v["person"], v["cast_by"]) for v in told] == [("Charlie", "Bob")]
    assert votes_as(alice, three, shown) == "approved"


def test_one_pair_of_hands_never_fills_a_quorum(alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    shown = ask(alice, three)
    mandate = delegated(charlie, bob, three)
    assert votes_as(bob, three, shown) == "pending"
    assert code_of(bob, three, shown, mandate) == "already_voted"
    assert votes_as(charlie, three, shown) == "approved"


def test_the_database_knows_that_too(alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    shown = ask(alice, three)
    mandate = delegated(charlie, bob, three)
    votes_as(bob, three, shown, mandate)
    with bob.acting(three), pytest.raises(IntegrityError), transaction.atomic():
        own = {"person_id": bob.user.pk, "person_name": "Bob", "decision": "approve", "at": timezone.now()}
        Vote.objects.create(checkpoint=Checkpoint.objects.get(pk=shown["id"]), **own)


@pytest.mark.parametrize(
    ("terms", "reaches"),
    [
        ({}, True),
        ({"covers": ["external_communication"]}, True),
        ({"covers": ["governance.message.send"]}, True),
        ({"covers": ["financial"]}, False),
        ({"ceiling_pico_usd": 0}, True),
        ({"starts_at": "tomorrow"}, False),
        ({"checkpoint": "this"}, True),
        ({"checkpoint": "another"}, False),
    ],
)
def test_it_reaches_what_it_names_and_nothing_else(
    terms: dict[str, Any], reaches: bool, alice: Person, bob: Person, charlie: Person, three: Any
) -> None:
    shown, other = ask(alice, three), ask(alice, three, subject="Autre")
    if "starts_at" in terms:
        terms = {"starts_at": (timezone.now() + timedelta(days=1)).isoformat()}
    if "checkpoint" in terms:
        terms = {"checkpoint": {"this": shown, "another": other}[terms["checkpoint"]]["id"]}
    mandate = delegated(charlie, bob, three, **terms)
    if reaches:
        assert votes_as(bob, three, shown, mandate) == "pending"
    else:
        assert code_of(bob, three, shown, mandate) == "not_allowed"


@pytest.mark.parametrize(
    ("currency", "ceiling", "reaches"),
    [("USD", 5 * USD, True), ("USD", 5 * USD - 1, False), ("CAD", 100 * USD, False), ("CAD", None, True)],
)
def test_a_payment_is_weighed_against_the_ceiling(
    currency: str, ceiling: int | None, reaches: bool, alice: Person, bob: Person, charlie: Person, three: Any
) -> None:
    from governance.errors import CheckpointRequired

    order = {"payee": "Roy", "amount_minor": 500, "currency": currency, "reference": "12"}
    with alice.acting(three), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.payment.order", order)
    shown = stopped.value.checkpoint
    mandate = delegated(charlie, bob, three, ceiling_pico_usd=ceiling)
    if reaches:
        assert votes_as(bob, three, shown, mandate) == "approved"
    else:
        assert code_of(bob, three, shown, mandate) == "not_allowed"


def test_somebody_elses_delegation_is_not_mine_to_use(alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    shown = ask(alice, three)
    mandate = delegated(charlie, bob, three)
    assert code_of(alice, three, shown, mandate) == "not_allowed"


def test_it_is_over_in_time(alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    shown = ask(alice, three)
    mandate = delegated(charlie, bob, three)
    with charlie.acting(three), transaction.atomic():
        past = timezone.now() - timedelta(days=2)
        Delegation.objects.filter(pk=mandate.pk).update(starts_at=past, until=past + timedelta(days=1))
    assert code_of(bob, three, shown, mandate) == "not_allowed"


def test_revoked_it_counts_no_more_not_even_the_vote_that_was_cast(
    alice: Person, bob: Person, charlie: Person, three: Any
) -> None:
    shown, other = ask(alice, three), ask(alice, three, subject="Autre")
    mandate = delegated(charlie, bob, three)
    assert votes_as(bob, three, shown, mandate) == "pending"
    with charlie.acting(three):
        perform("governance.delegation.revoke", {"delegation": mandate.pk})
    assert votes_as(alice, three, shown) == "pending"
    assert code_of(bob, three, other, mandate) == "not_allowed"
    with charlie.acting(three), pytest.raises(Conflict):
        perform("governance.delegation.revoke", {"delegation": mandate.pk})


@pytest.mark.parametrize("who", ["giver", "holder"])
def test_a_vote_falls_with_either_of_the_two(who: str, alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    shown = ask(alice, three)
    votes_as(bob, three, shown, delegated(charlie, bob, three))
    make_viewer({"giver": charlie, "holder": bob}[who], three)
    assert votes_as(alice, three, shown) == "pending"


def test_who_leaves_takes_it_along(alice: Person, bob: Person, charlie: Person, three: Any) -> None:
    first, second = delegated(charlie, bob, three), delegated(alice, charlie, three)
    with alice.acting(three):
        member = Membership.objects.get(user=charlie.user, identity=three)
        perform("governance.member.remove", {"member": member.pk})
    with alice.looking(three):
        assert not Delegation.objects.live(timezone.now()).exists()
        assert Delegation.objects.get(pk=first.pk).revoked_at is not None
        assert Delegation.objects.get(pk=second.pk).revoked_at is not None


class TestGiving:
    def test_it_asks_for_a_fresh_proof(self, bob: Person, charlie: Person, three: Any) -> None:
        with charlie.acting(three), pytest.raises(StepUpRequired):
            perform("governance.delegation.grant", given(bob, three))

    @pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}])
    def test_neither_a_token_nor_an_agent_gives_it(
        self, change: dict[str, Any], bob: Person, charlie: Person, three: Any
    ) -> None:
        with charlie.acting(three, proved=lambda second: True, **change), pytest.raises(NotAllowed):
            perform("governance.delegation.grant", given(bob, three))

    @pytest.mark.parametrize(
        ("terms", "field"),
        [
            ({"until": (timezone.now() - timedelta(hours=1)).isoformat()}, "until"),
            ({"until": (timezone.now() + timedelta(days=100)).isoformat()}, "until"),
            ({"until": "2026-11-21T10:00:00"}, "until"),
            ({"covers": ["no.such.act"]}, "covers"),
            ({"ceiling_pico_usd": -1}, "ceiling_pico_usd"),
            ({"ceiling_pico_usd": 10**30}, "ceiling_pico_usd"),
        ],
    )
    def test_wrong_terms_are_named(
        self, terms: dict[str, Any], field: str, bob: Person, charlie: Person, three: Any
    ) -> None:
        with pytest.raises(BadInput) as wrong:
            delegated(charlie, bob, three, **terms)
        assert list(wrong.value.errors) == [field]

    def test_not_to_oneself_nor_to_who_looks_on(self, bob: Person, charlie: Person, three: Any) -> None:
        with pytest.raises(BadInput):
            delegated(charlie, charlie, three)
        make_viewer(bob, three)
        with pytest.raises(BadInput):
            delegated(charlie, bob, three)

    def test_not_to_a_member_of_another_identity(self, alice: Person, bob: Person, three: Any) -> None:
        with pytest.raises(GovernanceError) as refused, alice.acting(proved=lambda second: True):
            perform("governance.delegation.grant", given(bob, three))
        assert refused.value.status == 403

    def test_both_are_told_and_it_is_on_record(self, alice: Person, bob: Person, charlie: Person, three: Any) -> None:
        mandate = delegated(charlie, bob, three)
        with alice.looking(three):
            told = Notification.objects.filter(event="delegation.granted", about=str(mandate.pk))
            assert set(told.values_list("person_id", flat=True)) == {bob.user.pk, charlie.user.pk}
            assert AuditEntry.objects.filter(action="governance.delegation.grant", resource_id=mandate.pk).exists()

    def test_only_those_two_and_managers_end_it(
        self, alice: Person, bob: Person, charlie: Person, sam: Person, three: Any
    ) -> None:
        Membership.objects.create(user=sam.user, identity=three, role="member")
        mandate = delegated(charlie, bob, three)
        with sam.acting(three), pytest.raises(NotAllowed):
            perform("governance.delegation.revoke", {"delegation": mandate.pk})
        with alice.acting(three):
            assert perform("governance.delegation.revoke", {"delegation": mandate.pk}).revoked_at

    def test_at_most_twenty_also_when_asked_at_once(self, bob: Person, charlie: Person, three: Any) -> None:
        for _ in range(18):
            delegated(charlie, bob, three)
        context, barrier = charlie.context(three, proved=lambda second: True), threading.Barrier(4)
        codes: list[str] = []

        def race() -> None:
            barrier.wait()
            with bind(context):
                try:
                    perform("governance.delegation.grant", given(bob, three))
                    codes.append("given")
                except GovernanceError as refusal:
                    codes.append(refusal.code)
            connection.close()

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == ["given", "given", "too_many_delegations", "too_many_delegations"]


class TestApi:
    def test_one_question_is_handed_over(self, alice: Person, bob: Person, charlie: Person, three: Any) -> None:
        shown = ask(alice, three)
        member = Membership.objects.get(user=bob.user, identity=three)
        body = {"member": str(member.pk)}
        url = f"governance/checkpoints/{shown['id']}/delegate/"
        unproved = Api(charlie.user, three).post(url, body)
        assert (unproved.status_code, unproved.json()["code"]) == (403, "step_up_required")
        made = proven(charlie, three).post(url, body)
        assert made.status_code == 201, made.content
        assert (made.json()["checkpoint"], made.json()["until"]) == (shown["id"], shown["expires_at"])
        cast = {**vote(shown), "delegation": made.json()["id"]}
        assert proven(bob, three).post(f"governance/checkpoints/{shown['id']}/decision/", cast).status_code == 200
        api = Api(charlie.user, three)
        assert [row["id"] for row in api.get("governance/delegations/").json()["results"]] == [made.json()["id"]]
        ended = api.delete(f"governance/delegations/{made.json()['id']}/")
        assert (ended.status_code, ended.json()["live"]) == (200, False)
        assert api.delete(f"governance/delegations/{made.json()['id']}/").status_code == 409

    def test_a_question_that_is_over_is_not_handed_over(
        self, alice: Person, bob: Person, charlie: Person, three: Any
    ) -> None:
        shown = ask(alice, three)
        with alice.acting(three):
            perform(DECIDE, {"checkpoint": shown["id"], **vote(shown, "reject")})
        member = Membership.objects.get(user=bob.user, identity=three)
        url = f"governance/checkpoints/{shown['id']}/delegate/"
        assert proven(charlie, three).post(url, {"member": str(member.pk)}).status_code == 410


class TestPages:
    def test_it_is_given_used_and_ended_without_a_script(
        self, alice: Person, bob: Person, charlie: Person, three: Any
    ) -> None:
        shown = ask(alice, three)
        browser = browser_in(charlie, three)
        member = Membership.objects.get(user=bob.user, identity=three)
        day = (timezone.localdate() + timedelta(days=3)).isoformat()
        form = {"member": member.pk, "until": day, "ceiling": "50", "covers": ["external_communication"]}
        answer = browser.post("/approvals/delegations/", {**form, "epoch": browser.session["epoch"]})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        with charlie.looking(three):
            mandate = Delegation.objects.get()
            assert mandate.ceiling_pico_usd == 50 * USD
        theirs = browser_in(bob, three)
        page = theirs.get(f"/approvals/{shown['id']}/").content.decode()
        assert f'value="{mandate.pk}"' in page
        cast = {**vote(shown), "delegation": mandate.pk, "epoch": theirs.session["epoch"]}
        assert theirs.post(f"/approvals/{shown['id']}/decide/", cast).status_code == 302
        assert "Charlie" in browser.get(f"/approvals/{shown['id']}/").content.decode()
        ended = browser.post(f"/approvals/delegations/{mandate.pk}/revoke/", {"epoch": browser.session["epoch"]})
        assert ended.status_code == 302
        assert status_of(alice, shown, three) == "pending"

    def test_what_is_wrong_is_said_beside_the_form(self, bob: Person, charlie: Person, three: Any) -> None:
        browser = browser_in(charlie, three)
        member = Membership.objects.get(user=bob.user, identity=three)
        form = {"member": member.pk, "until": "2020-01-01", "epoch": browser.session["epoch"]}
        last = browser.post("/approvals/delegations/", {**form, "until": "9999-12-31"})
        assert (last.status_code, list(last.context["form"].errors)) == (400, ["until"])
        answer = browser.post("/approvals/delegations/", form)
        assert answer.status_code == 400
        assert 'value="2020-01-01"' in answer.content.decode()

    def test_a_page_without_a_proof_leads_to_it(self, bob: Person, charlie: Person, three: Any) -> None:
        charlie.post(f"/identities/{three.pk}/activate/")
        answer = charlie.post("/approvals/delegations/", {})
        assert answer["Location"].startswith("/accounts/reauthenticate/")


def proven(person: Person, identity: Any) -> Api:
    import time

    return Api(person.user, identity, proofs=[{"method": "mfa", "at": time.time()}])


def browser_in(person: Person, identity: Any) -> Any:
    """A browser that has just shown the password, acting for the identity."""
    from tests.governance.access.doors import post, proven_browser

    browser = proven_browser(person)
    post(browser, f"/identities/{identity.pk}/activate/")
    browser.get("/api/v2/auth/me/")
    return browser
