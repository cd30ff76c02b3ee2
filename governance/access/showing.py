"""How the pages of governance are drawn, and how their forms take an action's refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.errors import BadInput, NotThere
from governance.isolation.context import current, reading
from governance.people.models import User
from governance.people.policies import may_write


def show(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Draws a page in the person's time zone, inside a transaction."""
    zone = ZoneInfo(request.user.timezone)  # type: ignore[union-attr]
    with reading(), timezone.override(zone):
        return render(request, template, {"may_write": may_write(current()), **context}, status=status)


def note_afterwards(request: HttpRequest, note: Callable[[], None]) -> None:
    """Calls `note` once the page has been drawn: what a GET shows is read in a transaction that cannot write."""
    if request.method == "GET":
        request.afterwards = [*getattr(request, "afterwards", ()), note]  # type: ignore[attr-defined]
    elif request.method == "POST":
        note()


def asked_id(request: HttpRequest, name: str) -> UUID | None:
    """The id in the address's query, if there is one; raises NotThere when it is no id."""
    value = request.GET.get(name)
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise NotThere() from error


def newest_page(request: HttpRequest, rows: Any, size: int) -> tuple[list[Any], UUID | None]:
    """The newest rows (those before `?before=`), and where the next page begins (None on the last one)."""
    before = asked_id(request, "before")
    found = list((rows.filter(pk__lt=before) if before else rows).newest_first()[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def names_of(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of people, by id; one query, none for the person who looks."""
    actor = current()
    known = {actor.person_id: actor.name} if actor.name else {}
    wanted = {pk for pk in person_ids if pk is not None} - known.keys()
    if not wanted:
        return known
    return known | {user.pk: str(user) for user in User.objects.filter(pk__in=wanted).only("display_name", "email")}


class ActionForm(forms.Form):
    """A form whose refusals by an action land on its own fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}_%s")
        super().__init__(*args, **kwargs)

    def refuse(self, error: BadInput) -> None:
        """Shows what the action found wrong; what belongs to no field of the form stands above it."""
        for name, found in error.errors.items():
            field = self.field_for(name)
            for sentence in found:
                self.add_error(field, sentence)
        if not error.errors:
            self.add_error(None, str(error.detail or error.title))

    def field_for(self, name: str) -> str | None:
        """The field that shows an error of the parameter `name` (such as `to.0` or `parameters.subject`)."""
        return next((part for part in name.split(".") if part in self.fields), None)
