"""Break-glass: opening it, looking, ending it (design 3.9). Each page of rows is on record before it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import asked_id
from governance.access.stepup import require_recent_factor
from governance.audit.shapes import OUTCOMES
from governance.errors import NotThere
from governance.isolation.context import current
from governance.people.models import Identity, Membership
from governance.staff.actions.glass import END, LASTS, LOOK, OPEN, own_open
from governance.staff.contexts import looking_into
from governance.staff.forms import GlassForm
from governance.staff.looks import WORDS, Look, all_looks, find_look
from governance.staff.models import BreakGlass
from governance.staff.views import carried_out, draw, found_or_404

PAGE = 50
LONGEST_CELL = 120


@require_safe
def looks(request: HttpRequest) -> HttpResponse:
    """Open looks first, then those that are over."""
    before = asked_id(request, "before")
    rows = BreakGlass.objects.select_related("person", "identity")
    over = rows.filter(ended_at__isnull=False)
    found = list((over.filter(pk__lt=before) if before else over).newest_first()[: PAGE + 1])
    context = {
        "open": [] if before else list(rows.standing().newest_first()),
        "over": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "me": current().person_id,
    }
    return draw(request, "staff/glass.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def open_glass(request: HttpRequest, identity: UUID) -> HttpResponse:
    """What a look means, and its reason. The proof is asked for before the reason is typed."""
    require_recent_factor(request, second=True, back=request.path)
    row: Identity = found_or_404(Identity, identity)
    form = GlassForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        params = {"identity": identity, **form.cleaned_data}
        if carried_out(request, OPEN, params, _("You may look for half an hour. The owners have been told."), form):
            mine = BreakGlass.objects.of_person(current().person_id).standing().get()
            return redirect("admin:glass-detail", mine.pk)
    context = {
        "row": row,
        "form": form,
        "minutes": int(LASTS.total_seconds()) // 60,
        "mine": Membership.objects.filter(identity=row, user_id=current().person_id).exists(),
        "tables": all_looks(),
    }
    return draw(request, "staff/glass_open.html", context, status=400 if form.errors else 200)


@require_POST
def end_glass(request: HttpRequest, glass: UUID) -> HttpResponse:
    """Ends a look now: one's own or a colleague's. It needs no fresh proof, since it only takes away."""
    carried_out(request, END, {"glass": glass}, _("The look is over."), None)
    return redirect("admin:glass")


@require_safe
def glass_detail(request: HttpRequest, glass: UUID) -> HttpResponse:
    """Which tables there are to look at."""
    row = own_open(glass, current().person_id)
    return draw(request, "staff/glass_detail.html", {"glass": row, "tables": all_looks()})


@require_safe
def table(request: HttpRequest, glass: UUID, table: str) -> HttpResponse:
    """A page of one table, the newest first."""
    row, look = looked(glass, table)
    before = asked_id(request, "before")
    with looking_into(row):
        rows = look.model.objects.newest_first().values("pk", *look.columns)
        found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    request.look = LOOK, {  # type: ignore[attr-defined]
        "glass": row.pk, "table": look.slug, "after": before, "rows": len(shown),
    }  # fmt: skip
    context = {
        "glass": row,
        "look": look,
        "heads": [WORDS[name] for name in look.columns],
        "rows": [(each["pk"], [cell(look, name, each[name], LONGEST_CELL) for name in look.columns]) for each in shown],
        "more": shown[-1]["pk"] if len(found) > PAGE else None,
    }
    return draw(request, "staff/glass_table.html", context)


@require_safe
def row(request: HttpRequest, glass: UUID, table: str, row: UUID) -> HttpResponse:
    """One row, whole."""
    opened, look = looked(glass, table)
    with looking_into(opened):
        found = look.model.objects.filter(pk=row).values(*look.columns).first()
    if found is None:
        raise NotThere()
    request.look = LOOK, {"glass": opened.pk, "table": look.slug, "row": row, "rows": 1}  # type: ignore[attr-defined]
    cells = [(WORDS[name], cell(look, name, found[name])) for name in look.columns]
    return draw(request, "staff/glass_row.html", {"glass": opened, "look": look, "row": row, "cells": cells})


def looked(glass: UUID, table: str) -> tuple[BreakGlass, Look]:
    """The person's own open look, and the table. Raises NotThere or Gone."""
    look = find_look(table)
    if look is None:
        raise NotThere()
    return own_open(glass, current().person_id), look


def cell(look: Look, name: str, value: Any, longest: int = 0) -> Any:
    """A value as it is shown: a choice by its words, a time in the reader's zone, a long text cut in lists."""
    field: Any = next(each for each in look.model._meta.concrete_fields if each.attname == name)
    value = OUTCOMES[value] if name == "outcome" else dict(field.flatchoices).get(value, value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(field, models.CharField | models.TextField) and longest:
        return Truncator(str(value)).chars(longest)
    return value
