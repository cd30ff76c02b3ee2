"""The file for the bank: valid, exact, and only of what was approved."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import Conflict, GovernanceError, NotAllowed
from governance.orders.addresses import LENGTHS
from governance.orders.bank_text import ALLOWED, bank_text, loses_letters
from governance.orders.exporting import MOST_SEPA_MINOR, why_not
from governance.orders.pain import NAMESPACE, Message, pain_001
from governance.perform import perform
from tests.cast import Person, make_person
from tests.governance.acts import bodies_of
from tests.governance.orders.ordering import DOLLARS, EUROS, HOME, PAYER, acts, drafted, now, ordered, pays_from

TODAY = date(2026, 11, 20)
# What we use of it, written from the message definition; the published schema is used, too, when it lies beside.
SCHEMAS = sorted(Path(__file__).parent.glob("pain.001.001.09*.xsd"))
P = {"p": NAMESPACE}
ADDRESS = {"street": "", "building": "", "postcode": "", "town": "", "country": ""}
TERMS = {
    "payee": "", "iban": "", "bic": "", "institution": "", "transit": "", "account": "", "reference": "", **ADDRESS,
}  # fmt: skip


@cache
def schemas() -> list[xmlschema.XMLSchema]:
    return [xmlschema.XMLSchema(str(path)) for path in SCHEMAS]


def order(**changes: Any) -> Any:
    known = {"pk": uuid4(), "due_date": None, "status": "ordered", "filed_at": None, **TERMS, **EUROS}
    return SimpleNamespace(**(known | changes))


def message(*orders: Any) -> Message:
    return Message("a" * 32, datetime(2026, 11, 20, 15, tzinfo=UTC), TODAY, SimpleNamespace(**PAYER), list(orders))


def read(written: bytes) -> ElementTree.Element:
    assert schemas()
    for schema in schemas():
        schema.validate(written.decode())
    return ElementTree.fromstring(written)


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall(f".//p:{path.replace('/', '/p:')}", P)]


SIGNS = st.characters(exclude_categories=["Cs", "Cc"])
MINOR = st.integers(1, MOST_SEPA_MINOR)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=140)


@pytest.mark.unit
class TestDocument:
    @settings(deadline=None)
    @given(minor=st.lists(MINOR, min_size=1, max_size=5), days=st.lists(st.dates(), min_size=5, max_size=5))
    def test_every_amount_and_every_sum_is_exact_and_the_document_valid(
        self, minor: list[int], days: list[date]
    ) -> None:
        orders = [order(amount_minor=each, due_date=day) for each, day in zip(minor, days, strict=False)]
        root = read(pain_001(message(*orders)))
        told = {found.text: found for found in root.iterfind(".//p:EndToEndId", P)}
        assert set(told) == {each.pk.hex for each in orders}
        amounts = [Decimal(found.text or "") * 100 for found in root.iterfind(".//p:InstdAmt", P)]
        assert sorted(amounts) == sorted(minor)
        assert [Decimal(text or "") * 100 for text in texts(root, "GrpHdr/CtrlSum")] == [sum(minor)]
        assert texts(root, "GrpHdr/NbOfTxs") == [str(len(minor))]
        for batch in root.iterfind(".//p:PmtInf", P):
            inside = [Decimal(found.text or "") for found in batch.iterfind(".//p:InstdAmt", P)]
            assert Decimal(batch.findtext("p:CtrlSum", "", P)) == sum(inside)
            assert batch.findtext("p:NbOfTxs", "", P) == str(len(inside))

    @settings(deadline=None)
    @given(payee=TEXT, reference=TEXT)
    def test_whatever_people_type_leaves_in_the_characters_banks_take(self, payee: str, reference: str) -> None:
        root = read(pain_001(message(order(payee=payee if not loses_letters(payee) else "x", reference=reference))))
        for name in ("Nm", "Ustrd", "EndToEndId", "MsgId", "PmtInfId"):
            for text in texts(root, name):
                assert text
                assert all(ALLOWED.fullmatch(sign) for sign in text)
                assert not text.startswith("/")
                assert not text.endswith("/")
                assert "//" not in text

    def test_a_sepa_transfer_says_what_the_scheme_asks(self) -> None:
        late, soon = order(due_date=date(2026, 11, 1)), order(due_date=date(2026, 12, 1), bic="BNPAFRPPXXX")
        root = read(pain_001(message(soon, late)))
        assert texts(root, "ReqdExctnDt/Dt") == ["2026-11-20", "2026-12-01"]
        assert texts(root, "PmtInfId") == ["a" * 28 + "-1", "a" * 28 + "-2"]
        assert set(texts(root, "SvcLvl/Cd")) == {"SEPA"}
        assert set(texts(root, "ChrgBr")) == {"SLEV"}
        assert texts(root, "DbtrAcct/Id/IBAN") == [PAYER["iban"]] * 2
        assert texts(root, "DbtrAgt/FinInstnId/BICFI") == [PAYER["bic"]] * 2
        assert texts(root, "CdtrAcct/Id/IBAN") == [EUROS["iban"]] * 2
        assert texts(root, "CdtrAgt/FinInstnId/BICFI") == ["BNPAFRPPXXX"]
        assert texts(root, "Cdtr/Nm") == ["Electricite OEuvree + fils"] * 2
        assert texts(root, "RmtInf/Ustrd") == ["Facture n. 2031"] * 2

    def test_a_canadian_transfer_names_bank_and_branch(self) -> None:
        root = read(pain_001(message(order(**{**TERMS, **DOLLARS}))))
        assert [found.get("Ccy") for found in root.iterfind(".//p:InstdAmt", P)] == ["CAD"]
        assert texts(root, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["000600011"]
        assert texts(root, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["081530000"]
        assert set(texts(root, "ClrSysId/Cd")) == {"CACPA"}
        assert texts(root, "CdtrAcct/Id/Othr/Id") == ["1234567"]
        assert texts(root, "DbtrAcct/Id/Othr/Id") == ["7654321"]
        assert set(texts(root, "ChrgBr")) == {"SHAR"}
        assert not texts(root, "SvcLvl/Cd")

    def test_where_the_payee_lives_stands_part_by_part(self) -> None:
        root = read(pain_001(message(order(**HOME), order(**ADDRESS | {"town": "Köln", "country": "DE"}), order())))
        homes = root.findall(".//p:Cdtr/p:PstlAdr", P)
        told = [[(part.tag.partition("}")[2], part.text) for part in home] for home in homes]
        parts = [("StrtNm", "Rue de l'Ecluse"), ("BldgNb", "12 bis"), ("PstCd", "69001"), ("TwnNm", "Lyon")]
        assert sorted(told) == sorted([[*parts, ("Ctry", "FR")], [("TwnNm", "Koln"), ("Ctry", "DE")]])

    @settings(deadline=None)
    @given(parts=st.tuples(*(st.text(SIGNS, max_size=LENGTHS[name]) for name in list(LENGTHS)[:3])))
    def test_whatever_address_people_type_leaves_valid(self, parts: tuple[str, ...]) -> None:
        home = HOME | dict(zip(LENGTHS, parts, strict=False))
        read(pain_001(message(order(**home))))

    def test_without_a_bic_the_bank_is_said_not_to_be_provided(self) -> None:
        told = message(order())
        told.payer.bic = ""
        assert texts(read(pain_001(told)), "DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]

    def test_the_schema_would_find_a_fault(self) -> None:
        """Twin: the same document with one element too many."""
        wrong = pain_001(message(order())).replace(b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>TRF</PmtMtd><X/>")
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            read(wrong)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Œuvre «Été» & Cie", "OEuvre 'Ete' + Cie"),
        ("//a//b/", "a/b"),
        ("Straße 5; 2e étage", "Strasse 5, 2e etage"),
        ("Иван", "...."),
        ("  a   b ", "a b"),
        ("a" * 200, "a" * 70),
    ],
)
def test_text_for_banks(text: str, plain: str) -> None:
    assert bank_text(text, 70) == plain


@pytest.mark.unit
@pytest.mark.parametrize(("name", "lost"), [("Łukasz Żółć", False), ("Иван", True), ("李 Lei", True), ("—", False)])
def test_a_name_that_would_lose_letters_is_known(name: str, lost: bool) -> None:
    assert loses_letters(name) == lost


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "payer", "fits"),
    [
        ({}, {}, True),
        ({"status": "draft"}, {}, False),
        ({"status": "awaiting"}, {}, False),
        ({"status": "settled"}, {}, False),
        ({"status": "cancelled"}, {}, False),
        ({"filed_at": TODAY}, {}, False),
        ({"iban": ""}, {}, False),
        ({"iban": "BR1800360305000010009795493C1"}, {}, False),
        ({"amount_minor": MOST_SEPA_MINOR + 1}, {}, False),
        ({"payee": "Иван"}, {}, False),
        (HOME, {}, True),
        (HOME | {"town": "Москва"}, {}, False),
        ({}, {"iban": ""}, False),
        ({}, {"holder": "李"}, False),
        ({"currency": "USD"}, {}, False),
        (DOLLARS, {}, True),
        ({**DOLLARS, "account": ""}, {}, False),
        (DOLLARS, {"account": ""}, False),
    ],
)
def test_what_may_stand_in_a_file(change: dict[str, Any], payer: dict[str, Any], fits: bool) -> None:
    assert (why_not(order(**change), SimpleNamespace(**(PAYER | payer))) == "") == fits  # type: ignore[arg-type]


class TestFiling:
    @pytest.fixture
    def payer(self, alice: Person) -> Person:
        pays_from(alice)
        return alice

    def filed(self, person: Person, *rows: Any, **more: Any) -> Message:
        with person.acting():
            told: Message = perform("governance.order.file", {"orders": [row.pk for row in rows], **more})
        return told

    def test_each_order_notes_the_file_it_stood_in(self, payer: Person) -> None:
        rows = [ordered(payer), ordered(payer, amount_minor=1)]
        first = self.filed(payer, *rows)
        for row in rows:
            after = now(payer, row)
            assert (after.message_id, after.status) == (first.message_id, "ordered")
        assert bodies_of(payer)[-1]["action"] == "governance.order.file"
        read(pain_001(first))

    def test_a_second_file_is_asked_for_twice_and_has_another_name(self, payer: Person) -> None:
        row = ordered(payer)
        first = self.filed(payer, row)
        with pytest.raises(Conflict) as refused:
            self.filed(payer, row)
        assert refused.value.code == "already_filed"
        assert now(payer, row).message_id == first.message_id
        assert self.filed(payer, row, again=True).message_id != first.message_id

    def test_what_was_not_approved_stays(self, payer: Person) -> None:
        good, draft = ordered(payer), drafted(payer)
        with pytest.raises(Conflict) as refused:
            self.filed(payer, good, draft)
        assert [each["id"] for each in refused.value.extra["orders"]] == [str(draft.pk)]
        assert now(payer, good).filed_at is None

    def test_one_file_one_currency_one_account(self, alice: Person) -> None:
        euros = ordered(alice)
        with pytest.raises(Conflict) as refused:
            self.filed(alice, euros)
        assert refused.value.code == "no_paying_account"
        pays_from(alice)
        dollars = ordered(alice, **{**TERMS, **DOLLARS})
        with pytest.raises(Conflict):
            self.filed(alice, euros, dollars)
        assert self.filed(alice, dollars).currency == "CAD"

    def test_an_order_named_twice_is_paid_once(self, payer: Person) -> None:
        row = ordered(payer)
        assert self.filed(payer, row, row).orders == [row]

    def test_neither_a_stranger_nor_a_viewer_gets_any(self, payer: Person, workshop: Any, bob: Person) -> None:
        row, stranger = ordered(payer), make_person("Mallory")
        for name, more in (("file", {}), ("export", {"form": "csv"})):
            with stranger.acting(), pytest.raises(GovernanceError) as refused:
                perform(f"governance.order.{name}", {"orders": [row.pk], **more})
            assert refused.value.code == "identity_boundary_violation"
            with bob.acting(workshop, role="viewer"), pytest.raises(NotAllowed):
                perform(f"governance.order.{name}", {"orders": [row.pk], **more})

    def test_an_order_that_is_cancelled_meanwhile_is_in_no_file(self, payer: Person) -> None:
        row = ordered(payer)
        acts(payer, "cancel", row)
        with pytest.raises(Conflict):
            self.filed(payer, row)
