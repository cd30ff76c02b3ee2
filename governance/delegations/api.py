"""`/api/v2/governance/delegations/…`, and one question handed to somebody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import AwareDatetime, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, refuse_spoofed_identity, validated
from governance.checkpoints.models import Checkpoint
from governance.delegations.actions import GRANT, MOST_PICO_USD, REVOKE, GrantDelegation
from governance.delegations.models import Delegation
from governance.delegations.policies import may_delegate
from governance.delegations.shapes import DelegationOut, DelegationPage, delegation_out
from governance.errors import Gone, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.registry.actions import Params


class DelegateOne(Params):
    """`member` approves this question for you; until it expires unless you say otherwise."""

    member: UUID
    until: AwareDatetime | None = None
    ceiling_pico_usd: int | None = Field(default=None, ge=0, le=MOST_PICO_USD)


def check_may() -> None:
    """Raises NotAllowed before the body is read."""
    if not may_delegate(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


class DelegationsView(APIView):
    @extend_schema(responses=DelegationPage, operation_id="governance_delegations")
    def get(self, request: Request) -> Response:
        """Who approves for whom, and who did, the newest first."""
        return KeysetPages.answer(request, Delegation.objects.all(), delegation_out)

    @extend_schema(request=GrantDelegation, responses={201: DelegationOut}, operation_id="governance_delegation_grant")
    def post(self, request: Request) -> Response:
        """Has a member approve for you. Behind a step-up."""
        check_may()
        refuse_spoofed_identity(request)
        return act(request, GRANT, validated(GrantDelegation, request.data), delegation_out, 201)


class DelegationView(APIView):
    @extend_schema(responses=DelegationOut, operation_id="governance_delegation")
    def get(self, request: Request, delegation: UUID) -> Response:
        with reading():
            return Response(delegation_out(find(Delegation.objects, delegation)))

    @extend_schema(request=None, responses=DelegationOut, operation_id="governance_delegation_revoke")
    def delete(self, request: Request, delegation: UUID) -> Response:
        """Ends it at once. It stays on record."""
        with reading():
            find(Delegation.objects, delegation)
        return act(request, REVOKE, {"delegation": delegation}, delegation_out)


class DelegateView(APIView):
    @extend_schema(request=DelegateOne, responses={201: DelegationOut}, operation_id="governance_checkpoint_delegate")
    def post(self, request: Request, checkpoint: UUID) -> Response:
        """Hands one question to a member, who then votes on it for you. Behind a step-up."""
        with reading():
            row = find(Checkpoint.objects, checkpoint)
        check_may()
        refuse_spoofed_identity(request)
        body = validated(DelegateOne, request.data)
        if row.shown_status != Checkpoint.Status.PENDING:
            raise Gone("checkpoint_over", _("This question no longer waits."))
        given: dict[str, Any] = {**body.model_dump(), "checkpoint": row.pk, "until": body.until or row.expires_at}
        return act(request, GRANT, given, delegation_out, 201)
