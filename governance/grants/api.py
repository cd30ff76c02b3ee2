"""`/api/v2/governance/grants/…`: what was answered in advance."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.grants.actions import GIVE, REVOKE, GiveGrant
from governance.grants.models import Grant
from governance.grants.policies import may_grant
from governance.isolation.context import current, reading
from governance.isolation.lookup import find


class GrantOut(BaseModel):
    """`person` may do `action` through `agent` in `thread` without being asked, until the ceiling is used up."""

    id: UUID
    action: str
    thread: UUID
    agent: str
    person: UUID
    given_by: UUID
    checkpoint: UUID
    ceiling_pico_usd: int
    used_pico_usd: int
    uses: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    live: bool


class GrantPage(BaseModel):
    results: list[GrantOut]
    next: str | None
    previous: str | None


def grant_out(row: Grant) -> dict[str, Any]:
    return GrantOut(
        id=row.pk,
        action=row.action,
        thread=row.thread_id,
        agent=row.agent,
        person=row.person_id,
        given_by=row.given_by_id,
        checkpoint=row.checkpoint_id,
        ceiling_pico_usd=row.ceiling_pico_usd,
        used_pico_usd=row.used_pico_usd,
        uses=row.uses,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        live=row.is_live(),
    ).model_dump(mode="json")


class GrantsView(APIView):
    @extend_schema(responses=GrantPage, operation_id="governance_grants")
    def get(self, request: Request) -> Response:
        """The newest first."""
        return KeysetPages.answer(request, Grant.objects.all(), grant_out)

    @extend_schema(request=GiveGrant, responses={201: GrantOut}, operation_id="governance_grant_give")
    def post(self, request: Request) -> Response:
        """Answers the like of a question in advance; one that a system rule asks is refused."""
        if not may_grant(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        refuse_spoofed_identity(request)
        return act(request, GIVE, validated(GiveGrant, request.data), grant_out, 201)


class GrantView(APIView):
    @extend_schema(responses=GrantOut, operation_id="governance_grant")
    def get(self, request: Request, grant: UUID) -> Response:
        with reading():
            return Response(grant_out(find(Grant.objects, grant)))

    @extend_schema(request=None, responses=GrantOut, operation_id="governance_grant_revoke")
    def delete(self, request: Request, grant: UUID) -> Response:
        """Ends it at once. It stays on record."""
        with reading():
            find(Grant.objects, grant)
        return act(request, REVOKE, {"grant": grant}, grant_out)
