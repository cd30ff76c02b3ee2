"""What the pages of identities ask: each form answers the parameters of one action."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.people.models import Identity

CURRENCIES = ("CAD", "EUR", "USD", "CHF", "GBP")


class IdentityForm(ActionForm):
    """Name, region and currency of an identity."""

    name = forms.CharField(label=_("Name"), max_length=80)
    region = forms.ChoiceField(
        label=_("Region"), choices=Identity.Region.choices, help_text=_("Which rules and dates apply.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("currency")
        if kept and kept not in CURRENCIES:
            cast(forms.ChoiceField, self.fields["currency"]).choices = [(kept, kept), *((c, c) for c in CURRENCIES)]


class NewIdentityForm(IdentityForm):
    """A further identity; everybody has their personal one already."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[choice for choice in Identity.Kind.choices if choice[0] != Identity.Kind.PERSONAL]
    )
    field_order = ("kind", "name", "region", "currency")


class ShareForm(ActionForm):
    """Credits for another identity of the same owner."""

    to = forms.ChoiceField(label=_("To the identity"))
    credits = forms.IntegerField(
        label=_("Credits a month"), min_value=1, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, others: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["to"]).choices = others
