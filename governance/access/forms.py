"""What our sign-up asks beyond e-mail and password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class SignupExtras(forms.Form):
    """The name people are greeted with; the account itself is made by the adapter's `save_user`."""

    display_name = forms.CharField(
        label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["display_name", "email", "password1"]

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Nothing left to do: see AccountAdapter.save_user."""
