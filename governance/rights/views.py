"""`/settings/data/`: take one's data along, or end it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import ActionForm, show
from governance.access.stepup import has_just_shown, require_recent_factor
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import bind, current, reading
from governance.isolation.lookup import find
from governance.people.models import Identity
from governance.people.registration import personal_context
from governance.perform import perform
from governance.rights.forms import DeleteAccountForm, EraseForm
from governance.rights.models import DataExport, Erasure
from governance.rights.policies import may_end, may_export
from governance.rights.sending import sent
from governance.rights.standing import names, standing_of

SHOWN = 10


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Archives of the identity, and what can be ended."""
    return show(request, "rights/data.html", {**archives(request), **endings()})


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """The list as it is now, for an open page; a post asks for a new archive."""
    allow()
    if request.method != "POST":
        return show(request, "rights/_exports.html", archives(request))
    require_recent_factor(request, back=reverse("settings-data"))
    try:
        perform("governance.export.request", {})
    except Conflict as error:
        messages.info(request, str(error.detail))
    return redirect("settings-data")


@require_POST
def export_download(request: HttpRequest, export: UUID) -> HttpResponseBase:
    """The archive itself, on record before its first byte."""
    with reading():
        row: DataExport = find(DataExport.objects, export)
    allow()
    require_recent_factor(request, back=reverse("audit-export" if row.is_log else "settings-data"))
    return sent(perform("governance.export.download", {"export": export}))


@require_http_methods(["GET", "HEAD", "POST"])
def identity_erase(request: HttpRequest) -> HttpResponse:
    """What erasing means, and its name to be typed."""
    if not may_end(current()):
        raise NotAllowed(_("Only an owner may erase an identity."))
    return ending(request, "governance.identity.erase", EraseForm, "rights/identity_erase.html")


@require_POST
def identity_keep(request: HttpRequest) -> HttpResponse:
    """Undoes a waiting erasure of the identity."""
    return kept("governance.identity.keep", request)


@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """What would go with the account and what would stay; its address to be typed."""
    standing = standing_of(current().person_id)
    more = {"standing": standing, "blocking": names(standing.blocking)}
    return ending(request, "governance.account.delete", DeleteAccountForm, "rights/account_delete.html", **more)


@require_POST
def account_keep(request: HttpRequest) -> HttpResponse:
    """Undoes the waiting end of the account."""
    return kept("governance.account.keep", request)


def carry_out(request: HttpRequest, name: str, params: dict[str, Any]) -> None:
    """Performs the act; what concerns the person is on record in their personal identity, whatever they act for."""
    context = current()
    if name.startswith("governance.account."):
        context = personal_context(request.user, channel="page", request_id=context.request_id)  # type: ignore[arg-type]
    with bind(context):
        perform(name, params)


def ending(request: HttpRequest, name: str, form_class: type[ActionForm], template: str, **more: Any) -> HttpResponse:
    """Shows the form of an end, or performs it; what stands in the way is said above the form."""
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_recent_factor(request, back=request.path)
        if form.is_valid():
            try:
                carry_out(request, name, form.cleaned_data)
                return redirect("settings-data")
            except BadInput as error:
                form.refuse(error)
            except Conflict as error:
                form.add_error(None, str(error.detail))
    status = 400 if form.errors else 200
    shown = {"form": form, "confirmed": has_just_shown(request), "days": settings.ERASURE_DAYS, **more}
    return show(request, template, shown, status=status)


def kept(name: str, request: HttpRequest) -> HttpResponse:
    try:
        carry_out(request, name, {})
        messages.success(request, _("Nothing will be erased."))
    except Conflict as error:
        messages.info(request, str(error.detail))
    return redirect("settings-data")


def allow() -> None:
    """Raises NotAllowed before anybody is asked to prove who they are."""
    if not may_export(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))


def archives(request: HttpRequest) -> dict[str, Any]:
    """The last archives of the identity, for who may take them."""
    if not may_export(current()):
        return {"may_export": False}
    rows = list(DataExport.objects.newest_first()[:SHOWN])
    return {
        "may_export": True,
        "archives": rows,
        "under_way": any(row.is_under_way for row in rows),
        "confirmed": has_just_shown(request),
        "here": reverse("settings-data"),
    }


def endings() -> dict[str, Any]:
    """What the person may end, and what was ended before, with its proof."""
    actor = current()
    kind = Identity.objects.filter(pk=actor.identity_id).values_list("kind", flat=True).get()
    over = Erasure.objects.filter(person_id=actor.person_id, state__in=[Erasure.State.DONE, Erasure.State.REFUSED])
    return {
        "may_erase": may_end(actor) and kind != Identity.Kind.PERSONAL,
        "erased": list(over.order_by("-id")[:SHOWN]),
    }
