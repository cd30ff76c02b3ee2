"""`/api/v2/auth/outside/…`: a program links an outside account to its person, and unlinks it (RFC 8252)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.outside.api import Authorize, Callback, Opened, come_back, set_out
from governance.access.outside.linking import let_go, link, told_name
from governance.access.outside.offered import providers
from governance.access.stepup import require_recent_factor


class LinkedOut(BaseModel):
    """`name`: by what the person recognises it at the other house."""

    id: int
    provider: str
    name: str
    linked_at: datetime


class Offered(BaseModel):
    provider: str
    name: str


class OutsideAccounts(BaseModel):
    """`offered`: the houses whose accounts this installation takes."""

    results: list[LinkedOut]
    offered: list[Offered]


class OutsideView(APIView):
    @extend_schema(responses=OutsideAccounts, operation_id="auth_outside")
    def get(self, request: Request) -> Response:
        """All of the person's, in one page."""
        rows = SocialAccount.objects.filter(user=request.user).order_by("pk")
        offered = [{"provider": key, "name": name} for key, name in providers()]
        return Response({"results": [linked_out(row) for row in rows], "offered": offered})


class OutsideAuthorizeView(APIView):
    @extend_schema(request=Authorize, responses=Opened, operation_id="auth_outside_authorize")
    def post(self, request: Request, provider: str) -> Response:
        """The address to open in a browser; the way back is the person's own."""
        require_recent_factor(request._request)
        return Response(set_out(request, provider, person=request.user))


class OutsideLinkView(APIView):
    @extend_schema(request=Callback, responses={201: LinkedOut}, operation_id="auth_outside_link")
    def post(self, request: Request, provider: str) -> Response:
        """Links the account that the other house confirmed; 409 when it is somebody else's, or linked already."""
        require_recent_factor(request._request)
        row = link(request._request, come_back(request, provider, person=request.user))
        return Response(linked_out(row), status=201)


class OutsideAccountView(APIView):
    @extend_schema(responses={204: None}, operation_id="auth_outside_unlink")
    def delete(self, request: Request, account: int) -> Response:
        """409 for the last way to sign in."""
        require_recent_factor(request._request)
        let_go(request._request, account)
        return Response(status=204)


def linked_out(row: SocialAccount) -> dict[str, Any]:
    told = LinkedOut(id=row.pk, provider=row.provider, name=told_name(row), linked_at=row.date_joined)
    return told.model_dump(mode="json")
