"""`/accounts/email/` and `/accounts/password/change/`."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from governance.access.contact.changing import ask_email, send_link, set_password, waiting_of
from governance.access.contact.forms import EmailForm, PasswordForm
from governance.access.showing import show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Another password, for who has just shown who they are."""
    require_recent_factor(request, back=request.path)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_password(request, request.user, form.cleaned_data["password"])  # type: ignore[arg-type]
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your password has changed. Your other sign-ins have ended."))
            get_adapter(request).send_notification_mail("account/email/password_changed", request.user)
            return redirect("security")
    return show(request, "account/password_change.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest) -> HttpResponse:
    """The address, and the one that waits for its link."""
    person: Any = request.user
    form = EmailForm(request.POST or None)
    if request.method == "POST":
        require_recent_factor(request, back=request.path)
        if "again" in request.POST:
            send_link(request)
            messages.success(request, _("The link is on its way."))
            return redirect("account_email")
        if form.is_valid():
            try:
                ask_email(request, form.cleaned_data["email"])
            except BadInput as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The link is on its way."))
                return redirect("account_email")
    values = {
        "form": EmailForm() if "again" in request.POST else form,
        "verified": EmailAddress.objects.filter(user=person, email=person.email, verified=True).exists(),
        "waiting": waiting_of(person),
    }
    return show(request, "account/email_change.html", values, status=400 if form.errors else 200)
