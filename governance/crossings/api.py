"""`/api/v2/governance/transfers/…`: what crosses borders (design 3.8, 6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.checkpoints.policies import may_decide
from governance.crossings.actions import ACCEPT, OFFER, REQUEST
from governance.crossings.asking import FormCode, KindCode, SphereCode
from governance.crossings.ending import DECLINE, REVOKE
from governance.crossings.models import Crossing
from governance.crossings.policies import may_answer, may_cross
from governance.crossings.reading import shown_text
from governance.crossings.shapes import (
    TransferOut,
    TransferPage,
    WholeTransfer,
    listed,
    own_names,
    step_out,
    transfer_out,
)
from governance.crossings.steps import steps_of
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import NoParameters, Params

DECIDE = "governance.checkpoint.decide"


class TransferFilter(Params):
    state: Crossing.State | None = None
    direction: Crossing.Direction | None = None
    object: UUID | None = None
    made: UUID | None = None


class NewTransfer(Params):
    """Into a sphere of this identity, or to another identity of the same person: one of the two."""

    kind: KindCode = "item"
    object: UUID
    to_sphere: SphereCode | None = None
    to_identity: UUID | None = None
    form: FormCode = "copy"
    note: str = Field(default="", max_length=500)


class Agreement(Params):
    """`envelope_digest`: of what was shown."""

    envelope_digest: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)


class Refusal(Params):
    """The digest is needed where a question waits; an offer is declined without."""

    envelope_digest: str | None = Field(default=None, min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)


class Acceptance(Params):
    sphere: SphereCode


def seen(pk: UUID, policy: Any = None) -> Crossing:
    """The crossing of the address, looked up before the body is read; what is offered to somebody else is not there.

    `policy`: who may do this at all. Raises NotAllowed.
    """
    with reading():
        find(Crossing.objects, pk)
        if policy is not None:
            allowed(policy)
        row: Crossing = find(listed(current()), pk)
        return row


def shown(row: Crossing) -> dict[str, Any]:
    """As the actor may see it, inside a transaction."""
    actor = current()
    return transfer_out(row, actor, own_names(actor))


def allowed(policy: Any) -> None:
    """Raises NotAllowed before the body is read."""
    if not policy(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


class TransfersView(APIView):
    @extend_schema(parameters=[TransferFilter], responses=TransferPage, operation_id="governance_transfers")
    def get(self, request: Request) -> Response:
        """What crossed, or waits to, the newest first."""
        asked, actor = query(request, TransferFilter), current()
        given = {"state": asked.state, "direction": asked.direction, "source_id": asked.object, "made_id": asked.made}
        names = own_names(actor)
        rows = listed(actor).filter(**{name: value for name, value in given.items() if value is not None})
        return KeysetPages.answer(request, rows, lambda row: transfer_out(row, actor, names))

    @extend_schema(request=NewTransfer, responses={423: TransferOut}, operation_id="governance_transfer_request")
    def post(self, request: Request) -> Response:
        """Asks for a crossing. It always stops at a person (423): the transfer bears the id of the checkpoint."""
        allowed(may_write)
        refuse_spoofed_identity(request)
        body = validated(NewTransfer, request.data)
        if (body.to_sphere is None) == (body.to_identity is None):
            raise BadInput(errors={"to_sphere": [_("Say a sphere or another identity: one of the two.")]})
        params = body.model_dump(exclude_none=True)
        return act(request, REQUEST if body.to_sphere else OFFER, params, shown, 201)


class TransferView(APIView):
    @extend_schema(responses=WholeTransfer, operation_id="governance_transfer")
    def get(self, request: Request, transfer: UUID) -> Response:
        """One crossing with its steps, and what there is to read of it."""
        row = seen(transfer)
        query(request, NoParameters)
        with reading():
            text = shown_text(row) if row.is_reference or row.direction == Crossing.Direction.IN else None
            return Response({**shown(row), "text": text, "steps": [step_out(step) for step in steps_of(row)]})


class ApproveView(APIView):
    @extend_schema(request=Agreement, responses=TransferOut, operation_id="governance_transfer_approve")
    def post(self, request: Request, transfer: UUID) -> Response:
        """A vote for the crossing, on its question: the same as `checkpoints/{id}/decision/`."""
        row = seen(transfer, may_decide)
        refuse_spoofed_identity(request)
        return vote(request, row, "approve", validated(Agreement, request.data))


class RejectView(APIView):
    @extend_schema(request=Refusal, responses=TransferOut, operation_id="governance_transfer_reject")
    def post(self, request: Request, transfer: UUID) -> Response:
        """A vote against it; what another identity offers is declined for good."""
        row = seen(transfer, may_decide)
        refuse_spoofed_identity(request)
        body = validated(Refusal, request.data)
        if may_answer(current(), row):
            return act(request, DECLINE, {"transfer": row.pk}, shown)
        return vote(request, row, "reject", body)


def vote(request: Request, row: Crossing, decision: str, body: Agreement | Refusal) -> Response:
    """Decides the question of a crossing; raises Conflict when none waits, BadInput without its digest."""
    if row.checkpoint_id is None:
        raise Conflict("nothing_to_decide", _("No question of this crossing waits."))
    if body.envelope_digest is None:
        raise BadInput(errors={"envelope_digest": [_("Name the envelope that you were shown.")]})
    ballot = {"checkpoint": row.checkpoint_id, "decision": decision, **body.model_dump()}

    def decided(question: Any) -> dict[str, Any]:
        row.asked = question.status  # type: ignore[attr-defined]
        return shown(row)

    return act(request, DECIDE, ballot, decided)


class AcceptView(APIView):
    @extend_schema(request=Acceptance, responses={423: TransferOut}, operation_id="governance_transfer_accept")
    def post(self, request: Request, transfer: UUID) -> Response:
        """Takes an offer into a sphere. It stops once more (423): that envelope is of this identity."""
        row = seen(transfer, may_cross)
        refuse_spoofed_identity(request)
        body = validated(Acceptance, request.data)
        return act(request, ACCEPT, {"transfer": row.pk, "sphere": body.sphere}, shown, 200)


class RevokeView(APIView):
    @extend_schema(request=None, responses=TransferOut, operation_id="governance_transfer_revoke")
    def post(self, request: Request, transfer: UUID) -> Response:
        """Withdraws a request that waits, an offer, or a reference. A copy stays."""
        row = seen(transfer, may_cross)
        return act(request, REVOKE, {"transfer": row.pk}, shown)
