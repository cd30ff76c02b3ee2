"""Codes typed into pages."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.factors.codes import WrongCode, use_code
from governance.access.factors.passkeys import NotThisKey, use_passkey
from governance.access.showing import ActionForm


def code_field() -> forms.CharField:
    """One field for both kinds of code; phones offer the digits, and the code of a message."""
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=_("Code"), max_length=20, widget=forms.TextInput(attrs=attrs))


class _Code(forms.Form):
    """A code, judged by us: counted, used once, recorded when refused."""

    code, action = code_field(), "governance.session.open"

    def clean_code(self) -> str:
        form: Any = self
        code: str = self.cleaned_data["code"]
        try:
            form.authenticator = use_code(context.request, form.user, code, self.action)
        except WrongCode as refusal:
            raise forms.ValidationError(str(refusal.title)) from refusal
        return code


class SignInCodeForm(_Code, AuthenticateForm):
    """The second step of a sign-in."""


class StepUpCodeForm(_Code, ReauthenticateForm):
    """Showing the second factor once more."""

    action = "governance.session.confirm"


class EnrolForm(ActionForm):
    """The first code of an app that has just been given its secret."""

    code = code_field()


class _Passkey:
    """A passkey's answer, judged by us: counted, recorded when refused, and calm about anything malformed."""

    alone, action = False, "governance.session.open"

    def clean_credential(self) -> Authenticator:
        form: Any = self
        try:
            return use_passkey(
                context.request,
                form.user,
                form.cleaned_data["credential"],
                action=self.action,
                alone=self.alone,
                state=context.request.session.pop(STATE_SESSION_KEY, None),  # a challenge is good for one answer
            )
        except NotThisKey as refusal:
            raise forms.ValidationError(str(refusal.title)) from refusal


class SignInPasskeyForm(_Passkey, LoginWebAuthnForm):
    """Signing in by a passkey alone."""

    alone = True


class SecondPasskeyForm(_Passkey, AuthenticateWebAuthnForm):
    """The second step of a sign-in."""


class StepUpPasskeyForm(_Passkey, ReauthenticateWebAuthnForm):
    """Showing the passkey once more."""

    action = "governance.session.confirm"


class PasskeyForm(ActionForm):
    """What the device answered; the script of the page fills it in."""

    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    credential = forms.JSONField(widget=forms.HiddenInput)


class NameForm(ActionForm):
    name = forms.CharField(label=_("Name"), max_length=80)
