"""`/api/v2/governance/budgets/caps/`: caps by programs of a person (design 6.2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import act, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.ledger import shapes
from governance.ledger.caps import REMOVE, SET, SetCap, may_set_caps, raises
from governance.ledger.models import Account, Cap
from governance.ledger.raising import RaiseCap
from governance.ledger.tree import accounts_now
from governance.registry.actions import Params
from governance.rules.system import RAISE


class NewLimit(Params):
    """In the cap's own unit: credits, or 10⁻¹² US dollars."""

    limit: int = Field(ge=0)


def account_out(row: Account) -> dict[str, Any]:
    return shapes.account_out(accounts_now(Account.objects.filter(pk=row.pk).prefetch_related("caps"))[0])


def allow() -> None:
    if not may_set_caps(current()):
        raise NotAllowed()


def named(row: Cap) -> dict[str, Any]:
    return {"account": row.account_id, "unit": row.unit, "period": row.period, "before": row.limit}


class CapsView(APIView):
    @extend_schema(request=SetCap, responses={201: shapes.AccountOut}, operation_id="governance_budget_cap_create")
    def post(self, request: Request) -> Response:
        """Sets a cap. Raising one that exists needs its present limit as `before`, and a step-up."""
        allow()
        refuse_spoofed_identity(request)
        asked = validated(SetCap, request.data)
        if raises(asked.before, asked.limit):
            require_recent_factor(request._request)
        return act(request, SET, asked, account_out, status=201)


class CapView(APIView):
    @extend_schema(request=NewLimit, responses=shapes.AccountOut, operation_id="governance_budget_cap_update")
    def patch(self, request: Request, cap: UUID) -> Response:
        """Lowers or raises a cap; raising is behind a step-up."""
        row = self.found(cap)
        refuse_spoofed_identity(request)
        limit = validated(NewLimit, request.data).limit
        if raises(row.limit, limit):
            require_recent_factor(request._request)
        asked = {**named(row), "limit": limit}
        return act(request, SET, asked, account_out)

    @extend_schema(responses=shapes.AccountOut, operation_id="governance_budget_cap_delete")
    def delete(self, request: Request, cap: UUID) -> Response:
        """Removes a cap; behind a step-up. Those an identity is opened with can only be changed."""
        row = self.found(cap)
        require_recent_factor(request._request)
        return act(request, REMOVE, named(row), account_out)

    def found(self, cap: UUID) -> Cap:
        """Whose it is stands before what one may."""
        with reading():
            row: Cap = find(Cap.objects, cap)
        allow()
        return row


class RaiseView(APIView):
    @extend_schema(request=RaiseCap, responses={423: None}, operation_id="governance_budget_raise")
    def post(self, request: Request) -> Response:
        """Asks to raise a cap: always answered 423 with the question, which owners and administrators decide."""
        return act(request, RAISE, request.data, account_out)
