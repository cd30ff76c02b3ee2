"""`/api/v2/governance/checkpoints/…` for programs and people (design 6.2)."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity
from governance.access.stepup import require_recent_factor
from governance.checkpoints.checks import examine
from governance.checkpoints.deciding import can_decide, is_open
from governance.checkpoints.escalating import ESCALATE
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.quorum import is_solo
from governance.checkpoints.resolving import RESOLVE
from governance.checkpoints.runs import run_state
from governance.checkpoints.shapes import CheckpointOut, DecidedCheckpoint, checkpoint_out
from governance.errors import BadInput
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Params, get_action


class CheckpointFilter(Params):
    status: Checkpoint.Status | None = None
    run: UUID | None = None
    thread: UUID | None = None


class Decision(Params):
    decision: Literal["approve", "reject"]
    envelope_digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)
    grant: bool = False
    delegation: UUID | None = None


class Parameters(Params):
    """Those not named stay as they are; none at all seals the same act anew, as things are now."""

    parameters: dict[str, Any] = Field(default_factory=dict)


class Outcome(Params):
    outcome: Literal["happened", "did_not_happen"]
    note: str = Field(default="", max_length=500)


class CheckpointPage(BaseModel):
    results: list[CheckpointOut]
    next: str | None
    previous: str | None


class ExaminedCheckpoint(CheckpointOut):
    """`stale`: the rules or the circumstances have changed; approving it would no longer do what it shows."""

    stale: bool


class ByExpiry(KeysetPages):
    """Waiting ones, the one that expires first on top."""

    ordering = ("expires_at", "id")  # type: ignore[assignment]


def shown(row: Checkpoint, solo: bool | None = None) -> dict[str, Any]:
    """The checkpoint as the bound person may see it; `solo` as for `can_decide`."""
    actor = current()
    return checkpoint_out(row, may_decide=can_decide(row, actor, solo), show_preview=may_write(actor))


def seen(pk: UUID) -> Checkpoint:
    """The checkpoint of the URL, looked up before the body is read: a foreign id is 403 whatever it holds."""
    with reading():
        row: Checkpoint = find(Checkpoint.objects.prefetch_related("votes"), pk)
        return row


def body_with(request: Request, checkpoint: UUID) -> dict[str, Any]:
    """The body with the id of the URL; raises BadInput when the body names one too."""
    refuse_spoofed_identity(request)
    if "checkpoint" in request.data:
        raise BadInput(errors={"checkpoint": [_("The address says it already.")]})
    return {**request.data, "checkpoint": checkpoint}


class CheckpointsView(APIView):
    @extend_schema(parameters=[CheckpointFilter], responses=CheckpointPage, operation_id="governance_checkpoints")
    def get(self, request: Request) -> Response:
        """The newest first; those that wait (`?status=pending`) by what expires first."""
        asked = query(request, CheckpointFilter)
        given = {"status": asked.status, "run_id": asked.run, "thread_id": asked.thread}
        wanted = {name: value for name, value in given.items() if value is not None}
        pages = ByExpiry if asked.status == Checkpoint.Status.PENDING else KeysetPages
        rows, solo = Checkpoint.objects.filter(**wanted).prefetch_related("votes"), is_solo(current().identity_id)
        return pages.answer(request, rows, partial(shown, solo=solo))


class CheckpointView(APIView):
    @extend_schema(responses=ExaminedCheckpoint, operation_id="governance_checkpoint")
    def get(self, request: Request, checkpoint: UUID) -> Response:
        row = seen(checkpoint)
        with reading():
            return Response({**shown(row), "stale": is_open(row) and examine(row, current()).stale})


class DecisionView(APIView):
    @extend_schema(request=Decision, responses=DecidedCheckpoint, operation_id="governance_checkpoint_decide")
    def post(self, request: Request, checkpoint: UUID) -> Response:
        row = seen(checkpoint)
        body = body_with(request, checkpoint)
        if body.get("decision") == "approve" and get_action(row.action).guarded:
            require_recent_factor(request._request)
        return act(request, "governance.checkpoint.decide", body, decided)


def decided(row: Checkpoint) -> dict[str, Any]:
    return {"checkpoint": shown(row), "run": run_state(row.run_id)}


class ParametersView(APIView):
    @extend_schema(request=Parameters, responses=CheckpointOut, operation_id="governance_checkpoint_edit")
    def patch(self, request: Request, checkpoint: UUID) -> Response:
        """Answers with the new checkpoint; the old one is superseded."""
        seen(checkpoint)
        return act(request, "governance.checkpoint.edit", body_with(request, checkpoint), shown)


class EscalateView(APIView):
    @extend_schema(request=None, responses=CheckpointOut, operation_id="governance_checkpoint_escalate")
    def post(self, request: Request, checkpoint: UUID) -> Response:
        """One level up; it goes on waiting, for no longer than that level gives."""
        seen(checkpoint)
        return act(request, ESCALATE, body_with(request, checkpoint), shown)


class ResolveView(APIView):
    @extend_schema(request=Outcome, responses=CheckpointOut, operation_id="governance_checkpoint_resolve")
    def post(self, request: Request, checkpoint: UUID) -> Response:
        """Says what became of an effect whose outcome is unknown (`pending_effect`)."""
        seen(checkpoint)
        return act(request, RESOLVE, body_with(request, checkpoint), shown)
