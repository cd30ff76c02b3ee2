"""`/team/`: who acts for the identity, in which role, and who is invited (design 11, C2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.access import sessions
from governance.access.showing import newest_page, show
from governance.access.stepup import has_second_factor, require_recent_factor, with_factor
from governance.errors import BadInput, Conflict, NotAllowed, TooMany
from governance.isolation.context import current
from governance.members.actions import LEAVE, find_member
from governance.members.forms import InviteForm, roles_within
from governance.members.guarding import REQUIRE
from governance.members.invitations import find_invitation
from governance.members.mail import link_of, send_invitation
from governance.members.models import Invitation
from governance.members.policies import may_manage_members, outranks
from governance.people.models import Identity, Membership
from governance.perform import perform

PAGE = 50
MOST_INVITATIONS = 100
LINK = "invitation_link"  # in the session, until the next page has shown it


@dataclass(frozen=True, slots=True)
class Row:
    """A member as the page shows them; `may_change`: within reach of who looks."""

    member: Membership
    is_me: bool
    may_change: bool


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """The members, the newest first, and the invitations that nobody has answered."""
    return team_page(request)


def team_page(request: HttpRequest, form: InviteForm | None = None) -> HttpResponse:
    actor = current()
    identity = Identity.objects.get(pk=actor.identity_id)
    rows = Membership.objects.filter(identity=identity).select_related("user")
    manages = may_manage_members(actor)
    found, more = newest_page(request, with_factor(rows) if manages else rows, PAGE)
    invited = Invitation.objects.of_identity(identity.pk).unanswered().select_related("invited_by").newest_first()
    context: dict[str, Any] = {
        "identity": identity,
        "is_personal": identity.kind == Identity.Kind.PERSONAL,
        "rows": [Row(one, one.user_id == actor.person_id, outranks(actor.role, one.role)) for one in found],
        "more": more,
        "manages": manages,
        "has_factor": manages and has_second_factor(request.user),  # type: ignore[arg-type]
        "roles": roles_within(actor.role),
        "invitations": list(invited[:MOST_INVITATIONS]) if manages else [],
        "now": timezone.now(),
        "link": request.session.pop(LINK, ""),
        "form": form or InviteForm(own_role=actor.role),
    }
    return show(request, "members/team.html", context, status=400 if form is not None and form.errors else 200)


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Invites one person; the e-mail leaves after the invitation is on record."""
    if not may_manage_members(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form = InviteForm(request.POST, own_role=current().role)
    if not form.is_valid():
        return team_page(request, form)
    try:
        row = perform("governance.member.invite", form.cleaned_data)
    except (BadInput, Conflict, TooMany) as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail or refusal.title))
        return team_page(request, form)
    tell_sent(request, row)
    return redirect("team")


@require_POST
def invite_again(request: HttpRequest, invitation: UUID) -> HttpResponse:
    find_invitation(invitation)
    tell_sent(request, perform("governance.member.invite_again", {"invitation": invitation}))
    return redirect("team")


def tell_sent(request: HttpRequest, row: Invitation) -> None:
    """Sends the e-mail and says so; without a mail server the page shows the link, once, to be passed on by hand."""
    if not send_invitation(request, row):
        messages.warning(request, _("The e-mail could not be sent. Send the invitation again later."))
    elif settings.EMAIL_IS_FILES:
        request.session[LINK] = link_of(request, row)
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": row.email})


@require_POST
def uninvite(request: HttpRequest, invitation: UUID) -> HttpResponse:
    find_invitation(invitation)
    perform("governance.member.uninvite", {"invitation": invitation})
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("team")


@require_POST
def change_role(request: HttpRequest, member: UUID) -> HttpResponse:
    find_member(member)
    perform("governance.member.change_role", {"member": member, "role": request.POST.get("role", "")})
    messages.success(request, _("Changed."))
    return redirect("team")


@require_POST
def remove(request: HttpRequest, member: UUID) -> HttpResponse:
    """Ends a membership at once, with everything that stood on it."""
    name = str(find_member(member).user)
    perform("governance.member.remove", {"member": member})
    messages.success(request, _("%(name)s is no longer a member.") % {"name": name})
    return redirect("team")


@require_POST
def require_factor(request: HttpRequest) -> HttpResponse:
    """Demands a second factor of whoever acts for the identity, or no longer does."""
    if not may_manage_members(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    wanted = request.POST.get("required") == "on"
    require_recent_factor(request, second=wanted, back=reverse("team"))
    perform(REQUIRE, {"required": wanted})
    messages.success(request, _("Changed."))
    return redirect("team")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Ends one's own membership; one goes on as the default identity."""
    perform(LEAVE, {})
    sessions.activate(request, None)
    messages.success(request, _("You have left it."))
    return redirect("people:identity-list")
