"""`/api/v2/auth/…/erase/`: the end of an identity or of one's account, asked for and undone (design 6)."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import act, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor
from governance.errors import IdentityBoundary, NotAllowed, NotThere
from governance.isolation.context import bind, current
from governance.people.models import Identity
from governance.people.registration import personal_context
from governance.registry.actions import Params
from governance.rights.models import Erasure
from governance.rights.policies import may_end
from governance.rights.shapes import ErasureOut, erasure_out


class EraseBody(Params):
    """The name of the identity, as proof that it is meant."""

    name: str = Field(max_length=80)


class DeleteBody(Params):
    """The account's e-mail address, as proof that it is meant."""

    email: str = Field(max_length=254)


def allow(identity: UUID) -> None:
    """Only the identity that is acted for, and only its owners. Raises IdentityBoundary, NotThere, NotAllowed."""
    if identity != current().identity_id:
        if not Identity.objects.filter(pk=identity).exists():
            raise NotThere()
        raise IdentityBoundary(resource=Identity._meta.label_lower, target=identity)
    if not may_end(current()):
        raise NotAllowed(_("Only an owner may erase an identity."))


class EraseView(APIView):
    @extend_schema(responses=ErasureOut, operation_id="auth_identity_erasure")
    def get(self, request: Request, identity: UUID) -> Response:
        """The last erasure that was asked for; 404 when there was none."""
        allow(identity)
        row = Erasure.objects.of_identity(identity).order_by("-id").first()
        if row is None:
            raise NotThere()
        return Response(erasure_out(row))

    @extend_schema(request=EraseBody, responses={202: ErasureOut}, operation_id="auth_identity_erase")
    def post(self, request: Request, identity: UUID) -> Response:
        """Erases the identity after the days of grace; DELETE undoes it until then."""
        allow(identity)
        refuse_spoofed_identity(request)
        body = validated(EraseBody, request.data)
        require_recent_factor(request._request)
        return act(request, "governance.identity.erase", {"name": body.name}, erasure_out, 202)

    @extend_schema(request=None, responses=ErasureOut, operation_id="auth_identity_keep")
    def delete(self, request: Request, identity: UUID) -> Response:
        """Undoes a waiting erasure."""
        allow(identity)
        return act(request, "governance.identity.keep", {}, erasure_out)


class DeleteAccountView(APIView):
    @extend_schema(responses=ErasureOut, operation_id="auth_me_erasure")
    def get(self, request: Request) -> Response:
        """The last end of the account that was asked for; 404 when there was none."""
        row = Erasure.objects.of_account(current().person_id).order_by("-id").first()
        if row is None:
            raise NotThere()
        return Response(erasure_out(row))

    @extend_schema(request=DeleteBody, responses={202: ErasureOut}, operation_id="auth_me_erase")
    def post(self, request: Request) -> Response:
        """Deletes the account after the days of grace; DELETE undoes it until then."""
        refuse_spoofed_identity(request)
        body = validated(DeleteBody, request.data)
        require_recent_factor(request._request)
        return self._perform(request, "governance.account.delete", {"email": body.email}, 202)

    @extend_schema(request=None, responses=ErasureOut, operation_id="auth_me_keep")
    def delete(self, request: Request) -> Response:
        """Undoes the waiting end of the account."""
        return self._perform(request, "governance.account.keep", {})

    def _perform(self, request: Request, name: str, params: dict[str, str], status: int = 200) -> Response:
        """On record in the personal identity, whatever the person acts for."""
        with bind(personal_context(request.user, channel="api", request_id=current().request_id)):
            return act(request, name, params, erasure_out, status)
