"""The pages of people: switching identity, and the look of one's pages."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from governance.access import sessions
from governance.access.factors import demand
from governance.isolation.context import bind
from governance.live.notify import recheck
from governance.people.registration import personal_context
from governance.perform import perform


@require_POST
def activate_identity(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Acts for another of one's identities; every open page of the session becomes stale."""
    demand.check_named(request, identity)
    chosen = perform("governance.identity.activate", {"identity": identity})
    sessions.activate(request, identity)
    recheck(request.context.person_id)  # type: ignore[attr-defined]
    messages.success(request, _("You now act for %(name)s.") % {"name": chosen.name})
    return redirect(wanted_page(request) or "home")


def wanted_page(request: HttpRequest) -> str:
    """Where to go on, when it is an address of ours; else ''."""
    wanted = request.POST.get("next", "")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remembers the language on this device and, for who is signed in, in the profile."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES) and chosen != request.user.language:
        with bind(personal_context(request.user, channel="page", request_id=getattr(request, "request_id", None))):
            perform("governance.person.update", {"language": chosen})
    return set_language(request)


@require_POST
def change_theme(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen theme in the profile, so that the next page is painted with it at once."""
    perform("governance.person.update", {"theme": request.POST.get("theme", "")})
    return HttpResponse(status=204)
