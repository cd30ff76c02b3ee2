"""`/api/v2/governance/orders/…`: the same states and files for programs."""

from __future__ import annotations

from typing import Any

import pytest

from governance.access.stepup import proof
from tests.cast import Api, Person
from tests.governance.orders.ordering import EUROS, HOME, PAYER, decided, drafted, ordered, pays_from

ORDERS = "governance/orders/"


def test_a_draft_is_made_changed_and_submitted(alice: Person) -> None:
    made = alice.api.post(ORDERS, EUROS)
    assert (made.status_code, made.json()["status"], made.json()["amount"]) == (201, "draft", "1284.30")
    path = f"{ORDERS}{made.json()['id']}/"
    changed = alice.api.patch(path, {"amount_minor": 5, "version": 1})
    assert (changed.json()["amount"], changed.json()["payee"], changed.json()["version"]) == ("0.05", EUROS["payee"], 2)
    assert alice.api.patch(path, {"amount_minor": 6, "version": 1}).status_code == 409
    stopped = alice.api.post(f"{path}submit/")
    assert stopped.status_code == 423
    assert stopped.json()["checkpoint"]["preview"]["iban"] == EUROS["iban"]
    assert alice.api.get(path).json()["checkpoint"] == stopped.json()["checkpoint"]["id"]
    assert alice.api.post(f"{path}withdraw/").json()["status"] == "draft"
    again = alice.api.post(f"{path}submit/").json()["checkpoint"]
    decided(alice, again)
    assert alice.api.get(path).json()["status"] == "ordered"
    assert alice.api.post(f"{path}submit/").status_code == 409
    settled = alice.api.post(f"{path}settle/", {"on": "2026-11-02"})
    assert (settled.json()["status"], settled.json()["settled_on"]) == ("settled", "2026-11-02")
    assert alice.api.post(f"{path}settle/").json()["code"] == "already_settled"
    assert alice.api.post(f"{path}cancel/").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"iban": "FR14"}, "iban"),
        ({"currency": "ZZZ"}, "currency"),
        ({"amount_minor": "x"}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"colour": "red"}, "colour"),
        ({"town": "Lyon"}, "country"),
        ({"country": "ZZ", "town": "Lyon"}, "country"),
    ],
)
def test_what_is_wrong_is_a_problem_document(alice: Person, body: dict[str, Any], field: str) -> None:
    answer = alice.api.post(ORDERS, EUROS | body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_the_address_is_part_of_an_order(alice: Person) -> None:
    made = alice.api.post(ORDERS, EUROS | HOME).json()
    assert {name: made[name] for name in HOME} == HOME
    path = f"{ORDERS}{made['id']}/"
    moved = alice.api.patch(path, {"town": "Villeurbanne", "postcode": "69100"}).json()
    assert (moved["town"], moved["street"]) == ("Villeurbanne", HOME["street"])
    assert alice.api.patch(path, {"town": ""}).status_code == 400


def test_a_repeated_key_makes_one_order(alice: Person) -> None:
    first = alice.api.post(ORDERS, EUROS, HTTP_IDEMPOTENCY_KEY="facture-2031-hydro-quebec")
    second = alice.api.post(ORDERS, EUROS, HTTP_IDEMPOTENCY_KEY="facture-2031-hydro-quebec")
    assert first.json()["id"] == second.json()["id"]
    assert len(alice.api.get(ORDERS).json()["results"]) == 1


def test_the_list_is_filtered_and_paged(alice: Person) -> None:
    drafted(alice, due_date="2026-12-01")
    drafted(alice, currency="JPY", due_date="2027-01-15")
    ordered(alice)
    for query, number in (
        ("state=draft", 2), ("state=ordered", 1), ("currency=JPY", 1), ("due_from=2027-01-01", 1),
        ("due_to=2026-12-31", 1), ("due_from=2026-01-01&due_to=2027-12-31&state=draft", 2),
    ):  # fmt: skip
        assert len(alice.api.get(f"{ORDERS}?{query}").json()["results"]) == number, query
    for wrong in ("state=x", "currency=eur", "due_to=x", "colour=red", "cursor=x"):
        assert alice.api.get(f"{ORDERS}?{wrong}").status_code == 400, wrong
    first = alice.api.get(f"{ORDERS}?limit=2").json()
    assert len(first["results"]) == 2
    assert first["next"]


def test_files_leave_by_themselves_or_together(alice: Person) -> None:
    pays_from(alice)
    one, two = ordered(alice), ordered(alice, amount_minor=5)
    pdf = alice.api.post(f"{ORDERS}{one.pk}/export/", {"format": "pdf"})
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    both = {"orders": [str(one.pk), str(two.pk)], "format": "pain"}
    xml = alice.api.post(f"{ORDERS}export/", both)
    assert b"<CtrlSum>1284.35</CtrlSum>" in xml.content
    refused = alice.api.post(f"{ORDERS}export/", both)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_filed")
    assert [each["id"] for each in refused.json()["orders"]] == both["orders"]
    assert alice.api.post(f"{ORDERS}export/", both | {"again": True}).status_code == 200
    assert alice.api.post(f"{ORDERS}export/", {"orders": [], "format": "csv"}).status_code == 400
    assert alice.api.post(f"{ORDERS}{one.pk}/export/", {"format": "docx"}).status_code == 400


def test_the_account_is_set_behind_a_step_up(alice: Person) -> None:
    assert alice.api.get(f"{ORDERS}account/").json()["iban"] == ""
    refused = alice.api.request("PUT", f"{ORDERS}account/", PAYER)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    proven = Api(alice.user, proofs=[proof("password")])
    assert proven.request("PUT", f"{ORDERS}account/", PAYER).json()["iban"] == PAYER["iban"]
    assert alice.api.get(f"{ORDERS}account/").json()["holder"] == "Atelier Roy"
