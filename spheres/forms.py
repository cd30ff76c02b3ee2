"""What the pages ask: each form answers the parameters of one action."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from governance.errors import BadInput
from spheres.actions.fields import is_web_address
from spheres.domains import domains_of
from spheres.facts import SPHERES
from spheres.models import (
    LONGEST_CAPTURE,
    LONGEST_CONTENT,
    LONGEST_TITLE,
    CaptureType,
    DataSpace,
    DataSpaceType,
    Item,
    ItemType,
    Priority,
    TaskStatus,
)

# A validator, not max_length: a counter of a hundred thousand characters helps nobody.
AT_MOST = MaxLengthValidator(LONGEST_CONTENT)
NO_ADDRESS = _("An address starts with http:// or https://")


def sphere_choices() -> list[tuple[str, str]]:
    """The nine, in order and in the reader's language."""
    return [(sphere.slug.value, sphere.name) for sphere in SPHERES]


class GovernedForm(forms.Form):
    """A form whose refusals by an action land on its own fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}_%s")
        super().__init__(*args, **kwargs)

    def refuse(self, error: BadInput) -> None:
        """Shows what the action found wrong; what belongs to no field of the form stands above it."""
        for name, found in error.errors.items():
            for sentence in found:
                self.add_error(name if name in self.fields else None, sentence)
        if not error.errors:
            self.add_error(None, str(error.detail or error.title))


def offer(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    """Fills the choices of a field that depend on who asks, and where."""
    cast(forms.ChoiceField, form.fields[name]).choices = choices


class Text(forms.Textarea):
    """A text area of the given height."""

    def __init__(self, rows: int, **attrs: Any) -> None:
        super().__init__(attrs={"rows": rows, **attrs})


SMALL_CHOICE = forms.Select(attrs={"class": "input"})


class CaptureForm(GovernedForm):
    content = forms.CharField(
        label=_("A thought, a task, a link"),
        max_length=LONGEST_CAPTURE,
        widget=Text(2, **{"data-capture": "", "placeholder": _("A thought, a bill, a question…")}),
    )
    type = forms.ChoiceField(label=_("Kind"), choices=CaptureType, initial=CaptureType.NOTE, widget=SMALL_CHOICE)
    sphere = forms.ChoiceField(label=_("Sphere"), choices=sphere_choices, widget=SMALL_CHOICE)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("type") == CaptureType.LINK and "content" in values and not is_web_address(values["content"]):
            self.add_error("content", NO_ADDRESS)
        return values


class RouteForm(GovernedForm):
    """Files one capture."""

    to = forms.ChoiceField(choices=[("note", _("A note")), ("task", _("A task"))])
    sphere = forms.ChoiceField(label=_("Sphere"), choices=sphere_choices)


class InPlaceForm(GovernedForm):
    """A form about a thing of one sphere, which may be put into one of its DataSpaces."""

    dataspace = forms.ChoiceField(label=_("DataSpace"), required=False)

    def __init__(self, *args: Any, spaces: list[DataSpace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "dataspace", [("", _("None"))] + [(str(space.pk), space.name) for space in spaces])

    def clean_dataspace(self) -> str | None:
        return self.cleaned_data["dataspace"] or None


class ItemForm(InPlaceForm):
    """A new note, link, document, reference, decision or task."""

    type = forms.ChoiceField(label=_("Kind"), choices=ItemType, initial=ItemType.NOTE)
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    content = forms.CharField(label=_("Text"), validators=[AT_MOST], required=False, widget=Text(4))
    field_order = ["type", "title", "content", "dataspace"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("type") == ItemType.LINK and not is_web_address(values.get("content", "")):
            self.add_error("content", NO_ADDRESS)
        return values


class EditItemForm(InPlaceForm):
    """Another version of an item; `version` is the one the person saw."""

    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    content = forms.CharField(label=_("Text"), validators=[AT_MOST], required=False, widget=Text(12))
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    field_order = ["title", "content", "dataspace"]

    @classmethod
    def of(cls, item: Item, spaces: list[DataSpace], members: list[tuple[str, str]], data: Any = None) -> EditItemForm:
        """The form for an item: tasks have more fields than the others."""
        form_class = EditTaskForm if item.type == ItemType.TASK else EditItemForm
        initial = {name: getattr(item, name) for name in form_class.base_fields}
        form = form_class(data, initial=initial | {"dataspace": item.dataspace_id or ""}, spaces=spaces)
        if "assignee" in form.fields:
            offer(form, "assignee", [("", _("Nobody in particular")), *members])
        return form


class EditTaskForm(EditItemForm):
    status = forms.ChoiceField(label=_("State"), choices=TaskStatus)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority)
    due_on = forms.DateField(
        label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    assignee = forms.ChoiceField(label=_("Who does it"), required=False)
    field_order = ["title", "status", "priority", "due_on", "assignee", "content", "dataspace"]

    def clean_assignee(self) -> str | None:
        return self.cleaned_data["assignee"] or None


class TaskForm(GovernedForm):
    """A new task, from the list of tasks."""

    title = forms.CharField(label=_("What is to be done"), max_length=LONGEST_TITLE)
    sphere = forms.ChoiceField(label=_("Sphere"), choices=sphere_choices)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority, initial=Priority.NORMAL)


class DataSpaceForm(GovernedForm):
    """A new DataSpace, or changes of one."""

    name = forms.CharField(label=_("Name"), max_length=120)
    type = forms.ChoiceField(label=_("About"), choices=DataSpaceType, initial=DataSpaceType.PROJECT)
    domain = forms.ChoiceField(label=_("Domain"), required=False)
    parent = forms.ChoiceField(label=_("Part of"), required=False)

    def __init__(self, *args: Any, sphere: str, spaces: list[DataSpace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "domain", [("", _("None"))] + [(d.code, d.label) for d in domains_of(sphere)])
        offer(self, "parent", [("", _("Nothing"))] + [(str(space.pk), space.name) for space in spaces])

    def clean_parent(self) -> str | None:
        return self.cleaned_data["parent"] or None
