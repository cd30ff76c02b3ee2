"""What the page of preferences asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.notifications.models import QuietHours

CLOCK = {"type": "time"}
USUAL = ("21:00", "07:00")


class QuietForm(ActionForm):
    """The hours in which no e-mail arrives."""

    quiet = forms.BooleanField(label=_("Keep quiet hours"), required=False)
    starts = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    ends = forms.TimeField(label=_("Until"), required=False, widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))

    @classmethod
    def of(cls, hours: QuietHours | None) -> QuietForm:
        starts, ends = (hours.starts, hours.ends) if hours else USUAL
        return cls(initial={"quiet": hours is not None, "starts": starts, "ends": ends})

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("quiet") and not self.errors and None in (found.get("starts"), found.get("ends")):
            self.add_error("ends", _("Quiet hours need a beginning and an end."))
        return found

    def field_for(self, name: str) -> str | None:
        return "ends" if name == "quiet" else super().field_for(name)

    def params(self) -> dict[str, Any]:
        if not self.cleaned_data["quiet"]:
            return {"loud": True}
        return {"quiet": {"starts": self.cleaned_data["starts"], "ends": self.cleaned_data["ends"]}}


def ticked(data: QueryDict, choices: list[dict[str, Any]]) -> dict[str, dict[str, bool]]:
    """What the boxes of the matrix change of what holds: {event: {channel: wanted}}."""
    changed: dict[str, dict[str, bool]] = {}
    wanted = set(data.getlist("tell"))
    for choice in choices:
        for channel, held in choice["channels"].items():
            want = f"{choice['event']}:{channel}" in wanted
            if want != held and not choice["always"]:
                changed.setdefault(choice["event"], {})[channel] = want
    return changed
