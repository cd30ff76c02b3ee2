"""What the admin asks about providers, models and prices. Prices are typed as people read them: dollars a million."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.llm.registry.actions import CAPABILITIES as KNOWN
from agents.llm.registry.models import Model, PriceVersion, Wire
from agents.llm.registry.reading import CAPABILITIES
from governance.access.showing import ActionForm

MICRO = 1_000_000
RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


class ProviderForm(ActionForm):
    """What staff may change of a provider."""

    enabled = forms.BooleanField(label=_("Switched on"), required=False)
    base_url = forms.CharField(
        label=_("Address"),
        max_length=300,
        help_text=_("https, at one of its known hosts. Another address asks for every key again."),
    )
    default_model = forms.CharField(label=_("Default model"), max_length=80, required=False)
    rpm = forms.IntegerField(label=_("Requests a minute"), min_value=1, max_value=1_000_000)
    max_concurrency = forms.IntegerField(label=_("At the same time"), min_value=1, max_value=10_000)

    def given(self) -> dict[str, Any]:
        """The parameters of the act: an empty default changes nothing."""
        return {name: value for name, value in self.cleaned_data.items() if value != ""}


class NewProviderForm(ActionForm):
    id = forms.CharField(label=_("Short name"), max_length=30, help_text=_("Small letters, digits and hyphens."))
    name = forms.CharField(label=_("Name"), max_length=80)
    wire = forms.ChoiceField(label=_("It speaks the language of"), choices=Wire.choices, initial=Wire.OPENAI)
    base_url = forms.CharField(label=_("Address"), max_length=300, help_text=_("A public https address."))
    jurisdiction = forms.CharField(
        label=_("Jurisdiction"), max_length=20, min_length=2, help_text=_("Two letters, such as CA, EU or US.")
    )


class PriceForm(ActionForm):
    """In US dollars for a million tokens; kept as whole micro-dollars."""

    input = forms.DecimalField(label=_("Input price"), min_value=0, max_digits=12, decimal_places=6)
    output = forms.DecimalField(label=_("Output price"), min_value=0, max_digits=12, decimal_places=6)
    cache_read = forms.DecimalField(
        label=_("Reading from the cache"), min_value=0, max_digits=12, decimal_places=6, required=False
    )
    cache_write_5m = forms.DecimalField(
        label=_("Writing to the cache, five minutes"), min_value=0, max_digits=12, decimal_places=6, required=False
    )
    cache_write_1h = forms.DecimalField(
        label=_("Writing to the cache, one hour"), min_value=0, max_digits=12, decimal_places=6, required=False
    )
    free = forms.BooleanField(
        label=_("A price of zero is meant: it is free"), required=False, help_text=_("Otherwise zero is no price.")
    )

    def price(self) -> dict[str, Any]:
        """The parameters of the act."""
        found: dict[str, Any] = {"free": self.cleaned_data["free"]}
        for name in RATES:
            value = self.cleaned_data[name]
            found[name] = None if value is None else int(value * MICRO)
        return found


def typed(price: PriceVersion | None) -> dict[str, Any]:
    """A version as the form shows it."""
    if price is None:
        return {}
    rates = {name: getattr(price, name) for name in RATES}
    shown = {name: None if rate is None else Decimal(rate) / MICRO for name, rate in rates.items()}
    return {**shown, "free": price.free_declared}


class NewModelForm(PriceForm):
    id = forms.CharField(label=_("Model"), max_length=80, help_text=_("As the provider names it."))
    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Model.Kind.choices)
    context_tokens = forms.IntegerField(label=_("Context"), min_value=1, max_value=100_000_000)
    max_output_tokens = forms.IntegerField(label=_("Longest answer"), min_value=0, max_value=100_000_000)
    supports = forms.MultipleChoiceField(
        label=_("Can do"),
        choices=[(name, CAPABILITIES[name]) for name in KNOWN if name in CAPABILITIES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    field_order = ("id", "name", "kind", "context_tokens", "max_output_tokens", "supports")

    def given(self) -> dict[str, Any]:
        same = ("id", "name", "kind", "context_tokens", "max_output_tokens", "supports")
        return {**{name: self.cleaned_data[name] for name in same}, **self.price()}


class ModelForm(ActionForm):
    enabled = forms.BooleanField(label=_("Switched on"), required=False)
    retired = forms.BooleanField(
        label=_("Retired"), required=False, help_text=_("The provider does not serve it any more.")
    )
    quality = forms.IntegerField(label=_("Quality"), min_value=0, max_value=100)
    tokens_per_second = forms.IntegerField(label=_("Speed"), min_value=0, max_value=100_000)
