"""`/connections/` and the pages of a webhook (design 11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.models import ApiToken
from governance.access.showing import show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, Conflict, Gone, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.webhooks.actions import CREATE, MOST_WEBHOOKS, UPDATE
from governance.webhooks.delivering import send_test
from governance.webhooks.forms import WebhookForm
from governance.webhooks.models import Webhook, WebhookDelivery
from governance.webhooks.policies import may_manage_webhooks
from governance.webhooks.reading import delivery_page, words_of
from governance.webhooks.saving import saved
from governance.webhooks.sending import this_network

SHOWN = 20  # removed ones


@require_safe
def connections(request: HttpRequest) -> HttpResponse:
    """What this identity is joined to; whoever does not manage it sees that there is something, not what."""
    manages = may_manage_webhooks(current())
    rows = list(Webhook.objects.newest_first()) if manages else []
    standing = [row for row in rows if row.state != Webhook.State.REMOVED]
    context = {
        "manages": manages,
        "hooks": standing,
        "removed": [row for row in rows if row.state == Webhook.State.REMOVED][:SHOWN],
        "full": len(standing) >= MOST_WEBHOOKS,
        "tokens": ApiToken.objects.of_person(request.user.pk).live().count(),  # type: ignore[arg-type]
    }
    return show(request, "webhooks/connections.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new one: its secret stands in the answer to the form, and nowhere else."""
    check_manager()
    require_recent_factor(request, back=request.path)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = saved(CREATE, form.cleaned_data)
            return show(request, "webhooks/secret.html", {"hook": row, "secret": secret})
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
    return show(request, "webhooks/edit.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, webhook: UUID) -> HttpResponse:
    """A webhook and what became of what it was told; `?state=` and `?event=` narrow it."""
    row = look(webhook)
    context = {"hook": row, "events": words_of(row), **delivery_page(request, row)}
    return show(request, "webhooks/webhook.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, webhook: UUID) -> HttpResponse:
    row = look(webhook)
    require_recent_factor(request, back=request.path)
    known = {"name": row.name, "url": row.url, "events": row.events}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            saved(UPDATE, {**form.cleaned_data, "webhook": row.pk})
            messages.success(request, _("Saved."))
            return redirect("webhook-detail", row.pk)
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
    return show(request, "webhooks/edit.html", {"form": form, "hook": row}, status=400 if form.errors else 200)


@never_cache
@require_POST
def rotate(request: HttpRequest, webhook: UUID) -> HttpResponse:
    row = look(webhook)
    require_recent_factor(request, back=reverse("webhook-detail", args=[row.pk]))
    try:
        row, secret = perform("governance.webhook.rotate", {"webhook": row.pk})
    except Conflict as refusal:
        messages.info(request, str(refusal.detail))
        return redirect("webhook-detail", webhook)
    return show(request, "webhooks/secret.html", {"hook": row, "secret": secret, "rotated": True})


@require_POST
def switch(request: HttpRequest, webhook: UUID) -> HttpResponse:
    """Pauses it, or lets it go on."""
    enabled = request.POST.get("enabled") == "yes"
    carry_out(request, look(webhook), UPDATE, enabled=enabled)
    return redirect("webhook-detail", webhook)


@require_POST
def test(request: HttpRequest, webhook: UUID) -> HttpResponse:
    """Sends a signed greeting now and shows what came of it."""
    row = carry_out(request, look(webhook), "governance.webhook.test")
    if row is None:
        return redirect("webhook-detail", webhook)
    noted = send_test(row, this_network())
    if noted.state == WebhookDelivery.State.DELIVERED:
        messages.success(request, _("The receiver has taken the test."))
    else:
        messages.warning(request, _("The test was not taken. The log below says why."))
    return redirect(f"{reverse('webhook-detail', args=[webhook])}#d-{noted.pk}")


@require_POST
def remove(request: HttpRequest, webhook: UUID) -> HttpResponse:
    if carry_out(request, look(webhook), "governance.webhook.remove"):
        messages.success(request, _("Removed. For thirty days you can bring it back from here."))
    return redirect("connections")


@require_POST
def restore(request: HttpRequest, webhook: UUID) -> HttpResponse:
    if carry_out(request, look(webhook), "governance.webhook.restore"):
        messages.success(request, _("It is back, and paused: look at it, then let it go on."))
        return redirect("webhook-detail", webhook)
    return redirect("connections")


@require_POST
def redeliver(request: HttpRequest, webhook: UUID, delivery: UUID) -> HttpResponse:
    row = look(webhook)
    with reading():
        find(WebhookDelivery.objects, delivery, webhook_id=row.pk)
    if carry_out(request, row, "governance.webhook.redeliver", delivery=delivery):
        messages.success(request, _("It is on its way again."))
    return redirect(f"{reverse('webhook-detail', args=[webhook])}#d-{delivery}")


def look(webhook: UUID) -> Webhook:
    """The webhook of the address; raises NotAllowed for who does not manage."""
    with reading():
        row: Webhook = find(Webhook.objects, webhook)
    check_manager()
    return row


def check_manager() -> None:
    if not may_manage_webhooks(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


def carry_out(request: HttpRequest, row: Webhook, name: str, **params: Any) -> Any:
    """Performs it; None, and a sentence on the next page, when it is not possible now."""
    try:
        return perform(name, {"webhook": row.pk, **params})
    except (Conflict, Gone) as refusal:
        messages.warning(request, str(refusal.detail))
        return None
