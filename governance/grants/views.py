"""`/approvals/grants/`: what was answered in advance, and how much of it is used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.access.showing import names_of, newest_page, show
from governance.checkpoints.runs import agent_name
from governance.errors import Conflict
from governance.grants.actions import REVOKE, USD
from governance.grants.models import Grant
from governance.grants.policies import may_grant
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.registry.actions import get_action

PAGE = 50


@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    found, more = newest_page(request, Grant.objects.all(), PAGE)
    names, may = names_of(row.person_id for row in found), may_grant(current())
    rows = [_line(row, names.get(row.person_id, ""), may) for row in found]
    return show(request, "grants/list.html", {"rows": rows, "more": more})


def _line(row: Grant, person: str, may: bool) -> dict[str, Any]:
    live = row.is_live()
    return {
        "row": row,
        "what": get_action(row.action).label,
        "who": agent_name(row.agent) or person,
        "person": person,
        "used": row.used_pico_usd / USD,
        "ceiling": row.ceiling_pico_usd / USD,
        "live": live,
        "may_end": live and may,
    }


@require_POST
def revoke(request: HttpRequest, grant: UUID) -> HttpResponse:
    with reading():
        find(Grant.objects, grant)
    try:
        perform(REVOKE, {"grant": grant})
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    else:
        messages.success(request, _("Revoked. It is asked again from now on."))
    return redirect("grants")
