"""Webhooks and deliveries as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from governance.webhooks.models import Webhook, WebhookDelivery


class WebhookOut(BaseModel):
    """`state`: active, paused, off (switched off, `off_reason` says why) or removed."""

    id: UUID
    name: str
    url: str
    events: list[str]
    enabled: bool
    state: str
    off_reason: str
    failing_since: datetime | None
    created_at: datetime
    changed_at: datetime
    removed_at: datetime | None


class WebhookMade(WebhookOut):
    """`secret` is shown this once."""

    secret: str


class WebhookPage(BaseModel):
    results: list[WebhookOut]
    next: str | None
    previous: str | None


class EventOut(BaseModel):
    name: str
    label: str


class EventList(BaseModel):
    results: list[EventOut]
    next: None = None
    previous: None = None


class AttemptOut(BaseModel):
    """`status`: 0 when there was no answer; `error` then says why: refused_address, connect, tls, timeout, protocol."""

    at: datetime
    status: int
    ms: int
    error: str
    answer: str


class DeliveryOut(BaseModel):
    id: UUID
    event: str
    event_id: UUID
    state: str
    tries: int
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    attempts: list[AttemptOut]


class DeliveryInFull(DeliveryOut):
    body: dict[str, Any]


class DeliveryPage(BaseModel):
    results: list[DeliveryOut]
    next: str | None
    previous: str | None


def webhook_out(row: Webhook) -> dict[str, Any]:
    return WebhookOut(**{name: getattr(row, name) for name in WebhookOut.model_fields}).model_dump(mode="json")


def delivery_out(row: WebhookDelivery) -> dict[str, Any]:
    return DeliveryOut(**{name: getattr(row, name) for name in DeliveryOut.model_fields}).model_dump(mode="json")


def delivery_in_full(row: WebhookDelivery) -> dict[str, Any]:
    return delivery_out(row) | {"body": orjson.loads(row.body)}
