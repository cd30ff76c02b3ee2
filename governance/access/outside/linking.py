"""`/accounts/security/outside/`: which outside accounts sign the person in, one more, one less."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as account
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.access.outside.actions import LINK, UNLINK, has_way_in
from governance.access.outside.leaving import leave_for
from governance.access.outside.offered import providers
from governance.access.showing import show
from governance.access.signins import perform_for_oneself
from governance.access.stepup import require_recent_factor
from governance.errors import Conflict


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Those that are linked, and those that could be."""
    named = dict(providers())
    linked = list(SocialAccount.objects.filter(user=request.user).order_by("pk"))  # type: ignore[misc]
    rows = [(row, named.get(row.provider, row.provider), told_name(row)) for row in linked]
    free = [(key, name) for key, name in named.items() if key not in {row.provider for row in linked}]
    alone = len(linked) == 1 and not has_way_in(request.user, but_account=linked[0].pk)  # type: ignore[arg-type]
    return show(request, "account/outside_accounts.html", {"rows": rows, "free": free, "last_way": alone})


@never_cache
@require_POST
def begin(request: HttpRequest, provider: str) -> HttpResponse:
    """Leaves for the other house, to come back with an account to link."""
    require_recent_factor(request, back=reverse("outside-accounts"))
    bound = {"person": str(request.user.pk)}
    return leave_for(request, provider, AuthProcess.CONNECT, reverse("outside-accounts"), bound)


def finish(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Back from there: links the account to the person who left, and to nobody else."""
    if not request.user.is_authenticated or sociallogin.state.get("data") != {"person": str(request.user.pk)}:
        messages.error(request, _("The other site did not confirm who you are. Nothing has changed here."))
        return redirect("account_login")
    try:
        link(request, sociallogin)
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The outside account is linked: it signs you in from now on."))
    return redirect("outside-accounts")


def link(request: HttpRequest, sociallogin: Any) -> SocialAccount:
    """Links what the other house confirmed to the person of the request, and tells them. Raises Conflict."""
    found = sociallogin.account
    asked = {
        "provider": found.provider,
        "uid": found.uid,
        "addresses": [one.email for one in sociallogin.email_addresses if one.email],
        "extra": found.extra_data,
    }
    row: SocialAccount = perform_for_oneself(request, LINK, asked)
    tell(request, "account_connected", found)
    return row


@require_POST
def unlink(request: HttpRequest, account: int) -> HttpResponse:
    require_recent_factor(request, back=reverse("outside-accounts"))
    try:
        let_go(request, account)
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The outside account is no longer linked."))
    return redirect("outside-accounts")


def let_go(request: HttpRequest, account: int) -> None:
    """Unlinks an account of the person, and tells them. Raises what `UNLINK` does."""
    row = SocialAccount.objects.filter(user=request.user, pk=account).first()  # type: ignore[misc]
    perform_for_oneself(request, UNLINK, {"account": account})
    tell(request, "account_disconnected", row)


def tell(request: HttpRequest, mail: str, row: Any) -> None:
    """By e-mail too, in case it was somebody else."""
    named = dict(providers()).get(row.provider, row.provider)
    values = {"account": row, "provider": {"name": named}}
    account(request).send_notification_mail(f"socialaccount/email/{mail}", request.user, values)


def told_name(row: SocialAccount) -> str:
    """By what the person recognises it: the address or name that the other house told."""
    told: dict[str, Any] = row.extra_data if isinstance(row.extra_data, dict) else {}
    told = {**told, **(told.get("userinfo") or {}), **(told.get("id_token") or {})}
    return str(told.get("email") or told.get("login") or told.get("name") or "")[:254]
