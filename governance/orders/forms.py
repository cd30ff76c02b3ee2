"""What the pages of payment orders ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.access.showing import ActionForm
from governance.orders.accounts import FIELDS, spaced
from governance.orders.addresses import ADDRESS, LENGTHS, countries
from governance.orders.currencies import MOST_MINOR, NoAmount, choices, minor_of, typed_amount
from governance.orders.models import PayingAccount, PaymentOrder

NUMBER = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
DIGITS = {"autocomplete": "off", "inputmode": "numeric"}


def not_mine() -> forms.TextInput:
    """For what is another's: the browser is not to offer the writer's own."""
    return forms.TextInput(attrs={"autocomplete": "off"})


class DayInput(forms.DateInput):
    """The browser's own picker; its value is always written the same way."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AccountFields(ActionForm):
    """An account, by IBAN or by the three numbers of a Canadian one."""

    iban = forms.CharField(label="IBAN", max_length=60, required=False, widget=forms.TextInput(attrs=NUMBER))
    bic = forms.CharField(label="BIC", max_length=20, required=False, widget=forms.TextInput(attrs=NUMBER))
    institution = forms.CharField(
        label=_("Institution"), max_length=10, required=False, help_text=_("Three digits."),
        widget=forms.TextInput(attrs=DIGITS),
    )  # fmt: skip
    transit = forms.CharField(
        label=_("Transit"), max_length=10, required=False, help_text=_("Five digits."),
        widget=forms.TextInput(attrs=DIGITS),
    )  # fmt: skip
    account = forms.CharField(
        label=_("Account number"), max_length=30, required=False, widget=forms.TextInput(attrs=DIGITS)
    )

    def euros(self) -> Iterator[Any]:
        """The fields of an account in the euro area."""
        return (self[name] for name in ("iban", "bic"))

    def canadian(self) -> Iterator[Any]:
        return (self[name] for name in ("institution", "transit", "account"))


class OrderForm(AccountFields):
    """An order; the amount as its reader writes amounts."""

    payee = forms.CharField(label=_("Payee"), max_length=140)
    amount = forms.CharField(
        label=_("Amount"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    currency = forms.ChoiceField(label=_("Currency"))
    due_date = forms.DateField(label=_("Due"), required=False, widget=DayInput())
    reference = forms.CharField(
        label=_("Reference"), max_length=140, required=False, help_text=_("The number of the invoice, for example.")
    )
    street = forms.CharField(label=_("Street"), max_length=LENGTHS["street"], required=False, widget=not_mine())
    building = forms.CharField(
        label=_("House number"), max_length=LENGTHS["building"], required=False, widget=not_mine()
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=LENGTHS["postcode"], required=False, widget=not_mine())
    town = forms.CharField(label=_("Town"), max_length=LENGTHS["town"], required=False, widget=not_mine())
    country = forms.ChoiceField(label=_("Country"), required=False)
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, own: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["currency"]
        field.choices = choices(own)
        field.initial = own
        country: Any = self.fields["country"]
        country.choices = [("", "—"), *countries()]

    def address(self) -> Iterator[Any]:
        return (self[name] for name in ADDRESS)

    @classmethod
    def of(cls, row: PaymentOrder, data: Any = None, *, own: str) -> OrderForm:
        known = {
            name: getattr(row, name)
            for name in ("payee", "currency", "due_date", "reference", "version", *FIELDS, *ADDRESS)
        }
        amount = typed_amount(row.amount_minor, row.currency)
        return cls(data, own=own, initial={**known, "amount": amount, "iban": spaced(row.iban)})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        amount, currency = given.get("amount"), given.get("currency")
        if not amount or not currency:
            return given
        try:
            given["amount_minor"] = minor = minor_of(amount, currency)
        except NoAmount as wrong:
            self.add_error("amount", str(wrong))
            return given
        if not minor:
            self.add_error("amount", _("More than nothing."))
        elif minor > MOST_MINOR:
            self.add_error("amount", _("This is more than can be ordered at once."))
        return given

    def params(self) -> dict[str, Any]:
        """What the actions take."""
        names = ("payee", "amount_minor", "currency", "due_date", "reference", *FIELDS, *ADDRESS)
        return {name: self.cleaned_data[name] for name in names}

    def field_for(self, name: str) -> str | None:
        return "amount" if name == "amount_minor" else super().field_for(name)


class PayingForm(AccountFields):
    """The account an identity pays from."""

    holder = forms.CharField(
        label=_("Holder"), max_length=70, help_text=_("As the bank writes it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    @classmethod
    def of(cls, row: PayingAccount | None, data: Any = None) -> PayingForm:
        known = {name: getattr(row, name) for name in ("holder", *FIELDS)} if row else {}
        return cls(data, initial=known | {"iban": spaced(known.get("iban", ""))})


class SettleForm(ActionForm):
    on = forms.DateField(label=pgettext_lazy("payment order", "Paid on"), required=False, widget=DayInput())
