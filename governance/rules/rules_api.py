"""`/api/v2/governance/rules/…` (design 6.2): members read them, owners and administrators write them in person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, validated
from governance.access.stepup import require_recent_factor
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.registry.actions import NoParameters, Params
from governance.rules import shapes
from governance.rules.actions import CREATE, DISABLE, PUBLISH, REMOVE, RESTORE, UPDATE
from governance.rules.contents import FIELDS, RuleContent, latest_of
from governance.rules.models import Rule, RuleVersion
from governance.rules.policies import may_rule
from governance.rules.system import ALWAYS

LIST = [OpenApiParameter(name, str) for name in ("cursor", "limit")]


class RuleChanges(Params):
    """Only the given fields of the draft change."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    kind: str | None = None
    effect: str | None = None
    level: str | None = None
    priority: int | None = None
    conditions: list[Any] | None = None
    quorum: int | None = None
    exclude_requester: bool | None = None


class PublishBody(Params):
    draft_of: int | None = Field(default=None, ge=0)


class RestoreBody(Params):
    version: int | None = Field(default=None, ge=1)


def look(rule: UUID) -> Rule:
    with reading():
        return find(Rule.objects, rule)  # type: ignore[no-any-return]


def check_ruler(request: Request) -> None:
    """Before the proof is asked for: who may not, need not prove who they are."""
    if not may_rule(current()):
        raise NotAllowed()
    require_recent_factor(request._request)


class RulesView(APIView):
    @extend_schema(parameters=LIST, responses=shapes.RulePage, filters=False, operation_id="rules")
    def get(self, request: Request) -> Response:
        """The identity's own rules, the newest first, without the removed ones."""
        query(request, NoParameters)
        return KeysetPages.answer(request, Rule.objects.filter(removed_at__isnull=True), shapes.rule_out)

    @extend_schema(request=RuleContent, responses={201: shapes.RuleOut}, operation_id="rule_create")
    def post(self, request: Request) -> Response:
        """A draft; `publish/` puts it into force."""
        return act(request, CREATE, request.data, shapes.rule_out, 201)


class SystemRulesView(APIView):
    @extend_schema(responses=shapes.SystemRuleList, operation_id="rules_system")
    def get(self, request: Request) -> Response:
        """The installation's rules, which hold besides any other and can only be tightened."""
        query(request, NoParameters)
        return Response({"results": [shapes.system_rule_out(spec) for spec in ALWAYS], "next": None, "previous": None})


class RuleView(APIView):
    @extend_schema(responses=shapes.RuleOut, operation_id="rule")
    def get(self, request: Request, rule: UUID) -> Response:
        row = look(rule)
        query(request, NoParameters)
        return Response(shapes.rule_out(row))

    @extend_schema(request=RuleChanges, responses=shapes.RuleOut, operation_id="rule_update")
    def patch(self, request: Request, rule: UUID) -> Response:
        """Changes the draft; what is in force stays until `publish/`."""
        row = look(rule)
        given = validated(RuleChanges, request.data).model_dump(exclude_unset=True)
        known = {name: latest_of(row)[name] for name in FIELDS}
        return act(request, UPDATE, {**known, **given, "rule": rule}, shapes.rule_out)

    @extend_schema(request=None, responses={204: None}, operation_id="rule_remove")
    def delete(self, request: Request, rule: UUID) -> Response:
        """It holds no more; `restore/` brings it back, switched off."""
        look(rule)
        check_ruler(request)
        return act(request, REMOVE, {"rule": rule}, lambda _row: None, 204)


class PublishView(APIView):
    @extend_schema(request=PublishBody, responses=shapes.RuleOut, operation_id="rule_publish")
    def post(self, request: Request, rule: UUID) -> Response:
        """The draft becomes the next version. Needs a recent proof of who asks."""
        look(rule)
        check_ruler(request)
        body = validated(PublishBody, request.data).model_dump()
        return act(request, PUBLISH, {**body, "rule": rule}, shapes.rule_out)


class DisableView(APIView):
    @extend_schema(request=None, responses=shapes.RuleOut, operation_id="rule_disable")
    def post(self, request: Request, rule: UUID) -> Response:
        """Switches it off; `publish/` switches it on again. Needs a recent proof of who asks."""
        look(rule)
        check_ruler(request)
        return act(request, DISABLE, {"rule": rule}, shapes.rule_out)


class RestoreView(APIView):
    @extend_schema(request=RestoreBody, responses=shapes.RuleOut, operation_id="rule_restore")
    def post(self, request: Request, rule: UUID) -> Response:
        """An earlier version as the next draft, or a removed rule as it was left."""
        look(rule)
        body = validated(RestoreBody, request.data).model_dump()
        return act(request, RESTORE, {**body, "rule": rule}, shapes.rule_out)


class VersionsView(APIView):
    @extend_schema(parameters=LIST, responses=shapes.VersionPage, filters=False, operation_id="rule_versions")
    def get(self, request: Request, rule: UUID) -> Response:
        """Every version that was ever published, the newest first."""
        look(rule)
        query(request, NoParameters)
        return KeysetPages.answer(request, RuleVersion.objects.filter(rule_id=rule), shapes.version_out)
