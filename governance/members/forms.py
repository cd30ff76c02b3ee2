"""What the pages of members ask."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.members.policies import outranks
from governance.people.models import Role

TERMS = [("1", _("one day")), ("7", _("a week")), ("30", _("30 days"))]


def roles_within(role: str) -> list[tuple[str, Any]]:
    """The roles that somebody with `role` may give, the least first."""
    return [(one.value, one.label) for one in reversed(Role) if outranks(role, one.value)]


class InviteForm(ActionForm):
    """One person, by e-mail."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        label=_("Role"),
        initial=Role.MEMBER.value,
        help_text=_("Viewers read, members act, administrators manage members and rules, owners decide everything."),
    )
    days = forms.TypedChoiceField(label=_("Stands for"), choices=TERMS, coerce=int, initial="7")

    def __init__(self, *args: Any, own_role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = roles_within(own_role)
