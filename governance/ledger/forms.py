"""What the page of a cap asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.ledger.caps import MOST
from governance.ledger.models import PICO_PER_USD, Period, Unit

DIGITS = 12


class Amount(forms.DecimalField):
    """A number as people write it: with blanks between the thousands, whichever they are."""

    def to_python(self, value: Any) -> Any:
        return super().to_python("".join(value.split()) if isinstance(value, str) else value)


class CapForm(ActionForm):
    """One cap; `limit` in credits or US dollars, to the twelfth decimal."""

    unit = forms.ChoiceField(label=_("What is counted"), choices=Unit.choices)
    period = forms.ChoiceField(label=_("Per"), choices=Period.choices)
    limit = Amount(
        label=_("At most"),
        min_value=0,
        max_digits=24,
        decimal_places=DIGITS,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    before = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, settled: bool = False, **kwargs: Any) -> None:
        """`settled`: which cap it is stands already."""
        super().__init__(*args, **kwargs)
        for name in ("unit", "period") if settled else ():
            self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Whole numbers of the ledger's units, exactly."""
        found = super().clean() or {}
        unit, limit = found.get("unit"), found.get("limit")
        if unit is None or limit is None:
            return found
        whole = limit * PICO_PER_USD if unit == Unit.PICO_USD else limit
        if whole != whole.to_integral_value():
            self.add_error("limit", _("A whole number of tokens."))
        elif whole > MOST[Unit(unit)]:
            self.add_error("limit", _("That is more than can be set."))
        else:
            found["amount"] = int(whole)
        return found


def as_typed(unit: str, limit: int) -> Decimal:
    """A limit of the ledger as the form shows it."""
    value = Decimal(limit).scaleb(-DIGITS).normalize() if unit == Unit.PICO_USD else Decimal(limit)
    return Decimal(f"{value:f}")


class RaiseForm(ActionForm):
    """A request for more; `cap` is one of those on the way up from a budget."""

    cap = forms.ChoiceField(label=_("Which cap"), widget=forms.RadioSelect)
    limit = Amount(
        label=_("New limit"),
        min_value=0,
        max_digits=24,
        decimal_places=DIGITS,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, caps: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["cap"]).choices = caps
