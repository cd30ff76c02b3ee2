"""`/laws/`: the ten laws under the five principles, each with what looks whether it is kept, and what enforces it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.access.showing import show
from governance.errors import NotAllowed, TooMany
from governance.isolation.context import current
from governance.laws.actions import ASK, may_ask
from governance.laws.looking import last_looks
from governance.laws.models import LawCheck
from governance.perform import perform
from governance.rules.laws import LAWS, PRINCIPLES


@require_http_methods(["GET", "HEAD", "POST"])
def laws(request: HttpRequest) -> HttpResponse:
    """The laws and the last look at each; a post has everything looked at now."""
    if request.method == "POST":
        return look_now(request)
    return show(request, "governance/laws.html", shown())


@require_safe
def laws_state(request: HttpRequest) -> HttpResponse:
    """The same as it is now, for an open page."""
    return show(request, "governance/_laws.html", shown())


def shown() -> dict[str, Any]:
    looks = last_looks()
    every = [look for found in looks.values() for look in found]
    groups = [
        (words, [(law, looks[law.code]) for law in LAWS if law.principle == principle])
        for principle, words in PRINCIPLES.items()
    ]
    return {
        "groups": groups,
        "counts": [(state.label, sum(look.state == state for look in every)) for state in LawCheck.State],
        "broken": [look for look in every if look.state == LawCheck.State.BROKEN],
        "last": max((look.row.at for look in every if look.row), default=None),
        "may_ask": may_ask(current()),
    }


def look_now(request: HttpRequest) -> HttpResponse:
    if not may_ask(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    try:
        perform(ASK, {})
        messages.success(request, _("Everything is being looked at. In a moment this page shows what was found."))
    except TooMany as refusal:
        messages.info(request, str(refusal.detail))
    return redirect("laws")
