"""`/api/v2/llm/route/` and `/api/v2/llm/routing/…`: which model, and why."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.llm.routing import shapes
from agents.llm.routing.actions import DECIDE, PREFER, PreferParams, RouteParams, may_prefer, preferences
from agents.llm.routing.models import RoutingDecision
from governance.access.rest import KeysetPages, act, refuse_spoofed_identity, validated
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_write


class DecideView(APIView):
    @extend_schema(request=RouteParams, responses={201: shapes.DecisionOut}, operation_id="llm_routing_decide")
    def post(self, request: Request) -> Response:
        """Which model would be called, with every other one and why not it. Calls nobody, costs nothing."""
        if not may_write(current()):
            raise NotAllowed()
        refuse_spoofed_identity(request)
        return act(request, DECIDE, validated(RouteParams, request.data), shapes.decision_out, 201)


class RouteView(DecideView):
    """The same, among the providers."""

    @extend_schema(request=RouteParams, responses={201: shapes.DecisionOut}, operation_id="llm_route")
    def post(self, request: Request) -> Response:
        """Which model would be called, with every other one and why not it. Calls nobody, costs nothing."""
        return super().post(request)


class DecisionsView(APIView):
    @extend_schema(responses=shapes.DecisionPage, operation_id="llm_routing_decisions")
    def get(self, request: Request) -> Response:
        """The newest first."""
        return KeysetPages.answer(request, RoutingDecision.objects.all(), shapes.decision_out)


class DecisionView(APIView):
    @extend_schema(responses=shapes.DecisionOut, operation_id="llm_routing_decision")
    def get(self, request: Request, decision: UUID) -> Response:
        with reading():
            return Response(shapes.decision_out(find(RoutingDecision.objects, decision)))


class PreferencesView(APIView):
    @extend_schema(responses=shapes.PreferencesOut, operation_id="llm_routing_preferences")
    def get(self, request: Request) -> Response:
        """How the identity wants its models chosen."""
        with reading():
            return Response(shapes.preferences_out(preferences()))

    @extend_schema(request=PreferParams, responses=shapes.PreferencesOut, operation_id="llm_routing_prefer")
    def patch(self, request: Request) -> Response:
        """Only the given fields change."""
        if not may_prefer(current()):
            raise NotAllowed()
        refuse_spoofed_identity(request)
        return act(request, PREFER, validated(PreferParams, request.data), shapes.preferences_out)
