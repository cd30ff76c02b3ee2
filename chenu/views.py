"""The two pages that belong to no app: the landing page and today."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from governance.access.accounts import signup_is_open


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What CHE·NU is, for who is not signed in; everybody else goes home."""
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "landing.html", {"signup_is_open": signup_is_open()})
