"""What the pages of memory ask."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.access.showing import ActionForm
from governance.memory.models import DATASPACE, LONGEST_TEXT, Audience, Category, MemoryItem, Sensitivity, Type
from governance.memory.places import kinds, spheres

DATE = {"type": "date"}
LAST_DAY = date(9998, 12, 31)  # a day has to follow it


def text_field() -> forms.CharField:
    return forms.CharField(
        label=_("What to remember"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )


def until_field() -> forms.DateField:
    return forms.DateField(
        label=_("Until, that day included"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=_("Without a day it stays until you forget it."),
    )


def end_of(day: Any) -> datetime | None:
    """The day ends at midnight where the person lives."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None


class MemoryForm(ActionForm):
    """Something new. The types say where it lives and how long. `homeless`: there is no DataSpace yet to keep it in."""

    text = text_field()
    category = forms.ChoiceField(label=_("What kind of thing"), choices=Category.choices)
    type = forms.ChoiceField(label=_("How long, and for whom"), choices=Type.choices, widget=forms.RadioSelect)
    place = forms.ChoiceField(
        label=_("Where it lives"),
        required=False,
        help_text=_("What lasts lives in a DataSpace; its sphere is its own."),
    )
    sphere = forms.ChoiceField(
        label=_("Only in this sphere"), required=False, help_text=_("For short-term memory and that of agents.")
    )
    sensitivity = forms.ChoiceField(
        label=_("How sensitive it is"),
        choices=Sensitivity.choices,
        initial=Sensitivity.INTERNAL,
        help_text=_("A request that is given restricted memory asks you first."),
    )
    audience = forms.ChoiceField(
        label=_("Who reads institutional memory"), choices=Audience.choices, initial=Audience.EVERYBODY, required=False
    )
    until = until_field()

    def __init__(self, *args: Any, personal: bool, **kwargs: Any) -> None:
        places = [(kind, found.label, _offered(kind)) for kind, found in _places()]
        self.homeless = not any(kind == DATASPACE and offered for kind, _label, offered in places)
        usual = Type.SHORT if self.homeless else Type.LONG
        kwargs["initial"] = {"type": usual, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        type_: Any = self.fields["type"]
        type_.choices = [(value, TYPES[value]) for value in Type.values if not (personal and value == "institutional")]
        place: Any = self.fields["place"]
        place.choices = [
            ("", _("Nowhere in particular")),
            *((label, offered) for _kind, label, offered in places if offered),
        ]
        sphere: Any = self.fields["sphere"]
        sphere.choices = [("", _("All spheres")), *spheres().items()]
        if personal:
            del self.fields["audience"]

    def params(self) -> dict[str, Any]:
        """What the action takes. What a type has no use for is left out, so that nothing stands in the way."""
        given = self.cleaned_data
        kind, _sign, pk = given["place"].partition(":")
        homeless = given["type"] in {Type.SHORT, Type.AGENT}
        place = {} if homeless or not pk else {"place_kind": kind, "place_id": pk}
        return {
            "type": given["type"],
            "category": given["category"],
            "text": given["text"],
            "sensitivity": given["sensitivity"],
            "audience": given.get("audience") or Audience.EVERYBODY,
            "sphere": given["sphere"] if homeless else "",
            "expires_at": end_of(given["until"]),
            **place,
        }

    def field_for(self, name: str) -> str | None:
        if name in {"place_id", "place_kind"}:
            return "place"
        return "until" if name == "expires_at" else super().field_for(name)


TYPES: dict[str, Any] = {
    Type.SHORT: _("Until I sign out: only in this sign-in"),
    Type.MID: _("For one matter: in its thread or DataSpace, for all who work there"),
    Type.LONG: _("For good: mine, in a DataSpace"),
    Type.INSTITUTIONAL: _("For the whole identity, by role, in a DataSpace"),
    Type.AGENT: _("For agents: an instruction or rule, without anything about anybody"),
}


def _places() -> list[tuple[str, Any]]:
    return sorted(kinds().items())


def _offered(kind: str) -> list[tuple[str, str]]:
    return [(f"{kind}:{place.id}", place.name) for place in kinds()[kind].choices()]


class ChangeForm(ActionForm):
    """Other words, another end. `version` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = text_field()
    category = forms.ChoiceField(label=_("What kind of thing"), choices=Category.choices)
    sensitivity = forms.ChoiceField(label=_("How sensitive it is"), choices=Sensitivity.choices)
    audience = forms.ChoiceField(label=_("Who reads institutional memory"), choices=Audience.choices)
    until = until_field()

    def __init__(self, *args: Any, row: MemoryItem, **kwargs: Any) -> None:
        ends = timezone.localtime(row.expires_at) - timedelta(microseconds=1) if row.expires_at else None
        known = {name: getattr(row, name) for name in ("version", "text", "category", "sensitivity", "audience")}
        kwargs["initial"] = {**known, "until": ends.date() if ends else None}
        super().__init__(*args, **kwargs)
        self.row = row
        if row.type != Type.INSTITUTIONAL:
            del self.fields["audience"]
        if row.type == Type.SHORT:
            del self.fields["until"]

    def params(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        if "until" in given:
            given["expires_at"] = end_of(given.pop("until"))
        return {**given, "memory": self.row.pk}

    def field_for(self, name: str) -> str | None:
        return "until" if name == "expires_at" else super().field_for(name)


class FilterForm(forms.Form):
    """What the list is narrowed to."""

    q = forms.CharField(required=False, max_length=200)
    type = forms.ChoiceField(required=False, choices=[("", _("Every type")), *Type.choices])
    category = forms.ChoiceField(required=False, choices=[("", _("Every kind")), *Category.choices])
    state = forms.ChoiceField(required=False, choices=[("", _("All that is kept")), *MemoryItem.Status.choices])


__all__ = ["ChangeForm", "FilterForm", "MemoryForm"]
