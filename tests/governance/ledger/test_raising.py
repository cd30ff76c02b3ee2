"""A higher cap on request: asked by whoever works here, granted by who may set it, exactly as it was shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from governance.access.stepup import proof
from governance.checkpoints.carrying import carry_out_approved
from governance.errors import BadInput, CheckpointRequired, Conflict, NotAllowed
from governance.ledger.caps import SET
from governance.ledger.models import Account, Cap
from governance.models import Checkpoint, Notification
from governance.perform import perform
from governance.rules.system import RAISE
from tests.cast import Api, Person, make_workshop
from tests.governance.ledger.test_api import spend

MORE = {"unit": "tokens", "period": "month", "before": 0, "limit": 5_000, "reason": "Le chantier"}


@pytest.fixture
def workshop(alice: Person, bob: Person) -> Any:
    return make_workshop(alice, bob)


def ask(person: Person, identity: Any = None, **changes: Any) -> dict[str, Any]:
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        perform(RAISE, {**MORE, **changes})
    return dict(stopped.value.checkpoint)


def vote(person: Person, asked: dict[str, Any], identity: Any = None, decision: str = "approve") -> Any:
    body = {"checkpoint": asked["id"], "decision": decision, "envelope_digest": asked["envelope_digest"]}
    with person.acting(identity):
        return perform("governance.checkpoint.decide", body)


def limit(person: Person, identity: Any = None) -> list[int]:
    with person.looking(identity):
        return list(Cap.objects.filter(unit="tokens", period="month").values_list("limit", flat=True))


def test_a_member_asks_an_owner_agrees_and_exactly_that_is_set(alice: Person, bob: Person, workshop: Any) -> None:
    asked = ask(bob, workshop)
    assert (asked["kind"], asked["level"], asked["why"]) == ("budget_approval", "low", ["system.budget_raise"])
    assert limit(bob, workshop) in ([], [0])
    vote(alice, asked, workshop)
    with bob.acting(workshop):
        carry_out_approved(asked["id"])
    assert limit(alice, workshop) == [5_000]
    with alice.looking(workshop):
        assert Checkpoint.objects.get().status == "executed"


def test_a_member_decides_no_budget_not_even_anothers(alice: Person, bob: Person, workshop: Any) -> None:
    with pytest.raises(NotAllowed):
        vote(bob, ask(alice, workshop), workshop)
    with bob.looking(workshop):
        from governance.checkpoints.deciding import can_decide

        row = Checkpoint.objects.prefetch_related("votes").get()
        assert not can_decide(row, bob.context(workshop))
        assert can_decide(row, alice.context(workshop))


def test_only_who_may_decide_is_told_that_it_waits(alice: Person, bob: Person, workshop: Any) -> None:
    ask(bob, workshop)
    with alice.looking(workshop):
        told = Notification.objects.filter(event="checkpoint.waiting").values_list("person_id", flat=True)
        assert list(told) == [alice.user.pk]


def test_an_approval_of_who_is_only_a_member_since_counts_no_more(alice: Person, bob: Person, workshop: Any) -> None:
    from governance.checkpoints.actions import standing_approvals
    from governance.models import Membership, Vote

    asked = ask(bob, workshop)
    vote(alice, asked, workshop)
    with alice.looking(workshop):
        row = Checkpoint.objects.get()
        assert (standing_approvals(row), Vote.objects.count()) == (1, 1)
    Membership.objects.filter(user=alice.user, identity=workshop).update(role="member")
    with bob.looking(workshop):
        assert standing_approvals(Checkpoint.objects.get()) == 0


def test_what_has_changed_meanwhile_is_not_raised(alice: Person) -> None:
    asked = ask(alice, before=100_000, limit=200_000)
    with alice.acting():
        perform(SET, {"unit": "tokens", "period": "month", "limit": 50, "before": 100_000})
    vote(alice, asked)
    with alice.acting():
        carry_out_approved(asked["id"])
    assert limit(alice) == [50]
    with alice.looking():
        assert Checkpoint.objects.get().status == "failed"


def test_an_approval_is_for_its_amount_only(alice: Person) -> None:
    asked = ask(alice, before=100_000, limit=200_000)
    vote(alice, asked)
    with alice.acting(), pytest.raises(Conflict):
        perform(RAISE, {**MORE, "before": 100_000, "limit": 300_000}, approval=asked["id"])
    assert limit(alice) in ([], [100_000])


@pytest.mark.parametrize(("before", "wanted"), [(100, 100), (100, 99), (100, 10**12 + 1)])
def test_what_is_no_raise_is_refused_at_once(alice: Person, before: int, wanted: int) -> None:
    with alice.acting(), pytest.raises(BadInput):
        perform(RAISE, {**MORE, "before": before, "limit": wanted})


def test_agreeing_asks_who_is_there(alice: Person) -> None:
    asked = ask(alice, before=100_000, limit=200_000)
    body = {"decision": "approve", "envelope_digest": asked["envelope_digest"]}
    path = f"governance/checkpoints/{asked['id']}/decision/"
    assert alice.api.post(path, body).json()["code"] == "step_up_required"
    led = alice.post(f"/approvals/{asked['id']}/decide/", body)
    assert led["Location"].startswith("/accounts/reauthenticate/")
    assert Api(alice.user, proofs=[proof("password")]).post(path, body).status_code == 200


def test_refusing_asks_nothing(alice: Person) -> None:
    asked = ask(alice, before=100_000, limit=200_000)
    body = {"decision": "reject", "envelope_digest": asked["envelope_digest"]}
    assert alice.api.post(f"governance/checkpoints/{asked['id']}/decision/", body).status_code == 200


@override_settings(LANGUAGE_CODE="fr")
def test_the_page_leads_to_the_question_which_shows_both_limits(alice: Person) -> None:
    thread = spend(alice)
    with alice.looking():
        root = Account.objects.get(kind="identity").pk
    page = alice.browser.get(f"/budgets/raise/?thread={thread}")
    assert page.status_code == 200
    assert f'value="{root} tokens month"' in page.content.decode()
    assert "000 jetons par mois, utilisé à" in page.content.decode()
    form = {"cap": f"{root} tokens month", "limit": "200 000", "reason": "Le chantier"}
    answer = alice.post(f"/budgets/raise/?thread={thread}", form)
    assert (answer.status_code, answer["Location"][:11]) == (302, "/approvals/")
    text = alice.browser.get(answer["Location"]).content.decode()
    assert all(words in text for words in ("100\N{NO-BREAK SPACE}000", "200\N{NO-BREAK SPACE}000", "Le chantier"))


@pytest.mark.parametrize(
    "form",
    [{}, {"cap": "x", "limit": "5"}, {"cap": " tokens month", "limit": "1,5"}, {"cap": " tokens month", "limit": "5"}],
)
def test_the_page_says_what_is_wrong(alice: Person, form: dict[str, str]) -> None:
    answer = alice.post("/budgets/raise/", form)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_the_card_of_a_run_that_the_budget_stopped_offers_it(alice: Person) -> None:
    from tests.agents.pipeline.runs import QUESTION, started, worked

    run = started(alice, QUESTION)
    with alice.acting():
        perform(SET, {"unit": "tokens", "period": "month", "limit": 1, "before": 100_000})
    run = worked(alice, run)
    text = alice.browser.get(f"/t/{run.thread_id}/").content.decode()
    assert f"/budgets/raise/?thread={run.thread_id}" in text
    assert alice.browser.get(f"/budgets/raise/?thread={run.thread_id}").status_code == 200
