"""What the page of a webhook asks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.webhooks.addresses import LONGEST
from governance.webhooks.events import offered


class WebhookForm(ActionForm):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("So that you know later where it leads."))
    # No URLField: what is an address here is said by one place (addresses.py), with one sentence.
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST,
        help_text=_("A public https address that takes POST requests."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=lambda: [(event.name, event.label) for event in offered().values()],
        widget=forms.CheckboxSelectMultiple,
    )
