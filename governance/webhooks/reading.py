"""What the page of a webhook shows of its deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.access.showing import newest_page
from governance.webhooks.events import TEST, offered
from governance.webhooks.models import Webhook, WebhookDelivery

PAGE = 25
TONES: dict[str, str] = {
    WebhookDelivery.State.DELIVERED: "ok",
    WebhookDelivery.State.FAILED: "bad",
    WebhookDelivery.State.DROPPED: "off",
}
ERRORS = {
    "refused_address": _("The address is not a public one, or means nothing."),
    "connect": _("Nobody answered there."),
    "tls": _("The certificate was not accepted."),
    "timeout": _("The answer took too long."),
    "protocol": _("The answer could not be read."),
}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt in words."""

    at: datetime
    said: str
    ms: int
    answer: str


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery as the page shows it; `body` is what left, laid out for people."""

    row: WebhookDelivery
    label: str
    tone: str
    body: str
    tries: list[Try]


def delivery_page(request: HttpRequest, hook: Webhook) -> dict[str, Any]:
    """One page of them, the newest first, as far as they fit what was asked; anything else fits everything."""
    event, state = asked(request.GET)
    rows = WebhookDelivery.objects.filter(webhook_id=hook.pk).matching(event, state)
    found, more = newest_page(request, rows, PAGE)
    return {
        "lines": [line(row) for row in found],
        "more": urlencode({"event": event, "state": state, "before": more}) if more else "",
        "event": event,
        "state": state,
        "states": WebhookDelivery.State.choices,
        "choices": [*((one.name, one.label) for one in offered().values()), (TEST, label_of(TEST))],
    }


def asked(given: Mapping[str, str]) -> tuple[str, str]:
    event, state = given.get("event", ""), given.get("state", "")
    return (event if event in offered() or event == TEST else ""), (
        state if state in WebhookDelivery.State.values else ""
    )


def line(row: WebhookDelivery) -> Line:
    body = orjson.dumps(orjson.loads(row.body), option=orjson.OPT_INDENT_2).decode()
    tries = [
        Try(datetime.fromisoformat(one["at"]), said(one), one["ms"], one["answer"]) for one in reversed(row.attempts)
    ]
    tone = TONES.get(row.state, "warn" if row.attempts else "wait")
    return Line(row, label_of(row.event), tone, body, tries)


def said(one: dict[str, Any]) -> str:
    return str(ERRORS.get(one["error"], one["error"])) if one["error"] else f"HTTP {one['status']}"


def label_of(event: str) -> str:
    if event == TEST:
        return str(_("A test"))
    known = offered().get(event)
    return str(known.label) if known else event


def words_of(hook: Webhook) -> list[tuple[str, str]]:
    """The chosen events with their words."""
    return [(name, label_of(name)) for name in hook.events]
