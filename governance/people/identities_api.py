"""`/api/v2/auth/identities/{id}/…`: what becomes of an identity as a whole (design 3.1, 3.6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import sessions
from governance.access.rest import act
from governance.isolation.context import current, reading
from governance.ledger.budget import credits_left
from governance.ledger.sharing import SHARE, ShareCredits
from governance.people import shapes
from governance.people.models import Identity, Role
from governance.people.owning import RESTORE, UpdateIdentity, the_current


class Shared(BaseModel):
    """What the identity that gave has left this month, of how much."""

    to: UUID
    credits_left: int
    credits_cap: int


def shown(row: Identity) -> dict[str, Any]:
    return shapes.identity_out(row, current().role)


class IdentityView(APIView):
    @extend_schema(responses=shapes.IdentityOut, operation_id="auth_identity")
    def get(self, request: Request, identity: UUID) -> Response:
        """The identity that is acted for; any other one is a 403."""
        return Response(shown(the_current(identity)))

    @extend_schema(request=UpdateIdentity, responses=shapes.IdentityOut, operation_id="auth_identity_update")
    def patch(self, request: Request, identity: UUID) -> Response:
        the_current(identity)
        return act(request, "governance.identity.update", request.data, shown)


class ArchiveView(APIView):
    @extend_schema(request=None, responses=shapes.IdentityOut, operation_id="auth_identity_archive")
    def post(self, request: Request, identity: UUID) -> Response:
        the_current(identity)
        response = act(request, "governance.identity.archive", {}, shown)
        if not getattr(request._request, "bearer", False):
            sessions.activate(request._request, None)
        return response


class RestoreView(APIView):
    @extend_schema(request=None, responses=shapes.IdentityOut, operation_id="auth_identity_restore")
    def post(self, request: Request, identity: UUID) -> Response:
        """Brings an archived identity of the person back, from whichever identity they act for."""
        return act(request, RESTORE, {"identity": identity}, lambda row: shapes.identity_out(row, Role.OWNER))


class ShareView(APIView):
    @extend_schema(request=ShareCredits, responses=Shared, operation_id="auth_identity_share")
    def post(self, request: Request, identity: UUID) -> Response:
        """Gives monthly credits of the identity in the address to another one of the same owner."""
        the_current(identity)
        return act(request, SHARE, request.data, shared)


def shared(other: Identity) -> dict[str, Any]:
    with reading():
        left, cap = credits_left()
    return Shared(to=other.pk, credits_left=left, credits_cap=cap).model_dump(mode="json")
