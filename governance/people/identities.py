"""The pages of identities: which one has, one of them in full (design 11, C2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.access import sessions
from governance.access.showing import ActionForm, show
from governance.errors import BadInput, BudgetExceeded, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.ledger.budget import credits_left
from governance.ledger.sharing import SHARE
from governance.people.forms import IdentityForm, NewIdentityForm, ShareForm
from governance.people.models import MOST_IDENTITIES_PER_PERSON, Identity, Membership, Role
from governance.people.owning import RESTORE, the_current
from governance.people.policies import may_own
from governance.perform import perform

REFUSALS = (BadInput, BudgetExceeded, Conflict)


@require_http_methods(["GET", "HEAD", "POST"])
def identity_list(request: HttpRequest) -> HttpResponse:
    """Mine, with the way to act for each and to make another one."""
    form = NewIdentityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = carry_out(form, "governance.identity.create", form.cleaned_data)
        if made is not None:
            messages.success(request, _("%(name)s is ready. Act for it to begin.") % {"name": made.name})
            return redirect("people:identity-list")
    person_id = current().person_id
    context = {
        "form": form,
        "memberships": request.memberships,  # type: ignore[attr-defined]
        "here": current().identity_id,
        "archived": list(Membership.objects.archived_of(person_id)),
        "is_full": Identity.objects.filter(owner_id=person_id).count() >= MOST_IDENTITIES_PER_PERSON,
        "most": MOST_IDENTITIES_PER_PERSON,
    }
    return show(request, "people/identities.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def identity_detail(request: HttpRequest, identity: UUID) -> HttpResponse:
    """The identity one acts for: its name, its credits, its end. POST changes it."""
    row = the_current(identity)
    form = IdentityForm(request.POST or None, initial={name: getattr(row, name) for name in IdentityForm.base_fields})
    wanted = request.method == "POST" and form.is_valid()
    if wanted and carry_out(form, "governance.identity.update", form.cleaned_data) is not None:
        messages.success(request, _("Changed."))
        return redirect("people:identity-detail", identity)
    return identity_page(request, row, form=form)


@require_POST
def identity_share(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Gives credits to another of one's identities."""
    row = the_current(identity)
    if not may_own(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form = ShareForm(request.POST, others=others_owned(request))
    if form.is_valid():
        other = carry_out(form, SHARE, form.cleaned_data)
        if other is not None:
            messages.success(request, _("The credits are now those of %(name)s.") % {"name": other.name})
            return redirect("people:identity-detail", identity)
    return identity_page(request, row, share_form=form)


@require_POST
def identity_archive(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Archives the identity one acts for; one goes on as the default one."""
    the_current(identity)
    archived = perform("governance.identity.archive", {})
    sessions.activate(request, None)
    messages.success(request, _("%(name)s is archived. You can bring it back at any time.") % {"name": archived.name})
    return redirect("people:identity-list")


@require_POST
def identity_restore(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Brings an archived identity back."""
    row = perform(RESTORE, {"identity": identity})
    messages.success(request, _("%(name)s is back.") % {"name": row.name})
    return redirect("people:identity-list")


def identity_page(
    request: HttpRequest, row: Identity, *, form: IdentityForm | None = None, share_form: ShareForm | None = None
) -> HttpResponse:
    """One identity, with the forms as they were sent when something in them was refused."""
    others = others_owned(request)
    with reading():
        left, cap = credits_left()
    context: dict[str, Any] = {
        "row": row,
        "may_own": may_own(current()),
        "is_personal": row.kind == Identity.Kind.PERSONAL,
        "role": Role(current().role).label,
        "form": form or IdentityForm(initial={name: getattr(row, name) for name in IdentityForm.base_fields}),
        "share_form": (share_form or ShareForm(others=others)) if others else None,
        "left": left,
        "cap": cap,
    }
    wrong = any(one is not None and one.errors for one in (form, share_form))
    return show(request, "people/identity.html", context, status=400 if wrong else 200)


def others_owned(request: HttpRequest) -> list[tuple[str, str]]:
    """The other identities one owns, to choose from."""
    return [
        (str(mine.identity_id), mine.identity.name)
        for mine in request.memberships  # type: ignore[attr-defined]
        if mine.role == Role.OWNER and mine.identity_id != current().identity_id
    ]


def carry_out(form: ActionForm, action: str, params: dict[str, Any]) -> Any:
    """What the action returned, or None: then the form says why it was refused."""
    try:
        return perform(action, params)
    except REFUSALS as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail or refusal.title))
        return None
