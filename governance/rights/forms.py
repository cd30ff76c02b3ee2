"""What the pages of endings ask to be typed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm


class EraseForm(ActionForm):
    """The words of `governance.identity.erase`."""

    name = forms.CharField(
        label=_("Name of the identity"),
        help_text=_("Type it exactly as it is written above."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeleteAccountForm(ActionForm):
    """The words of `governance.account.delete`."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("The one you sign in with."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
