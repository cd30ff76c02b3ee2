"""The pages: what is typed is kept, what is asked is shown, what has ended is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.models import Checkpoint, PayingAccount, PaymentOrder
from tests.cast import Person
from tests.governance.access.doors import post, proven_browser
from tests.governance.checkpoints.asking import counted, make_viewer
from tests.governance.orders.ordering import (
    EUROS,
    HOME,
    IBAN,
    PAYER,
    acts,
    decided,
    drafted,
    now,
    ordered,
    pays_from,
    submitted,
)

FORM = {"payee": "Hydro-Québec", "amount": "1 284,30", "currency": "CAD", "due_date": "2026-12-01", "reference": "F-2"}


def text(answer: Any) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def only(person: Person) -> PaymentOrder:
    with person.looking():
        row: PaymentOrder = PaymentOrder.objects.get()
    return row


def test_from_the_form_to_the_approval_in_one_step(alice: Person) -> None:
    answer = alice.post("/orders/new/", FORM | {"then": "submit"})
    row = only(alice)
    assert answer.headers["Location"] == f"/approvals/{row.checkpoint_id}/"
    assert (row.amount_minor, row.status) == (128430, "awaiting")
    page = text(alice.browser.get(answer.headers["Location"]))
    assert "1 284,30 CAD" in page
    assert "Hydro-Québec" in page
    assert "1 décembre 2026" in page or "1er décembre 2026" in page


def test_a_draft_is_changed_submitted_withdrawn_and_cancelled(alice: Person) -> None:
    made = alice.post("/orders/new/", FORM)
    row = only(alice)
    page = f"/orders/{row.pk}/"
    assert made.headers["Location"] == page
    assert "1 284,30 CAD" in text(alice.browser.get(page))
    edit = text(alice.browser.get(f"{page}edit/"))
    assert 'value="1284,30"' in edit
    changed = alice.post(f"{page}edit/", FORM | {"amount": "12,5", "currency": "KWD", "version": "1"})
    assert changed.status_code == 302
    assert (now(alice, row).amount_minor, now(alice, row).version) == (12500, 2)
    assert alice.post(f"{page}submit/").headers["Location"].startswith("/approvals/")
    assert alice.browser.get(f"{page}edit/").headers["Location"] == page
    assert "Le reprendre" in text(alice.browser.get(page))
    alice.post(f"{page}withdraw/")
    assert now(alice, row).status == "draft"
    alice.post(f"{page}cancel/")
    assert now(alice, row).status == "cancelled"
    assert alice.post(f"{page}submit/").headers["Location"] == page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "1.284"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "12,345"}, "amount"),
        ({"amount": "99999999999999"}, "amount"),
        ({"currency": "ZZZ"}, "currency"),
        ({"iban": "FR14"}, "iban"),
        ({"institution": "006"}, "transit"),
        ({"payee": ""}, "payee"),
        ({"due_date": "demain"}, "due_date"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    alice: Person, change: dict[str, Any], field: str
) -> None:
    answer = alice.post("/orders/new/", FORM | change)
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert 'value="F-2"' in text(answer)
    with alice.looking():
        assert not PaymentOrder.objects.exists()


def test_an_address_is_typed_shown_kept_and_taken_back(alice: Person) -> None:
    alice.post("/orders/new/", FORM | HOME)
    row = only(alice)
    page = f"/orders/{row.pk}/"
    assert "12 bis Rue de l’Écluse, 69001 Lyon, France" in text(alice.browser.get(page))
    assert '<option value="FR" selected>' in text(alice.browser.get(f"{page}edit/"))
    question = alice.post(f"{page}submit/").headers["Location"]
    assert "12 bis Rue de l’Écluse, 69001 Lyon, France" in text(alice.browser.get(question))
    alice.post(f"{page}withdraw/")
    half = alice.post(f"{page}edit/", FORM | HOME | {"country": "", "version": "1"})
    assert (half.status_code, list(half.context["form"].errors)) == (400, ["country"])
    assert 'value="69001"' in text(half)
    alice.post(f"{page}edit/", FORM | {"version": "1"})
    assert now(alice, row).town == ""


def test_somebody_elses_change_is_not_overwritten(alice: Person) -> None:
    row = drafted(alice)
    acts(alice, "update", row, payee="Autre")
    answer = alice.post(f"/orders/{row.pk}/edit/", FORM | {"version": "1"})
    assert answer.status_code == 400
    assert now(alice, row).payee == "Autre"


def test_a_version_that_cannot_be_loses_nothing(alice: Person) -> None:
    row = drafted(alice)
    answer = alice.post(f"/orders/{row.pk}/edit/", FORM | {"version": "9" * 30})
    assert answer.status_code == 400
    assert 'value="F-2"' in text(answer)


def test_it_is_settled_on_the_day_that_is_typed(alice: Person) -> None:
    row = ordered(alice)
    late = (timezone.now() + timedelta(days=3)).date().isoformat()
    wrong = alice.post(f"/orders/{row.pk}/settle/", {"on": late})
    assert wrong.status_code == 400
    assert late in text(wrong)
    assert alice.post(f"/orders/{row.pk}/settle/", {"on": "2026-11-02"}).status_code == 302
    assert now(alice, row).settled_on.isoformat() == "2026-11-02"  # type: ignore[union-attr]
    assert alice.post(f"/orders/{row.pk}/settle/", {"on": "2026-11-03"}).status_code == 302
    assert now(alice, row).settled_on.isoformat() == "2026-11-02"  # type: ignore[union-attr]


class TestList:
    @pytest.fixture
    def some(self, alice: Person) -> Person:
        today = timezone.localdate()
        drafted(alice, payee="En retard", due_date=(today - timedelta(days=2)).isoformat())
        drafted(alice, payee="Bientôt", due_date=(today + timedelta(days=3)).isoformat(), amount_minor=70)
        drafted(alice, payee="Au Japon", currency="JPY", amount_minor=5000)
        acts(alice, "cancel", drafted(alice, payee="Annulé", amount_minor=999))
        return alice

    @pytest.mark.parametrize(
        ("query", "names", "sums"),
        [
            ("", {"En retard", "Bientôt", "Au Japon", "Annulé"}, ["1 285,00 EUR", "5 000 JPY"]),
            ("?state=draft", {"En retard", "Bientôt", "Au Japon"}, ["1 285,00 EUR", "5 000 JPY"]),
            ("?state=cancelled", {"Annulé"}, ["9,99 EUR"]),
            ("?currency=JPY", {"Au Japon"}, ["5 000 JPY"]),
            ("?due=late", {"En retard"}, ["1 284,30 EUR"]),
            ("?due=week", {"Bientôt"}, ["0,70 EUR"]),
            ("?due=month&currency=EUR&state=draft", {"Bientôt"}, ["0,70 EUR"]),
            ("?state=settled", set(), []),
            ("?state=x&currency=eur&due=y", {"En retard", "Bientôt", "Au Japon", "Annulé"}, ["1 285,00 EUR"]),
        ],
    )
    def test_it_is_narrowed_and_summed(self, some: Person, query: str, names: set[str], sums: list[str]) -> None:
        answer = some.browser.get(f"/orders/{query}")
        page = text(answer)
        for name in ("En retard", "Bientôt", "Au Japon", "Annulé"):
            assert (f">{name}</a>" in page) == (name in names)
        for amount in sums:
            assert f'<b class="num">{amount}</b>' in page
        assert len(answer.context["sums"]) >= len(sums)

    def test_it_costs_the_same_for_one_and_for_three(self, alice: Person) -> None:
        drafted(alice)
        alice.browser.get("/orders/")
        with counted() as few:
            alice.browser.get("/orders/")
        drafted(alice)
        drafted(alice, currency="USD")
        with counted() as many:
            alice.browser.get("/orders/")
        assert len(few) == len(many)

    def test_it_goes_on_where_it_ended(self, alice: Person, monkeypatch: Any) -> None:
        monkeypatch.setattr("governance.orders.reading.PAGE", 2)
        for number in range(3):
            drafted(alice, payee=f"N° {number}")
        first = alice.browser.get("/orders/?state=draft")
        assert "N° 0" not in text(first)
        rest = alice.browser.get(f"/orders/?{first.context['more']}")
        assert "N° 0" in text(rest)
        assert "N° 2" not in text(rest)


class TestBank:
    def test_the_file_is_given_and_a_second_one_is_asked_for(self, alice: Person) -> None:
        pays_from(alice)
        row = ordered(alice)
        choice = {"order": [str(row.pk)], "form": "pain", "one": "yes"}
        answer = alice.post("/orders/export/", choice)
        assert answer["Content-Type"].startswith("application/xml")
        assert EUROS["iban"].encode() in answer.content
        assert alice.post("/orders/export/", choice).headers["Location"] == f"/orders/{row.pk}/"
        page = text(alice.browser.get(f"/orders/{row.pk}/"))
        assert "deux fois" in page
        assert 'name="again"' in page
        assert alice.post("/orders/export/", choice | {"again": "yes"}).status_code == 200

    @pytest.mark.parametrize("choice", [{}, {"order": ["x"], "form": "csv"}, {"form": "csv"}])
    def test_nothing_chosen_is_said(self, alice: Person, choice: dict[str, Any]) -> None:
        assert alice.post("/orders/export/", choice).headers["Location"] == "/orders/"

    def test_the_account_is_set_behind_a_proof(self, alice: Person) -> None:
        assert alice.browser.get("/orders/account/").status_code == 302
        browser = proven_browser(alice)
        assert browser.get("/orders/account/").status_code == 200
        wrong = post(browser, "/orders/account/", PAYER | {"iban": "FR14"})
        assert wrong.status_code == 400
        assert 'value="Atelier Roy"' in wrong.content.decode()
        assert post(browser, "/orders/account/", PAYER | {"iban": f" {IBAN[:6].lower()} {IBAN[6:]}"}).status_code == 302
        with alice.looking():
            assert PayingAccount.objects.get().iban == IBAN


def test_a_viewer_sees_none_of_it(alice: Person, bob: Person, workshop: Any) -> None:
    row = drafted(alice, workshop)
    make_viewer(bob, workshop)
    bob.post(f"/identities/{workshop.pk}/activate/")
    for path in ("/orders/", f"/orders/{row.pk}/", "/orders/new/", "/orders/account/"):
        assert bob.browser.get(path).status_code == 403


def test_the_history_of_an_order_is_on_its_page(alice: Person) -> None:
    row = drafted(alice)
    decided(alice, submitted(alice, row))
    page = text(alice.browser.get(f"/orders/{row.pk}/"))
    with alice.looking():
        question = Checkpoint.objects.get()
    assert f"/approvals/{question.pk}/" in page
    assert "Approuvé par" in page
