"""A payment order from a draft to the end: what is approved is what is ordered (design 3.8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.checkpoints.models import Checkpoint
from governance.checkpoints.tasks import sweep
from governance.errors import BadInput, Conflict, GovernanceError, NotAllowed, StepUpRequired
from governance.isolation.context import Channel, bind
from governance.models import PayingAccount, PaymentOrder
from governance.orders.actions import OrderPayment
from governance.perform import perform
from tests.cast import Person
from tests.governance.acts import bodies_of
from tests.governance.checkpoints.asking import make_overdue
from tests.governance.checkpoints.test_races import at_once
from tests.governance.orders.ordering import (
    EUROS,
    HOME,
    OTHER_IBAN,
    acts,
    decided,
    drafted,
    now,
    ordered,
    pays_from,
    submitted,
)

pytestmark = pytest.mark.security


def test_a_draft_is_approved_as_it_stands_and_becomes_an_order(alice: Person) -> None:
    row = drafted(alice)
    assert (row.status, row.ordered_at) == ("draft", None)
    shown = submitted(alice, row)
    assert shown["preview"]["iban"] == EUROS["iban"]
    waiting = now(alice, row)
    assert (waiting.status, str(waiting.checkpoint_id)) == ("awaiting", shown["id"])
    decided(alice, shown)
    done = now(alice, row)
    assert (done.status, done.pk) == ("ordered", row.pk)
    assert done.ordered_at is not None
    with alice.looking():
        assert PaymentOrder.objects.count() == 1
        assert Checkpoint.objects.get(pk=shown["id"]).status == "executed"
    told = [(body["action"], body["outcome"]) for body in bodies_of(alice)]
    assert ("governance.payment.order", "stopped") in told
    assert ("governance.payment.order", "allowed") in told


def test_a_second_look_asks_no_second_question(alice: Person) -> None:
    row = drafted(alice)
    assert submitted(alice, row)["id"] == submitted(alice, row)["id"]


def test_who_is_not_asked_twice_by_two(alice: Person, bob: Person, workshop: Any) -> None:
    row = drafted(alice, workshop)
    submitted(alice, row, workshop)
    with bob.acting(workshop), pytest.raises(Conflict):
        from governance.orders.submitting import submit

        submit(row.pk)
    with alice.looking(workshop):
        assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize("how", ["rejected", "withdrawn", "expired", "question withdrawn"])
def test_without_an_approval_it_is_a_draft_again(alice: Person, how: str) -> None:
    row = drafted(alice)
    shown = submitted(alice, row)
    if how == "rejected":
        decided(alice, shown, "reject")
    elif how == "withdrawn":
        acts(alice, "withdraw", row)
    elif how == "expired":
        make_overdue(alice, shown)
        sweep(None)
    else:
        with alice.acting():
            perform("governance.checkpoint.cancel", {"checkpoint": shown["id"]})
    after = now(alice, row)
    assert (after.status, after.checkpoint_id) == ("draft", None)
    assert "governance.order.return" in {body["action"] for body in bodies_of(alice)}
    assert acts(alice, "update", row, payee="Une autre").version == 2
    assert submitted(alice, row)["id"] != shown["id"]


def test_what_waits_or_is_ordered_cannot_be_changed(alice: Person) -> None:
    row = drafted(alice)
    shown = submitted(alice, row)
    with pytest.raises(Conflict):
        acts(alice, "update", row, iban=OTHER_IBAN)
    decided(alice, shown)
    with pytest.raises(Conflict):
        acts(alice, "update", row, iban=OTHER_IBAN)
    assert now(alice, row).iban == EUROS["iban"]


def test_another_account_after_the_vote_orders_nothing(alice: Person) -> None:
    """Whoever could write past the actions would still not be paid by an approval of something else."""
    row = drafted(alice)
    shown = submitted(alice, row)
    with alice.acting(), transaction.atomic():
        PaymentOrder.objects.filter(pk=row.pk).update(iban=OTHER_IBAN)
    decided(alice, shown)
    after = now(alice, row)
    assert (after.status, after.ordered_at) == ("draft", None)


def test_where_the_payee_lives_is_approved_with_the_rest(alice: Person) -> None:
    row = drafted(alice, **HOME)
    shown = submitted(alice, row)
    assert {name: shown["preview"][name] for name in HOME} == HOME
    with alice.acting(), transaction.atomic():
        PaymentOrder.objects.filter(pk=row.pk).update(town="Ailleurs")
    decided(alice, shown)
    assert (now(alice, row).status, now(alice, row).ordered_at) == ("draft", None)


def test_without_an_address_the_question_is_what_it_was(alice: Person) -> None:
    """What already waits keeps its envelope."""
    assert not HOME.keys() & submitted(alice, drafted(alice))["preview"].keys()


def test_an_approver_cannot_put_other_words_under_a_draft(alice: Person) -> None:
    row = drafted(alice)
    shown = submitted(alice, row)
    edit = {"checkpoint": shown["id"], "parameters": {"amount_minor": 1}}
    with alice.acting(), pytest.raises(Conflict) as refused:
        perform("governance.checkpoint.edit", edit)
    assert refused.value.code == "order_changed"
    assert now(alice, row).status == "awaiting"


def test_asked_anew_it_waits_at_the_new_question(alice: Person) -> None:
    row = drafted(alice)
    shown = submitted(alice, row)
    with alice.acting():
        new = perform("governance.checkpoint.edit", {"checkpoint": shown["id"]})
    assert now(alice, row).checkpoint_id == new.pk
    decided(alice, {"id": str(new.pk), "envelope_digest": new.envelope_digest})
    assert now(alice, row).status == "ordered"


def test_two_settle_at_once_and_one_has_done_it(alice: Person, bob: Person, workshop: Any) -> None:
    row = ordered(alice, workshop)

    def settling(person: Person) -> Any:
        context = person.context(workshop)

        def call() -> None:
            with bind(context):
                perform("governance.order.settle", {"order": row.pk})

        return call

    assert sorted(at_once(settling(alice), settling(bob))) == ["", "already_settled"]
    assert now(alice, row, workshop).status == "settled"
    settled = [body for body in bodies_of(alice, workshop) if body["action"] == "governance.order.settle"]
    assert sorted(body["outcome"] for body in settled) == ["allowed", "refused"]


def test_approving_and_withdrawing_at_once_end_in_one_state(alice: Person, bob: Person, workshop: Any) -> None:
    row = drafted(alice, workshop)
    shown = submitted(alice, row, workshop)
    context = bob.context(workshop)

    def withdraw() -> None:
        with bind(context):
            perform("governance.order.withdraw", {"order": row.pk})

    codes = at_once(lambda: decided(alice, shown, identity=workshop), withdraw)
    assert (codes == ["already_decided", ""], now(alice, row, workshop).status) in {
        (True, "draft"),
        (False, "ordered"),
    }


class TestEnding:
    def test_it_is_settled_on_a_day_that_was(self, alice: Person) -> None:
        row = ordered(alice)
        tomorrow = datetime.now(UTC).date() + timedelta(days=2)
        with pytest.raises(BadInput):
            acts(alice, "settle", row, on=tomorrow.isoformat())
        assert acts(alice, "settle", row, on="2026-11-02").settled_on == date(2026, 11, 2)
        with pytest.raises(Conflict):
            acts(alice, "cancel", row)

    def test_a_draft_cannot_be_settled(self, alice: Person) -> None:
        with pytest.raises(Conflict):
            acts(alice, "settle", drafted(alice))

    @pytest.mark.parametrize("state", ["draft", "awaiting", "ordered"])
    def test_it_is_cancelled_with_its_question(self, alice: Person, state: str) -> None:
        row = ordered(alice) if state == "ordered" else drafted(alice)
        shown = submitted(alice, row) if state == "awaiting" else None
        acts(alice, "cancel", row)
        assert now(alice, row).status == "cancelled"
        if shown:
            with alice.looking():
                assert Checkpoint.objects.get(pk=shown["id"]).status == "cancelled"
        with pytest.raises(Conflict):
            acts(alice, "settle", row)

    def test_the_database_knows_what_a_settled_order_is(self, alice: Person) -> None:
        row = drafted(alice)
        with alice.acting(), pytest.raises(IntegrityError), transaction.atomic():
            PaymentOrder.objects.filter(pk=row.pk).update(status="settled")


class TestTerms:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"iban": "FR1420041010050500013M02607"}, "iban"),
            ({"iban": "FR14"}, "iban"),
            ({"bic": "ABC"}, "bic"),
            ({"currency": "ZZZ"}, "currency"),
            ({"currency": "eur"}, "currency"),
            ({"amount_minor": 0}, "amount_minor"),
            ({"amount_minor": 10**12 + 1}, "amount_minor"),
            ({"institution": "006"}, "transit"),
            ({"payee": "  "}, "payee"),
            ({"town": "Lyon"}, "country"),
            ({"country": "FR"}, "town"),
            ({"street": "Rue"}, "town"),
            ({"town": "Lyon", "country": "ZZ"}, "country"),
            ({"town": "Lyon", "country": "fr"}, "country"),
            ({**HOME, "street": "x" * 71}, "street"),
            ({**HOME, "building": "x" * 17}, "building"),
            ({**HOME, "postcode": "x" * 17}, "postcode"),
            ({**HOME, "town": "x" * 36}, "town"),
        ],
    )
    def test_what_cannot_be_is_named(self, alice: Person, change: dict[str, Any], field: str) -> None:
        with pytest.raises(BadInput) as wrong:
            drafted(alice, **change)
        assert field in wrong.value.errors
        row = drafted(alice)
        with pytest.raises(BadInput) as wrong:
            acts(alice, "update", row, **change)
        assert field in wrong.value.errors

    def test_what_is_not_named_stays(self, alice: Person) -> None:
        row = drafted(alice, due_date="2026-12-01")
        changed = acts(alice, "update", row, payee="Autre", version=1)
        assert (changed.amount_minor, changed.due_date, changed.iban) == (128430, date(2026, 12, 1), EUROS["iban"])
        assert acts(alice, "update", row, due_date=None).due_date is None

    def test_a_change_of_something_else_than_was_seen_is_refused(self, alice: Person) -> None:
        row = drafted(alice)
        acts(alice, "update", row, payee="Autre", version=1)
        with pytest.raises(Conflict) as refused:
            acts(alice, "update", row, payee="Encore", version=1)
        assert refused.value.code == "order_changed"


class TestWho:
    def test_an_agent_asks_in_its_own_words_and_submits_no_draft(self, alice: Person) -> None:
        row = drafted(alice)
        own = {"payee": row.payee, "amount_minor": row.amount_minor, "currency": "EUR", "reference": row.reference}
        with alice.acting(agent="nova", channel=Channel.AGENT), pytest.raises(NotAllowed):
            perform("governance.payment.order", {**own, "order": row.pk})

    def test_no_tool_speaks_of_drafts(self) -> None:
        assert "order" not in OrderPayment.model_json_schema()["properties"]
        assert "order" not in OrderPayment(payee="x", amount_minor=1, currency="CAD").model_dump()

    def test_only_who_manages_says_where_money_comes_from_and_shows_who_they_are(
        self, alice: Person, bob: Person, workshop: Any
    ) -> None:
        for person, error in ((bob, NotAllowed), (alice, StepUpRequired)):
            with person.acting(workshop), pytest.raises(error):
                perform("governance.order.set_account", {"holder": "Atelier", "iban": OTHER_IBAN})
        pays_from(alice, workshop)
        pays_from(alice, workshop, holder="Atelier Roy inc.")
        with alice.looking(workshop):
            assert PayingAccount.objects.get().holder == "Atelier Roy inc."

    def test_a_strangers_order_is_out_of_reach(self, alice: Person, charlie: Person) -> None:
        row = drafted(alice)
        for name in ("update", "settle", "cancel", "withdraw"):
            with pytest.raises(GovernanceError) as refused:
                acts(charlie, name, row)
            assert refused.value.code == "identity_boundary_violation"
