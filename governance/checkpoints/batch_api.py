"""`/api/v2/governance/checkpoints/batch/`: several alike questions, one answer for each."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import refuse_spoofed_identity, validated
from governance.checkpoints.api import shown
from governance.checkpoints.batch import MOST_TOGETHER, Result, check_together, chosen, decide_each
from governance.checkpoints.policies import may_decide
from governance.checkpoints.quorum import is_solo
from governance.checkpoints.shapes import CheckpointOut
from governance.errors import BadInput, NotAllowed
from governance.isolation.context import current, reading
from governance.registry.actions import Params


class Shown(Params):
    """A question, and the seal it was shown under."""

    id: UUID
    envelope_digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")


class Decisions(Params):
    """The same decision on each, all alike and of a low or medium level."""

    decision: Literal["approve", "reject"]
    checkpoints: list[Shown] = Field(min_length=1, max_length=MOST_TOGETHER)
    comment: str = Field(default="", max_length=500)


class Refused(BaseModel):
    code: str
    title: str
    detail: str
    status: int


class DecidedOne(BaseModel):
    """Either `checkpoint`, as it is after the vote, or `problem`."""

    id: UUID
    checkpoint: CheckpointOut | None
    problem: Refused | None


class DecidedTogether(BaseModel):
    results: list[DecidedOne]


class BatchView(APIView):
    @extend_schema(request=Decisions, responses=DecidedTogether, operation_id="governance_checkpoints_batch")
    def post(self, request: Request) -> Response:
        """One vote each. Unlike or sensitive questions are refused together; what has changed is refused alone.

        Asked again, those that were decided answer `already_decided`: an Idempotency-Key is neither needed nor kept.
        """
        if not may_decide(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        refuse_spoofed_identity(request)
        asked = validated(Decisions, request.data)
        digests = {one.id: one.envelope_digest for one in asked.checkpoints}
        if len(digests) != len(asked.checkpoints):
            raise BadInput(errors={"checkpoints": [_("A question stands twice.")]})
        rows, solo = chosen(list(digests)), is_solo(current().identity_id)
        check_together(rows, solo)
        results = decide_each(rows, digests, asked.decision, asked.comment)
        with reading():
            return Response({"results": [_out(one, solo) for one in results]})


def _out(one: Result, solo: bool) -> dict[str, Any]:
    refused = None
    if one.refusal is not None:
        told = {"title": str(one.refusal.title), "detail": str(one.refusal.detail)}
        refused = {"code": one.refusal.code, "status": one.refusal.status, **told}
    return {"id": str(one.id), "checkpoint": shown(one.row, solo) if one.row else None, "problem": refused}
