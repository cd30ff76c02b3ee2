"""`/api/v2/llm/…`: the registry for programs (design 5.5). Keys are for people; a token may look."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.llm import catalogue
from agents.llm.facts import UnknownPrice
from agents.llm.registry import shapes
from agents.llm.registry.actions import UPDATE_PROVIDER
from agents.llm.registry.key_actions import LONGEST, REMOVE, SET, SHORTEST
from agents.llm.registry.policies import may_set_keys
from agents.llm.registry.probing import try_key
from agents.llm.registry.reading import MEASURES, in_order, narrowed, provider_line, provider_lines
from agents.llm.registry.snapshot import snapshot
from governance.access.rest import act, query, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, NotAllowed, NotThere
from governance.isolation.context import bind, current, reading
from governance.perform import perform
from governance.registry.actions import NoParameters, Params
from governance.staff.contexts import staff_context


class ModelQuery(Params):
    """`by`: a measure, with `-` before it for the largest first."""

    provider: str = Field(default="", max_length=30)
    capability: str = Field(default="", max_length=30)
    q: str = Field(default="", max_length=80)
    by: str = Field(default="", max_length=20)


class WhichProvider(Params):
    """Where several providers have a model of that name."""

    provider: str = Field(default="", max_length=30)


class ProviderChanges(Params):
    enabled: bool | None = None
    base_url: str | None = Field(default=None, min_length=1, max_length=300)
    default_model: str | None = Field(default=None, min_length=1, max_length=80)
    rpm: int | None = Field(default=None, ge=1, le=1_000_000)
    tpm: int | None = Field(default=None, ge=1, le=10**12)
    max_concurrency: int | None = Field(default=None, ge=1, le=10_000)


class KeyGiven(Params):
    key: str = Field(min_length=SHORTEST, max_length=LONGEST)


NARROWING = [
    OpenApiParameter("provider", str),
    OpenApiParameter("capability", str),
    OpenApiParameter("q", str),
    OpenApiParameter("by", str, enum=[sign + name for name in sorted(MEASURES) for sign in ("", "-")]),
]


def page(results: list[dict[str, Any]]) -> Response:
    return Response({"results": results, "next": None, "previous": None})


def shown(provider: str) -> Response:
    with reading():
        return Response(shapes.provider_out(provider_line(provider)))


class ProvidersView(APIView):
    @extend_schema(responses=shapes.ProviderList, operation_id="llm_providers")
    def get(self, request: Request) -> Response:
        """Every provider, with what may be said of its key."""
        query(request, NoParameters)
        return page([shapes.provider_out(line) for line in provider_lines()])


class ProviderView(APIView):
    @extend_schema(responses=shapes.ProviderOut, operation_id="llm_provider")
    def get(self, request: Request, provider: str) -> Response:
        query(request, NoParameters)
        return shown(provider)

    @extend_schema(request=ProviderChanges, responses=shapes.ProviderOut, operation_id="llm_provider_update")
    def patch(self, request: Request, provider: str) -> Response:
        """For staff, in person and with a second factor just shown: it changes the installation, not an identity."""
        person: Any = request._request.user
        if not person.is_staff or current().token_id is not None:
            raise NotAllowed()
        require_recent_factor(request._request, second=True)
        refuse_spoofed_identity(request)
        given = validated(ProviderChanges, request.data).model_dump(exclude_unset=True)
        with bind(staff_context(person, request_id=current().request_id)):
            perform(UPDATE_PROVIDER, {**given, "provider": provider})
        return shown(provider)


class TestView(APIView):
    @extend_schema(request=None, responses=shapes.TestOut, operation_id="llm_provider_test")
    def post(self, request: Request, provider: str) -> Response:
        """Asks the provider for its models with the key that counts here. Needs a recent proof of who asks.

        409 `no_key`, `no_free_test` or `provider_off` where there is nothing to try.
        """
        may_manage(request, provider)
        refuse_spoofed_identity(request)
        outcome = try_key(provider)
        return Response({"provider": provider, "outcome": outcome, "simulated": settings.DEMO_MODE})


class KeyView(APIView):
    @extend_schema(request=KeyGiven, responses=shapes.ProviderOut, operation_id="llm_provider_key_set")
    @method_decorator(sensitive_variables())
    def put(self, request: Request, provider: str) -> Response:
        """Gives or replaces this identity's key. Needs a recent proof; no answer ever holds the key."""
        may_manage(request, provider)
        refuse_spoofed_identity(request)
        perform(SET, {**validated(KeyGiven, request.data).model_dump(), "provider": provider})
        return shown(provider)

    @extend_schema(request=None, responses={204: None}, operation_id="llm_provider_key_remove")
    def delete(self, request: Request, provider: str) -> Response:
        """Removes this identity's key; 404 where it has none. Needs a recent proof."""
        may_manage(request, provider)
        return act(request, REMOVE, {"provider": provider}, lambda _row: None, 204)


def may_manage(request: Request, provider: str) -> None:
    """Raises NotThere for an unknown provider, NotAllowed for who manages no keys, StepUpRequired without a proof."""
    with reading():
        provider_line(provider)
    if not may_set_keys(current()):
        raise NotAllowed()
    require_recent_factor(request._request)


class ModelsView(APIView):
    @extend_schema(parameters=NARROWING, responses=shapes.ModelList, operation_id="llm_models")
    def get(self, request: Request) -> Response:
        """Every model that can be called; a retired, switched off or unpriced one is not among them."""
        asked = query(request, ModelQuery)
        if asked.by and asked.by.removeprefix("-") not in MEASURES:
            raise BadInput(errors={"by": [", ".join(sorted(MEASURES))]})
        found = narrowed(snapshot().models, asked.provider, asked.capability, asked.q)
        return page([shapes.model_out(model) for model in in_order(found, asked.by)])


class ModelView(APIView):
    @extend_schema(parameters=[OpenApiParameter("provider", str)], responses=shapes.ModelOut, operation_id="llm_model")
    def get(self, request: Request, model: str) -> Response:
        """By its id (slashes as they are) or an alias; `?provider=` where several have it."""
        asked = query(request, WhichProvider)
        try:
            return Response(shapes.model_out(snapshot().find(model, asked.provider or None)))
        except UnknownPrice as error:
            raise NotThere() from error


class TasksView(APIView):
    @extend_schema(responses=shapes.TaskList, operation_id="llm_tasks")
    def get(self, request: Request) -> Response:
        """The kinds of task that routing knows."""
        query(request, NoParameters)
        data, _version = catalogue.shipped()
        preferred = data["task_preferences"]
        return page([{"task": task, "prefers": preferred.get(task, [])} for task in data["tasks"]])


class RolesView(APIView):
    @extend_schema(responses=shapes.RoleList, operation_id="llm_roles")
    def get(self, request: Request) -> Response:
        """The roles that agents have in routing."""
        query(request, NoParameters)
        rows = catalogue.shipped()[0]["role_preferences"].items()
        return page([{"role": name, "prefers": [row["provider"]], "locked": row["locked"]} for name, row in rows])
