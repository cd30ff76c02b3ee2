"""What the pages of this app share: showing, acting for a form, going back, and keyset pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from governance.errors import BadInput
from governance.isolation.context import current, reading
from governance.people.models import Membership
from governance.people.policies import may_write
from governance.perform import perform
from spheres.facts import Sphere
from spheres.forms import GovernedForm
from spheres.models import DataSpace

PAGE = 50
MOST_SPACES_OFFERED = 200


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    sphere: Sphere | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draws a page in the person's time zone; `sphere` is the one the frame marks as active."""
    request.sphere = sphere  # type: ignore[attr-defined]
    values = {"sphere": sphere, "may_write": may_write(current()), **context}
    with reading(), person_time(request):
        return render(request, template, values, status=status)


def person_time(request: HttpRequest) -> Any:
    """The person's time zone, for the block."""
    return timezone.override(ZoneInfo(request.user.timezone))  # type: ignore[union-attr]


def performed(form: GovernedForm, name: str, params: Mapping[str, Any]) -> Any:
    """What the action returned; None when it found the form wrong, which then says so."""
    try:
        return perform(name, params)
    except BadInput as error:
        form.refuse(error)
        return None


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page of ours named in `next`, else to `otherwise`."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return redirect(target if safe and target.startswith("/") else otherwise)


def offered_spaces(sphere: str) -> list[DataSpace]:
    """The DataSpaces of a sphere one may put things into, by name."""
    return list(DataSpace.objects.active().filter(sphere=sphere).order_by("name", "id")[:MOST_SPACES_OFFERED])


def members() -> list[tuple[str, str]]:
    """The people of the identity, as choices."""
    found = Membership.objects.filter(identity_id=current().identity_id).select_related("user")
    return sorted(((str(m.user_id), str(m.user)) for m in found), key=lambda choice: choice[1].casefold())


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the `after` that asks for the next ones ("" on the last page)."""

    rows: list[Any]
    after: str = ""


def newest_page(rows: Any, after: str) -> Page:
    """By creation, the newest first."""
    pk = _uuid(after)
    found = list((rows.filter(pk__lt=pk) if pk else rows).order_by("-id")[: PAGE + 1])
    return _cut(found, lambda row: str(row.pk))


def changed_page(rows: Any, after: str) -> Page:
    """By last change, the newest first."""
    moment, pk = _moment_and_id(after)
    if pk is not None:
        rows = rows.filter(Q(changed_at__lt=moment) | Q(changed_at=moment, pk__lt=pk))
    found = list(rows.order_by("-changed_at", "-id")[: PAGE + 1])
    return _cut(found, lambda row: f"{row.changed_at.isoformat()}~{row.pk}")


def due_page(rows: Any, after: str) -> Page:
    """By due day, the earliest first; those without a day come last, the newest first."""
    day, _, rest = after.partition("~")
    pk = _uuid(rest)
    if pk is not None and (due := _date(day)) is not None:
        rows = rows.filter(Q(due_on__gt=due) | Q(due_on=due, pk__lt=pk) | Q(due_on__isnull=True))
    elif pk is not None:
        rows = rows.filter(due_on__isnull=True, pk__lt=pk)
    found = list(rows.by_due_date()[: PAGE + 1])
    return _cut(found, lambda row: f"{row.due_on or ''}~{row.pk}")


def _cut(found: list[Any], place: Any) -> Page:
    return Page(found[:PAGE], place(found[PAGE - 1])) if len(found) > PAGE else Page(found)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment_and_id(text: str) -> tuple[datetime | None, UUID | None]:
    moment, _, pk = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None, None
    return (at, _uuid(pk)) if timezone.is_aware(at) else (None, None)
