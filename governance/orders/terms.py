"""What an order says: whom, how much, when, to which account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from governance.errors import BadInput
from governance.orders.accounts import FIELDS, compact, found_wrong
from governance.orders.addresses import ADDRESS, LENGTHS, wrong_address
from governance.orders.currencies import CODES, MOST_MINOR
from governance.registry.actions import Params

TERMS = ("payee", "amount_minor", "currency", "due_date", "reference", *FIELDS, *ADDRESS)
WHERE_PAID = frozenset([*FIELDS, *ADDRESS])


class AccountDetails(Params):
    """An account by IBAN (and BIC), or by the three numbers of a Canadian one. Spaces do not matter."""

    iban: str = Field(default="", max_length=60)
    bic: str = Field(default="", max_length=20)
    institution: str = Field(default="", max_length=10, description="Of a Canadian account: three digits")
    transit: str = Field(default="", max_length=10, description="Of a Canadian account: five digits")
    account: str = Field(default="", max_length=30, description="Of a Canadian account: its number")

    @field_validator(*FIELDS)
    @classmethod
    def without_spaces(cls, value: str) -> str:
        return compact(value)


class PostalAddress(Params):
    """Where the payee lives: nothing, or at least a town and a country."""

    street: str = Field(default="", max_length=LENGTHS["street"])
    building: str = Field(default="", max_length=LENGTHS["building"], description="The number in the street")
    postcode: str = Field(default="", max_length=LENGTHS["postcode"])
    town: str = Field(default="", max_length=LENGTHS["town"])
    country: str = Field(default="", pattern="^([A-Z]{2})?$", description="ISO 3166 code, such as CA or FR")


class OrderTerms(AccountDetails, PostalAddress):
    """A draft: nothing is ordered before somebody approves exactly this."""

    payee: str = Field(min_length=1, max_length=140, description="Who is to be paid")
    amount_minor: int = Field(gt=0, le=MOST_MINOR, description="The amount in minor units (cents)")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as CAD or EUR")
    due_date: date | None = Field(default=None, description="When it is due, YYYY-MM-DD")
    reference: str = Field(default="", max_length=140, description="Invoice number or reference")


class ChangedTerms(AccountDetails, PostalAddress):
    """Other terms; those not named stay."""

    payee: str = Field(default="", min_length=1, max_length=140)
    amount_minor: int = Field(default=1, gt=0, le=MOST_MINOR)
    currency: str = Field(default="", pattern="^[A-Z]{3}$")
    due_date: date | None = None
    reference: str = Field(default="", max_length=140)


def check_terms(terms: Mapping[str, Any]) -> None:
    """Raises BadInput naming what is no currency, no account or no address."""
    wrong = found_wrong(terms) | wrong_address(terms)
    if terms["currency"] not in CODES:
        wrong["currency"] = [_("This is not a currency in use.")]
    if wrong:
        raise BadInput(errors=wrong)


def terms_of(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TERMS}
