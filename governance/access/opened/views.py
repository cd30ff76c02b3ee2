"""`/accounts/sessions/`: the doors that are open for a person, and closing them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.access.models import SignIn
from governance.access.opened.reading import doors
from governance.access.showing import newest_page, show
from governance.access.signins import perform_for_oneself

PAGE = 25


@require_safe
def sign_ins(request: HttpRequest) -> HttpResponse:
    rows = SignIn.objects.of_person(request.user.pk).alive()  # type: ignore[arg-type]
    found, more = newest_page(request, rows, PAGE)
    return show(request, "account/sessions.html", {"doors": doors(request, found), "more": more})


@require_POST
def end(request: HttpRequest, sign_in: UUID) -> HttpResponse:
    perform_for_oneself(request, "governance.session.end", {"sign_in": sign_in})
    messages.success(request, _("This sign-in has ended."))
    return redirect("sign-ins")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    perform_for_oneself(request, "governance.session.end_others")
    messages.success(request, _("Every other sign-in has ended."))
    return redirect("sign-ins")
