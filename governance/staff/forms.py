"""Forms of the admin."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.staff.models import LONGEST_REASON, SHORTEST_REASON


class ReasonForm(ActionForm):
    """Why an account is shut out or let in again."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=5,
        max_length=LONGEST_REASON,
        help_text=_("It stands in the log of the system and in that of the person."),
        widget=forms.Textarea({"rows": 2}),
    )


class GlassForm(ActionForm):
    """Why somebody of the staff must look."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        help_text=_("The owners read it: say what you look for and who asked for it."),
        widget=forms.Textarea({"rows": 4}),
    )


class CeilingForm(ActionForm):
    """The ceiling of the installation's month."""

    usd = forms.IntegerField(
        label=_("Ceiling in US dollars a month"),
        min_value=0,
        required=False,
        help_text=_("Empty: as the environment says. It can be lower, never higher."),
    )
