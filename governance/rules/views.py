"""`/laws/`: the ten laws under the five principles, each with what enforces it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from governance.access.showing import show
from governance.rules.laws import LAWS, PRINCIPLES


@require_safe
def laws(request: HttpRequest) -> HttpResponse:
    groups = [(words, [law for law in LAWS if law.principle == principle]) for principle, words in PRINCIPLES.items()]
    return show(request, "governance/laws.html", {"groups": groups})
