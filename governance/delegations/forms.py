"""What the page of delegations asks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.checkpoints.models import Checkpoint
from governance.people.models import Membership
from governance.people.policies import WRITERS

PICO_PER_DOLLAR = 10**12
LAST_DAY = date(9998, 12, 31)  # a day has to follow it


class DelegateForm(ActionForm):
    """Who, what, up to how much, until which day."""

    member = forms.ModelChoiceField(label=_("Who approves for you"), queryset=Membership.objects.none())
    covers = forms.MultipleChoiceField(
        label=_("What"),
        choices=Checkpoint.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything when nothing is ticked."),
    )
    ceiling = forms.DecimalField(
        label=_("Up to, in US dollars"),
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(100_000),
        decimal_places=2,
        help_text=_("What costs more, or in another currency, stays yours."),
    )
    until = forms.DateField(
        label=_("Until, that day included"),
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    checkpoint = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, identity_id: Any, person_id: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"until": timezone.localdate() + timedelta(days=7), **kwargs["initial"]}
        super().__init__(*args, **kwargs)
        others = Membership.objects.filter(identity_id=identity_id, role__in=WRITERS, user__is_active=True)
        field: Any = self.fields["member"]
        field.queryset = others.exclude(user_id=person_id).select_related("user").order_by("created_at")
        field.label_from_instance = lambda row: str(row.user)
        field.empty_label = None

    def params(self) -> dict[str, Any]:
        """What the action takes; the day ends at midnight where the person lives."""
        given = self.cleaned_data
        end = datetime.combine(given["until"] + timedelta(days=1), time.min)
        ceiling = given["ceiling"]
        return {
            "member": given["member"].pk,
            "covers": given["covers"],
            "checkpoint": given["checkpoint"],
            "until": timezone.make_aware(end),
            "ceiling_pico_usd": int(ceiling * PICO_PER_DOLLAR) if ceiling is not None else None,
        }

    def field_for(self, name: str) -> str | None:
        """The ceiling is asked in dollars."""
        return "ceiling" if name == "ceiling_pico_usd" else super().field_for(name)
