"""A file of credit transfers as ISO 20022 has it: pain.001.001.09, for SEPA in euros and for a Canadian bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from governance.orders.addresses import LENGTHS
from governance.orders.bank_text import bank_text
from governance.orders.currencies import plain_amount

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME, UNSTRUCTURED = 70, 140
PARTS = (("StrtNm", "street"), ("BldgNb", "building"), ("PstCd", "postcode"), ("TwnNm", "town"))
CANADA = "CACPA"  # the clearing system of Payments Canada, in ISO's list of such systems


@dataclass(frozen=True, slots=True)
class Message:
    """What one file says. `orders` are of one currency; `today`: nothing is to be carried out before."""

    message_id: str
    created: datetime
    today: date
    payer: Any
    orders: list[Any]

    @property
    def currency(self) -> str:
        return str(self.orders[0].currency)


def pain_001(message: Message) -> bytes:
    """The document, in UTF-8. The same message gives the same bytes."""
    register_namespace("", NAMESPACE)
    root = _add(None, "Document")
    top = _add(root, "CstmrCdtTrfInitn")
    header = _add(top, "GrpHdr")
    _text(header, "MsgId", message.message_id)
    _text(header, "CreDtTm", message.created.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _sums(header, message.orders, message.currency)
    _text(_add(header, "InitgPty"), "Nm", bank_text(message.payer.holder, NAME))
    for number, (day, orders) in enumerate(by_day(message), 1):
        _batch(top, message, f"{message.message_id[:28]}-{number}", day, orders)
    indent(root)
    written: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def by_day(message: Message) -> list[tuple[date, list[Any]]]:
    """The orders by the day they are to be carried out on; what was due before is carried out today."""

    def day_of(order: Any) -> date:
        return max(order.due_date or message.today, message.today)

    ordered = sorted(message.orders, key=lambda order: (day_of(order), order.pk.hex))
    return [(day, list(orders)) for day, orders in groupby(ordered, day_of)]


def _batch(top: Element, message: Message, name: str, day: date, orders: list[Any]) -> None:
    euros = message.currency == "EUR"
    batch = _add(top, "PmtInf")
    _text(batch, "PmtInfId", name)
    _text(batch, "PmtMtd", "TRF")
    _sums(batch, orders, message.currency)
    if euros:
        _text(_add(batch, "PmtTpInf", "SvcLvl"), "Cd", "SEPA")
    _text(_add(batch, "ReqdExctnDt"), "Dt", day.isoformat())
    _text(_add(batch, "Dbtr"), "Nm", bank_text(message.payer.holder, NAME))
    _account(batch, "DbtrAcct", message.payer, euros, message.currency)
    _bank(batch, "DbtrAgt", message.payer, euros)
    _text(batch, "ChrgBr", "SLEV" if euros else "SHAR")
    for order in orders:
        _transfer(batch, order, euros)


def _transfer(batch: Element, order: Any, euros: bool) -> None:
    transfer = _add(batch, "CdtTrfTxInf")
    _text(_add(transfer, "PmtId"), "EndToEndId", order.pk.hex)
    amount = _text(_add(transfer, "Amt"), "InstdAmt", plain_amount(order.amount_minor, order.currency))
    amount.set("Ccy", order.currency)
    if order.bic or not euros:
        _bank(transfer, "CdtrAgt", order, euros)
    creditor = _add(transfer, "Cdtr")
    _text(creditor, "Nm", bank_text(order.payee, NAME))
    _address(creditor, order)
    _account(transfer, "CdtrAcct", order, euros)
    if reference := bank_text(order.reference, UNSTRUCTURED):
        _text(_add(transfer, "RmtInf"), "Ustrd", reference)


def _address(above: Element, order: Any) -> None:
    """Part by part, in the order of the message; without a town and a country there is none."""
    if not order.country:
        return
    address = _add(above, "PstlAdr")
    for name, part in PARTS:
        if text := bank_text(getattr(order, part), LENGTHS[part]):
            _text(address, name, text)
    _text(address, "Ctry", order.country)


def _account(above: Element, name: str, of: Any, euros: bool, currency: str = "") -> None:
    """An IBAN in euros, the account's own number in Canada."""
    account = _add(above, name)
    if euros:
        _text(_add(account, "Id"), "IBAN", of.iban)
    else:
        _text(_add(account, "Id", "Othr"), "Id", of.account)
    if currency:
        _text(account, "Ccy", currency)


def _bank(above: Element, name: str, of: Any, euros: bool) -> None:
    """By its BIC in euros, by its clearing number in Canada: a zero, the institution, the transit."""
    bank = _add(above, name, "FinInstnId")
    if euros and of.bic:
        _text(bank, "BICFI", of.bic)
    elif euros:
        _text(_add(bank, "Othr"), "Id", "NOTPROVIDED")
    else:
        member = _add(bank, "ClrSysMmbId")
        _text(_add(member, "ClrSysId"), "Cd", CANADA)
        _text(member, "MmbId", f"0{of.institution}{of.transit}")
        _text(_add(bank, "PstlAdr"), "Ctry", "CA")


def _sums(above: Element, orders: Iterable[Any], currency: str) -> None:
    minor = [order.amount_minor for order in orders]
    _text(above, "NbOfTxs", str(len(minor)))
    _text(above, "CtrlSum", plain_amount(sum(minor), currency))


def _add(above: Element | None, *names: str) -> Element:
    """The last of nested new elements."""
    found = above
    for name in names:
        tag = f"{{{NAMESPACE}}}{name}"
        found = Element(tag) if found is None else SubElement(found, tag)
    assert found is not None
    return found


def _text(above: Element, name: str, text: str) -> Element:
    made = _add(above, name)
    made.text = text
    return made
