"""What the pages of elevations ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.crossings.kinds import spheres
from governance.elevate.asking import LONGEST_REASON, MOST_HOURS, SHORTEST_REASON, USUAL_HOURS
from governance.elevate.models import Elevation


class ElevationForm(ActionForm):
    """What is allowed, where, for how long, and why; also to change a question that waits."""

    kind = forms.ChoiceField(
        label=_("What it may do without asking each time"),
        choices=[
            (Elevation.Kind.SENSITIVE, _("Work with restricted and top secret data")),
            (Elevation.Kind.SPHERE, _("Write into another sphere")),
        ],
        initial=Elevation.Kind.SENSITIVE,
        widget=forms.RadioSelect,
    )
    sphere = forms.ChoiceField(label=_("In which sphere it works"))
    target_sphere = forms.ChoiceField(
        label=_("Into which sphere it may write"), required=False, help_text=_("Only for writing into another sphere.")
    )
    hours = forms.IntegerField(
        label=_("For how many hours"),
        min_value=1,
        max_value=MOST_HOURS,
        initial=USUAL_HOURS,
        help_text=_("72 at most, 24 into another sphere. They begin when it is allowed."),
    )
    reason = forms.CharField(
        label=_("Why"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever decides reads it, and the log keeps it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sphere: Any = self.fields["sphere"]
        target: Any = self.fields["target_sphere"]
        sphere.choices = list(spheres().items())
        target.choices = [("", "—"), *spheres().items()]

    def clean_target_sphere(self) -> str | None:
        return self.cleaned_data["target_sphere"] or None

    @classmethod
    def of(cls, params: dict[str, Any], data: Any = None) -> ElevationForm:
        """As it was asked for, or what was typed now."""
        return cls(data, initial=params)
