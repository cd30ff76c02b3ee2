"""`/accounts/tokens/`: the keys that a person gave to programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from governance.access.apitokens.forms import TokenForm
from governance.access.models import ApiToken
from governance.access.showing import newest_page, show
from governance.access.signins import perform_for_oneself
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput
from governance.isolation.context import current

PAGE = 25


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens, and a new one: its text stands in the answer to the form, and nowhere else."""
    form, text = TokenForm(request.POST or None), ""
    if request.method == "POST":
        require_recent_factor(request, back=request.path)
        if form.is_valid():
            try:
                _row, text = perform_for_oneself(request, "governance.token.create", _asked(form.cleaned_data))
                form = TokenForm()
            except BadInput as refusal:
                form.refuse(refusal)
    rows = ApiToken.objects.of_person(request.user.pk).live()  # type: ignore[arg-type]
    found, more = newest_page(request, rows, PAGE)
    values = {"tokens": found, "more": more, "form": form, "text": text}
    return show(request, "account/tokens.html", values, status=400 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, token: UUID) -> HttpResponse:
    perform_for_oneself(request, "governance.token.revoke", {"token": token})
    messages.success(request, _("This token opens nothing any more."))
    return redirect("api-keys")


def _asked(fields: dict[str, Any]) -> dict[str, Any]:
    """For the identity that the page acts for."""
    return {
        "name": fields["name"],
        "scopes": fields["scopes"],
        "identity": current().identity_id,
        "expires_at": now() + timedelta(days=fields["days"]),
    }
