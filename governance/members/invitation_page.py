"""`/accounts/invitation/<token>/`: what an invited person sees before they join. Reachable with the secret alone."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from governance.access import sessions
from governance.access.accounts import signup_is_open
from governance.errors import NotSignedIn, NotThere
from governance.isolation.context import bind
from governance.live.notify import recheck
from governance.members import joining
from governance.members.invitations import JOIN, check_open, is_address_of
from governance.members.models import Invitation
from governance.people.registration import personal_context
from governance.perform import perform


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites, to what, in which role, until when; POST joins, as the person who is signed in."""
    row = Invitation.objects.with_token(token).first()
    if row is None:
        raise NotThere()
    if row.accepted_by_id and row.accepted_by_id == getattr(request.user, "pk", None):
        return redirect("people:identity-list")
    if request.method == "POST":
        return join(request, row, token)
    check_open(row)
    return look(request, row)


def look(request: HttpRequest, row: Invitation) -> HttpResponse:
    joining.hold(request, row)
    if not settings.EMAIL_IS_FILES and not request.user.is_authenticated:
        # The secret was in that mailbox and nowhere else: the address needs no second proof.
        request.session["account_verified_email"] = row.email
    back = urlencode({"next": request.path})
    context = {
        "row": row,
        "is_mine": request.user.is_authenticated and is_address_of(row.email, request.user.pk),
        "may_sign_up": signup_is_open() or joining.admits(row),
        "login_url": f"{reverse('account_login')}?{back}",
        "signup_url": f"{reverse('account_signup')}?{back}",
    }
    return render(request, "members/invitation.html", context)


def join(request: HttpRequest, row: Invitation, token: str) -> HttpResponse:
    if not request.user.is_authenticated:
        raise NotSignedIn()
    with bind(personal_context(request.user, channel="page", request_id=request.request_id)):  # type: ignore[attr-defined]
        perform(JOIN, {"token": token})
    sessions.activate(request, row.identity_id)
    recheck(request.user.pk)
    messages.success(request, _("You now act for %(name)s.") % {"name": row.identity.name})
    return redirect("home")
