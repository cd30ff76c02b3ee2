"""`/api/v2/auth/sessions/`: the open sign-ins of the person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.contact.api import in_person
from governance.access.models import SignIn
from governance.access.opened.reading import device
from governance.access.rest import KeysetPages
from governance.access.signins import perform_for_oneself
from governance.access.stepup import sign_in_key


class SignInOut(BaseModel):
    id: UUID
    kind: str
    method: str
    device: str
    ip: str | None
    created_at: datetime
    current: bool


class SignInPage(BaseModel):
    results: list[SignInOut]
    next: str | None
    previous: str | None


class SignInsView(APIView):
    @extend_schema(responses=SignInPage, operation_id="auth_sessions")
    def get(self, request: Request) -> Response:
        in_person(request)
        here = sign_in_key(request._request)
        return KeysetPages.answer(
            request, SignIn.objects.of_person(request.user.pk).alive(), lambda row: sign_in_out(row, here)
        )


class SignInView(APIView):
    @extend_schema(request=None, responses={204: None}, operation_id="auth_session_end")
    def delete(self, request: Request, sign_in: UUID) -> Response:
        perform_for_oneself(request._request, "governance.session.end", {"sign_in": sign_in})
        return Response(status=204)


class EndOthersView(APIView):
    @extend_schema(request=None, responses={204: None}, operation_id="auth_sessions_end_others")
    def post(self, request: Request) -> Response:
        perform_for_oneself(request._request, "governance.session.end_others")
        return Response(status=204)


def sign_in_out(row: SignIn, here: str) -> dict[str, Any]:
    return SignInOut(
        id=row.pk,
        kind=row.kind,
        method=row.method,
        device=device(row.user_agent),
        ip=row.ip,
        created_at=row.created_at,
        current=row.session_key == here,
    ).model_dump(mode="json")
