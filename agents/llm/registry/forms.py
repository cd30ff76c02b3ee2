"""What the pages of providers ask."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.llm.registry.key_actions import LONGEST, SHORTEST
from governance.access.showing import ActionForm


class KeyForm(ActionForm):
    """A key: never drawn again, not even in a form that was wrong."""

    key = forms.CharField(
        label=_("Key"),
        min_length=SHORTEST,
        max_length=LONGEST,
        help_text=_("As the provider shows it. It is kept sealed, and only its last four characters are shown."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False),
    )
