"""Allowed in advance: one action, one thread, one ceiling, one month; never what must be asked (design 3.4)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.models import Run
from governance.errors import GovernanceError, NotAllowed
from governance.gate import judge
from governance.isolation.context import bind
from governance.models import AuditEntry, Checkpoint, Grant, Membership, Verdict
from governance.perform import perform
from governance.registry.actions import get_action
from tests.agents.pipeline.runs import QUESTION, SECRET, SEND, asked
from tests.cast import Person
from tests.governance.checkpoints.asking import make_rule, make_viewer

pytestmark = [pytest.mark.security, pytest.mark.usefixtures("simulator")]
EXECUTE, GIVE = "agents.run.execute", "governance.grant.give"
ASKING = [{"key": "action", "op": "eq", "value": EXECUTE}]


def first(alice: Person, **rule: Any) -> Run:
    """A run of hers that a rule of the identity asks about."""
    make_rule(alice, name="Chaque demande", level="low", conditions=ASKING, **rule)
    run = asked(alice)
    assert run.status == "awaiting_approval"
    return run


def decide(person: Person, run: Run, **more: Any) -> None:
    with person.looking():
        row = Checkpoint.objects.get(pk=run.checkpoint_id)
    with person.acting(proved=lambda second: True):
        vote = {"checkpoint": row.pk, "decision": "approve", "envelope_digest": row.envelope_digest, **more}
        perform("governance.checkpoint.decide", vote)


@pytest.fixture
def granted(alice: Person) -> tuple[Person, Run, Grant]:
    """She has approved a run and, with the same click, the like of it."""
    run = first(alice)
    decide(alice, run, grant=True)
    with alice.looking():
        return alice, run, Grant.objects.get()


def again(person: Person, run: Run, text: str = QUESTION) -> Run:
    """The same kind of request in the same thread."""
    return asked(person, text, thread=run.thread_id)


def change(person: Person, grant: Grant, **values: Any) -> None:
    with person.acting(), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(**values)


def test_the_like_of_it_is_no_longer_asked_and_each_use_is_told(granted: tuple[Person, Run, Grant]) -> None:
    alice, run, grant = granted
    assert (grant.ceiling_pico_usd, grant.thread_id) == (5 * 10**12, run.thread_id)
    assert abs(grant.expires_at - grant.created_at - timedelta(days=30)) < timedelta(seconds=1)
    second = again(alice, run)
    assert second.status not in {"awaiting_approval", "failed"}
    with alice.looking():
        used = Grant.objects.get()
        assert (used.uses, used.used_pico_usd) == (2, second.estimate["cost_pico_usd"])  # asked for, then begun
        assert second.estimate["cost_pico_usd"] > 0
        verdicts = Verdict.objects.filter(action=EXECUTE, document__has_key="grant").order_by("id")
        told, _ = (row.document for row in verdicts)
        assert (told["decision"], told["grant"]["id"]) == ("allow", str(grant.pk))
        assert any(seen["matched"] and seen["effect"] == "checkpoint" for seen in told["rules"])
        assert AuditEntry.objects.filter(action="governance.grant.use", resource_id=grant.pk).count() == 2
        assert AuditEntry.objects.filter(action=GIVE, outcome="allowed").count() == 1


def test_another_thread_is_asked(granted: tuple[Person, Run, Grant]) -> None:
    alice, _, _ = granted
    assert asked(alice).status == "awaiting_approval"


@pytest.mark.parametrize(
    "values",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"used_pico_usd": F("ceiling_pico_usd")},
        {"action": "governance.message.send"},
        {"agent": "another"},
        {"person_id": uuid7()},
        {"given_by_id": uuid7()},
    ],
    ids=lambda values: next(iter(values)),
)
def test_beyond_its_terms_it_is_asked_again(values: dict[str, Any], granted: tuple[Person, Run, Grant]) -> None:
    alice, run, grant = granted
    change(alice, grant, **values)
    assert again(alice, run).status == "awaiting_approval"


def test_a_system_rule_is_never_lifted(granted: tuple[Person, Run, Grant]) -> None:
    """The agent's e-mail stops, whatever was allowed in advance, even by a row written past the action."""
    alice, run, grant = granted
    change(alice, grant, action="governance.message.send")
    assert again(alice, run, SEND).status == "awaiting_approval"
    mail = {"to": ["paul@example.com"], "subject": "x", "body": "y"}
    act = get_action("governance.message.send")
    with alice.looking():
        nova = alice.context(agent="nova", run_id=uuid7())
        assert judge(act, nova, act.params.model_validate(mail), None, run.thread_id).asks


def test_what_touches_secrets_is_never_lifted(granted: tuple[Person, Run, Grant]) -> None:
    alice, run, _ = granted
    assert again(alice, run, SECRET).status == "awaiting_approval"


@pytest.mark.parametrize("rule", [{"level": "critical"}, {"quorum": 2}, {"exclude_requester": True}])
def test_a_rule_that_wants_more_is_never_lifted(rule: dict[str, Any], granted: tuple[Person, Run, Grant]) -> None:
    alice, run, _ = granted
    make_rule(alice, name="Plus", conditions=ASKING, **{"level": "low", **rule})
    again(alice, run)
    with alice.looking():
        assert Grant.objects.get().uses == 0
        row = Checkpoint.objects.newest_first().first()
    with alice.acting(proved=lambda second: True), pytest.raises(NotAllowed):
        perform(GIVE, {"checkpoint": row.pk})


def test_an_agents_mail_cannot_be_granted(alice: Person) -> None:
    run = asked(alice, SEND)
    assert run.status == "awaiting_approval"
    with alice.acting(proved=lambda second: True), pytest.raises(NotAllowed):
        perform(GIVE, {"checkpoint": run.checkpoint_id})
    with pytest.raises(NotAllowed):
        decide(alice, run, grant=True)
    assert 'name="grant"' not in alice.browser.get(f"/approvals/{run.checkpoint_id}/").content.decode()


@pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}, {"role": "viewer"}])
def test_only_a_person_who_decides_gives_one(change: dict[str, Any], alice: Person) -> None:
    run = first(alice)
    with alice.acting(**change), pytest.raises(NotAllowed):
        perform(GIVE, {"checkpoint": run.checkpoint_id})


def test_nobody_uses_one_by_hand(granted: tuple[Person, Run, Grant]) -> None:
    alice, _, grant = granted
    with alice.acting(), pytest.raises(NotAllowed):
        perform("governance.grant.use", {"grant": grant.pk, "cost_pico_usd": 0, "verdict": uuid7()})


def test_the_ceiling_holds_when_used_at_once(granted: tuple[Person, Run, Grant]) -> None:
    """Eight rulings found room for it; there is room for two."""
    from governance.grants.applying import UseGrant
    from governance.uow import unit_of_work

    alice, _, grant = granted
    change(alice, grant, ceiling_pico_usd=25)
    context, barrier, codes = alice.context(), threading.Barrier(8), []

    def race() -> None:
        barrier.wait()
        with bind(context):
            try:
                with unit_of_work() as uow:
                    uow.also("governance.grant.use", UseGrant(grant=grant.pk, cost_pico_usd=10, verdict=uuid7()))
                codes.append("used")
            except GovernanceError as refusal:
                codes.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["grant_used_up"] * 6 + ["used"] * 2
    with alice.looking():
        assert Grant.objects.get().used_pico_usd == 20


def test_it_ends_with_who_gave_it(alice: Person, bob: Person) -> None:
    from tests.cast import make_workshop

    workshop = make_workshop(alice, bob)
    now = timezone.now()
    terms = {"created_at": now, "expires_at": now + timedelta(days=1), "ceiling_pico_usd": 1, "checkpoint_id": uuid7()}
    with alice.acting(workshop), transaction.atomic():
        row = Grant.objects.create(
            action=EXECUTE, thread_id=uuid7(), agent="nova", person_id=alice.user.pk, given_by_id=bob.user.pk, **terms
        )
    make_viewer(bob, workshop)
    with alice.acting(workshop):
        perform("governance.member.remove", {"member": Membership.objects.get(user=bob.user, identity=workshop).pk})
    with alice.looking(workshop):
        assert Grant.objects.get(pk=row.pk).revoked_at is not None


class TestPagesAndApi:
    def test_the_page_offers_it_and_it_is_revoked_without_a_script(self, alice: Person) -> None:
        run = first(alice)
        page = f"/approvals/{run.checkpoint_id}/"
        assert 'name="grant"' in alice.browser.get(page).content.decode()
        with alice.looking():
            digest = Checkpoint.objects.get(pk=run.checkpoint_id).envelope_digest
        vote = {"decision": "approve", "envelope_digest": digest, "grant": "1"}
        assert alice.post(f"{page}decide/", vote).status_code == 302
        with alice.looking():
            grant = Grant.objects.get()
        assert f"/approvals/grants/{grant.pk}/revoke/" in alice.browser.get("/approvals/grants/").content.decode()
        assert alice.post(f"/approvals/grants/{grant.pk}/revoke/").status_code == 302
        assert again(alice, run).status == "awaiting_approval"
        assert alice.post(f"/approvals/grants/{grant.pk}/revoke/").status_code == 302

    def test_a_refusal_grants_nothing(self, alice: Person) -> None:
        run = first(alice)
        decide(alice, run, decision="reject", grant=True)
        with alice.looking():
            assert not Grant.objects.exists()

    def test_given_listed_and_revoked_by_a_program_of_the_person(self, alice: Person) -> None:
        run = first(alice)
        body = {"checkpoint": str(run.checkpoint_id), "ceiling_pico_usd": 10**12, "days": 7}
        made = alice.api.post("governance/grants/", body)
        assert (made.status_code, made.json()["ceiling_pico_usd"]) == (201, 10**12)
        pk = made.json()["id"]
        assert [row["id"] for row in alice.api.get("governance/grants/").json()["results"]] == [pk]
        assert alice.api.delete(f"governance/grants/{pk}/").json()["live"] is False
        assert alice.api.delete(f"governance/grants/{pk}/").status_code == 409
        for wrong in ({"days": 91}, {"days": 0}, {"ceiling_pico_usd": 51 * 10**12}, {"ceiling_pico_usd": 0}):
            assert alice.api.post("governance/grants/", body | wrong).status_code == 400
