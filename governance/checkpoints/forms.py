"""What the pages of approvals ask: a vote, and other words for an e-mail."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm

MOST_RECIPIENTS = 10


class DecideForm(ActionForm):
    """A vote on exactly what the page showed."""

    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("reject", _("Refuse"))])
    envelope_digest = forms.RegexField(r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    delegation = forms.UUIDField(required=False)
    grant = forms.BooleanField(required=False)
    comment = forms.CharField(
        label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class MessageForm(ActionForm):
    """The words of `governance.message.send`."""

    to = forms.CharField(
        label=_("To"), help_text=_("One address, or several with commas between them."), max_length=3000
    )
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 10}))

    def clean_to(self) -> list[str]:
        """The addresses one by one; a wrong one is named."""
        found = [part for part in re.split(r"[,;\s]+", self.cleaned_data["to"]) if part]
        if len(found) > MOST_RECIPIENTS:
            raise forms.ValidationError(_("Ten recipients at most."))
        for address in found:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    _("%(address)s is not an e-mail address.") % {"address": address}
                ) from error
        return found

    def clean_body(self) -> str:
        """As it was typed; browsers send line ends as CRLF."""
        return self.cleaned_data["body"].replace("\r\n", "\n")

    @classmethod
    def of(cls, params: dict[str, Any], data: Any = None) -> MessageForm:
        return cls(data, initial={**params, "to": ", ".join(params["to"])})


# The acts whose parameters a person can change on a page, by name.
EDIT_FORMS: dict[str, Any] = {"governance.message.send": MessageForm}


def register_edit_form(action: str, form: type[ActionForm]) -> None:
    """`form.of(params, data=None)`: the form for the parameters of a question about `action`."""
    EDIT_FORMS[action] = form
