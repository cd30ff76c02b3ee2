"""`/api/v2/auth/tokens/` (design 6.2): the token is shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.apitokens.actions import CreateToken
from governance.access.models import ApiToken
from governance.access.rest import KeysetPages, validated
from governance.access.signins import perform_for_oneself
from governance.access.stepup import require_recent_factor
from governance.isolation.context import current


class TokenOut(BaseModel):
    id: UUID
    name: str
    prefix: str
    identity: UUID
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenMade(TokenOut):
    token: str


class TokenPage(BaseModel):
    results: list[TokenOut]
    next: str | None
    previous: str | None


class TokensView(APIView):
    @extend_schema(responses=TokenPage, operation_id="auth_tokens")
    def get(self, request: Request) -> Response:
        return KeysetPages.answer(request, ApiToken.objects.of_person(request.user.pk), token_out)

    @extend_schema(request=CreateToken, responses={201: TokenMade}, operation_id="auth_token_create")
    def post(self, request: Request) -> Response:
        """No Idempotency-Key is kept: the answer holds a secret that nobody may store."""
        require_recent_factor(request._request)
        asked = validated(CreateToken, request.data)
        params = asked.model_copy(update={"identity": asked.identity or current().identity_id})
        row, text = perform_for_oneself(request._request, "governance.token.create", params)
        return Response({**token_out(row), "token": text}, status=201)


class TokenView(APIView):
    @extend_schema(request=None, responses={204: None}, operation_id="auth_token_revoke")
    def delete(self, request: Request, token: UUID) -> Response:
        perform_for_oneself(request._request, "governance.token.revoke", {"token": token})
        return Response(status=204)


def token_out(row: ApiToken) -> dict[str, Any]:
    same = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    values = {name: getattr(row, name) for name in same}
    return TokenOut(**values, identity=row.identity_id).model_dump(mode="json")
