"""`/api/v2/webhooks/…` (design 6): for people; a token may look, and change nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.access.stepup import require_recent_factor
from governance.errors import NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.registry.actions import NoParameters, Params
from governance.webhooks import shapes
from governance.webhooks.actions import CREATE, UPDATE, CreateWebhook
from governance.webhooks.addresses import LONGEST
from governance.webhooks.delivering import send_test
from governance.webhooks.events import offered
from governance.webhooks.models import Webhook, WebhookDelivery
from governance.webhooks.policies import may_manage_webhooks, may_see_webhooks
from governance.webhooks.saving import saved
from governance.webhooks.sending import this_network


class WebhookQuery(Params):
    state: Webhook.State | None = None


class DeliveryQuery(Params):
    event: str = Field(default="", max_length=40)
    state: WebhookDelivery.State | None = None


class WebhookChanges(Params):
    name: str | None = Field(default=None, min_length=1, max_length=80)
    url: str | None = Field(default=None, min_length=1, max_length=LONGEST)
    events: list[str] | None = Field(default=None, min_length=1, max_length=100)
    enabled: bool | None = None


LIST = [OpenApiParameter(name, str) for name in ("cursor", "limit")]
STATES = [OpenApiParameter("state", str, enum=list(Webhook.State.values))]
OUTCOMES = [
    OpenApiParameter("event", str),
    OpenApiParameter("state", str, enum=list(WebhookDelivery.State.values)),
]


def look(webhook: UUID, delivery: UUID | None = None) -> Any:
    """The object of the address, before the body is read, for who may see it."""
    with reading():
        row = find(Webhook.objects, webhook)
        if delivery is not None:
            row = find(WebhookDelivery.objects, delivery, webhook_id=webhook)
    check_reader()
    return row


def check_reader() -> None:
    if not may_see_webhooks(current()):
        raise NotAllowed()


def made(result: tuple[Webhook, str]) -> dict[str, Any]:
    row, secret = result
    return {**shapes.webhook_out(row), "secret": secret}


class WebhooksView(APIView):
    @extend_schema(parameters=[*STATES, *LIST], responses=shapes.WebhookPage, filters=False, operation_id="webhooks")
    def get(self, request: Request) -> Response:
        """The newest first; without `state` all but the removed ones."""
        check_reader()
        asked = query(request, WebhookQuery)
        rows = Webhook.objects.filter(state=asked.state) if asked.state else Webhook.objects.standing()
        return KeysetPages.answer(request, rows, shapes.webhook_out)

    @extend_schema(request=CreateWebhook, responses={201: shapes.WebhookMade}, operation_id="webhook_create")
    def post(self, request: Request) -> Response:
        """Needs a recent proof of who asks. No Idempotency-Key is kept: the answer holds the secret, once."""
        if not may_manage_webhooks(current()):
            raise NotAllowed()
        require_recent_factor(request._request)
        refuse_spoofed_identity(request)
        return Response(made(saved(CREATE, validated(CreateWebhook, request.data).model_dump())), status=201)


class EventsView(APIView):
    @extend_schema(responses=shapes.EventList, operation_id="webhook_events")
    def get(self, request: Request) -> Response:
        """Every event there is."""
        query(request, NoParameters)
        found = [{"name": event.name, "label": str(event.label)} for event in offered().values()]
        return Response({"results": found, "next": None, "previous": None})


class WebhookView(APIView):
    @extend_schema(responses=shapes.WebhookOut, operation_id="webhook")
    def get(self, request: Request, webhook: UUID) -> Response:
        row = look(webhook)
        query(request, NoParameters)
        return Response(shapes.webhook_out(row))

    @extend_schema(request=WebhookChanges, responses=shapes.WebhookOut, operation_id="webhook_update")
    def patch(self, request: Request, webhook: UUID) -> Response:
        """Another `url` needs a recent proof of who asks."""
        look(webhook)
        if not may_manage_webhooks(current()):
            raise NotAllowed()
        refuse_spoofed_identity(request)
        given = validated(WebhookChanges, request.data).model_dump(exclude_unset=True)
        if given.get("url") is not None:
            require_recent_factor(request._request)
        return Response(shapes.webhook_out(saved(UPDATE, {**given, "webhook": webhook})))

    @extend_schema(request=None, responses={204: None}, operation_id="webhook_remove")
    def delete(self, request: Request, webhook: UUID) -> Response:
        """Nothing leaves any more; for thirty days `restore/` brings it back."""
        look(webhook)
        return act(request, "governance.webhook.remove", {"webhook": webhook}, lambda _row: None, 204)


class RestoreView(APIView):
    @extend_schema(request=None, responses=shapes.WebhookOut, operation_id="webhook_restore")
    def post(self, request: Request, webhook: UUID) -> Response:
        look(webhook)
        return act(request, "governance.webhook.restore", {"webhook": webhook}, shapes.webhook_out)


class RotateView(APIView):
    @extend_schema(request=None, responses=shapes.WebhookMade, operation_id="webhook_rotate")
    def post(self, request: Request, webhook: UUID) -> Response:
        """A new secret, shown once; the former one signs along for a day. Needs a recent proof of who asks."""
        look(webhook)
        if not may_manage_webhooks(current()):
            raise NotAllowed()
        require_recent_factor(request._request)
        refuse_spoofed_identity(request)
        return Response(made(perform("governance.webhook.rotate", {"webhook": webhook})))


class TestView(APIView):
    @extend_schema(request=None, responses=shapes.DeliveryInFull, operation_id="webhook_test")
    def post(self, request: Request, webhook: UUID) -> Response:
        """Sends a signed `webhook.test` now and answers with what came of it."""
        look(webhook)
        refuse_spoofed_identity(request)
        row = perform("governance.webhook.test", {"webhook": webhook})
        return Response(shapes.delivery_in_full(send_test(row, this_network())))


class DeliveriesView(APIView):
    @extend_schema(
        parameters=[*OUTCOMES, *LIST], responses=shapes.DeliveryPage, filters=False, operation_id="webhook_deliveries"
    )
    def get(self, request: Request, webhook: UUID) -> Response:
        """The newest first, without their bodies."""
        look(webhook)
        asked = query(request, DeliveryQuery)
        rows = WebhookDelivery.objects.filter(webhook_id=webhook).matching(asked.event, asked.state or "")
        return KeysetPages.answer(request, rows.defer("body"), shapes.delivery_out)


class DeliveryView(APIView):
    @extend_schema(responses=shapes.DeliveryInFull, operation_id="webhook_delivery")
    def get(self, request: Request, webhook: UUID, delivery: UUID) -> Response:
        row = look(webhook, delivery)
        query(request, NoParameters)
        return Response(shapes.delivery_in_full(row))


class RedeliverView(APIView):
    @extend_schema(request=None, responses=shapes.DeliveryInFull, operation_id="webhook_redeliver")
    def post(self, request: Request, webhook: UUID, delivery: UUID) -> Response:
        """The same bytes under the same id, tried anew."""
        look(webhook, delivery)
        body = {"webhook": webhook, "delivery": delivery}
        return act(request, "governance.webhook.redeliver", body, shapes.delivery_in_full)
