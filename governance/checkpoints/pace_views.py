"""`/approvals/pace/` and its API: one's own figures, and those of everybody for owners."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.showing import show
from governance.checkpoints.pace import DAYS, Pace, figures, mine_of
from governance.isolation.context import current, reading

HIGHEST, FOOT, WIDE, STEP = 120, 150, 96, 140  # pixels of the plot


class PaceOut(BaseModel):
    """`median_ms`: null while nothing was timed. `approved` of `votes` within `days`."""

    person: UUID
    name: str
    votes: int
    approved: int
    median_ms: int | None


class PaceReport(BaseModel):
    """`people`: everybody's, for owners; empty for anybody else."""

    days: int
    mine: PaceOut
    people: list[PaceOut]


def bars(pace: Pace) -> list[dict[str, Any]]:
    """The plot: how many votes took how long."""
    words = [_("under 2 s"), _("2 to 10 s"), _("10 to 60 s"), _("1 to 10 min"), _("longer")]
    most = max(pace.bars) or 1
    drawn = []
    for place, (word, count) in enumerate(zip(words, pace.bars, strict=True)):
        height = round(count * HIGHEST / most)
        x = place * STEP + 20
        drawn.append(
            {"x": x, "middle": x + WIDE // 2, "y": FOOT - height, "above": FOOT - height - 6, "height": height}
            | {"word": word, "count": count, "quick": place == 0}
        )
    return drawn


@require_safe
def pace(request: HttpRequest) -> HttpResponse:
    with reading():
        found = figures()
    mine = mine_of(found)
    people = found if current().role == "owner" and any(one is not mine for one in found) else []
    return show(request, "governance/pace.html", {"mine": mine, "people": people, "bars": bars(mine), "days": DAYS})


class PaceView(APIView):
    @extend_schema(responses=PaceReport, operation_id="governance_checkpoints_pace")
    def get(self, request: Request) -> Response:
        """How long one thinks before deciding, and how often one agrees; of everybody for owners only."""
        with reading():
            found = figures()
        people = [_out(one) for one in found] if current().role == "owner" else []
        return Response({"days": DAYS, "mine": _out(mine_of(found)), "people": people})


def _out(one: Pace) -> dict[str, Any]:
    same = ("name", "votes", "approved", "median_ms")
    return PaceOut(person=one.person_id, **{name: getattr(one, name) for name in same}).model_dump(mode="json")
