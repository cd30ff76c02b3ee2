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


class StopForm(ActionForm):
    """What is stopped for everybody: a scope and, behind a colon, which one of it."""

    what = forms.ChoiceField(label=_("What is to stop"))
    reason = forms.CharField(
        label=_("Reason"),
        min_length=5,
        max_length=LONGEST_REASON,
        help_text=_("Everybody reads it on every page, and it stands in the log of the system."),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: object, offered: list[tuple[str, object]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = offered  # type: ignore[attr-defined]

    def field_for(self, name: str) -> str | None:
        return "what" if name in {"id", "scope"} else super().field_for(name)


class CeilingForm(ActionForm):
    """The ceiling of the installation's month."""

    usd = forms.IntegerField(
        label=_("Ceiling in US dollars a month"),
        min_value=0,
        required=False,
        help_text=_("Empty: as the environment says. It can be lower, never higher."),
    )
