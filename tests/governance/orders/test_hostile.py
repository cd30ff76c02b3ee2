"""Two tabs, a double click, a way back in the middle: nothing is ordered, filed or kept twice."""

from __future__ import annotations

import pytest

from governance.models import Checkpoint, PaymentOrder
from governance.perform import perform
from tests.cast import Person, make_person
from tests.governance.acts import bodies_of
from tests.governance.orders.ordering import EUROS, acts, drafted, now, ordered, pays_from, submitted

pytestmark = pytest.mark.security
FORM = {"payee": "Hydro", "amount": "12,50", "currency": "EUR", "iban": EUROS["iban"], "version": "1"}


def test_a_double_click_asks_one_question(alice: Person) -> None:
    row = drafted(alice)
    first, second = (alice.post(f"/orders/{row.pk}/submit/") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    with alice.looking():
        assert Checkpoint.objects.count() == 1


def test_the_other_tab_changes_what_is_submitted_nowhere(alice: Person) -> None:
    row = drafted(alice)
    submitted(alice, row)
    answer = alice.post(f"/orders/{row.pk}/edit/", FORM | {"payee": "Quelqu’un d’autre"})
    assert answer.headers["Location"] == f"/orders/{row.pk}/"
    assert now(alice, row).payee == EUROS["payee"]


def test_cancelled_in_one_tab_it_is_neither_submitted_settled_nor_filed_in_the_other(alice: Person) -> None:
    pays_from(alice)
    row = ordered(alice)
    acts(alice, "cancel", row)
    for step, sent in (("submit", {}), ("withdraw", {}), ("settle", {"on": "2026-11-02"}), ("cancel", {})):
        assert alice.post(f"/orders/{row.pk}/{step}/", sent).status_code == 302
    answer = alice.post("/orders/export/", {"order": [str(row.pk)], "form": "pain", "one": "yes"})
    assert answer.headers["Location"] == f"/orders/{row.pk}/"
    assert (now(alice, row).status, now(alice, row).filed_at) == ("cancelled", None)


@pytest.mark.parametrize("form", ["csv", "pdf", "pain"])
def test_a_file_with_one_foreign_order_holds_none(alice: Person, form: str) -> None:
    pays_from(alice)
    mine, theirs = ordered(alice), drafted(make_person("Mallory"), payee="zzq-theirs")
    answer = alice.post("/orders/export/", {"order": [str(mine.pk), str(theirs.pk)], "form": form})
    assert answer.status_code == 403
    assert b"zzq-theirs" not in answer.content
    assert now(alice, mine).filed_at is None


def test_the_same_form_twice_makes_two_drafts_but_no_order(alice: Person) -> None:
    for _ in range(2):
        alice.post("/orders/new/", FORM)
    with alice.looking():
        assert {row.status for row in PaymentOrder.objects.all()} == {"draft"}


def test_a_switch_is_lifted_once(alice: Person) -> None:
    with alice.acting():
        switch = perform("governance.kill.pull", {"scope": "identity"})
    for _ in range(2):
        assert alice.post(f"/kill/{switch.pk}/lift/").status_code in {302, 409}
    lifts = [body for body in bodies_of(alice) if body["action"] == "governance.kill.lift"]
    assert [body["outcome"] for body in lifts].count("allowed") == 1
