"""What our sign-up asks beyond e-mail and password."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access.accounts import signup_is_open
from governance.members import joining


class SignupExtras(forms.Form):
    """The name people are greeted with; the account itself is made by the adapter's `save_user`."""

    display_name = forms.CharField(
        label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["display_name", "email", "password1"]

    def clean(self) -> dict[str, Any]:
        """Where strangers make no accounts, an invitation opens the sign-up for the invited address only."""
        fields: dict[str, Any] = super().clean() or self.cleaned_data
        email = fields.get("email")
        if email and not signup_is_open() and not joining.admits(joining.held(context.request), email):
            self.add_error("email", _("Your invitation is for another address."))
        return fields

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Nothing left to do: see AccountAdapter.save_user."""
