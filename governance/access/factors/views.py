"""`/accounts/security/`: what guards the account, and its second factors."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.factors import demand
from governance.access.factors.challenges import MADE, keep, taken
from governance.access.factors.enrolment import new_secret, otpauth_url, proven, settled, waiting_secret
from governance.access.factors.forms import EnrolForm, NameForm, PasskeyForm
from governance.access.factors.passkeys import check_made, options_to_make, possible_here
from governance.access.factors.reading import factors_of
from governance.access.factors.telling import tell_by_mail
from governance.access.models import ApiToken, SignIn
from governance.access.showing import show
from governance.access.signins import perform_for_oneself
from governance.access.stepup import has_second_factor, note_proof, require_recent_factor
from governance.errors import BadInput, IdentityBoundary, NotThere


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Everything that guards the account, at a glance."""
    person = request.user
    address = EmailAddress.objects.filter(user=person, primary=True).first()
    return show(
        request,
        "account/security.html",
        {
            "factors": factors_of(person),  # type: ignore[arg-type]
            "demanding": demand.demanding(request.memberships),  # type: ignore[attr-defined]
            "wanted": demand.wanted(request),
            "verified": address is not None and address.verified,
            "sign_ins": SignIn.objects.of_person(person.pk).alive().count(),  # type: ignore[arg-type]
            "tokens": ApiToken.objects.of_person(person.pk).live().count(),  # type: ignore[arg-type]
            "has_password": person.has_usable_password(),  # type: ignore[union-attr]
        },
    )


@never_cache
@require_safe
def needed(request: HttpRequest) -> HttpResponse:
    """An identity demands a second factor: what is to be done for it, then the way back."""
    found = demand.wanted(request)
    if found is None:
        return redirect("people:identity-list")
    membership, back = found
    values = {
        "identity": membership.identity,
        "back": back,
        "enrolled": has_second_factor(request.user),  # type: ignore[arg-type]
        "shown": demand.has_shown(request),
    }
    return show(request, "mfa/needed.html", values)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """Sets up an authenticator app: the secret as picture and text, then its first code."""
    require_recent_factor(request, back=reverse("security-app"))
    if factors_of(request.user).app is not None:  # type: ignore[arg-type]
        return redirect("security")
    form = EnrolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            perform_for_oneself(request, "governance.factor.add", proven(request, form.cleaned_data["code"]))
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            settled(request)
            _told(request, _("Your authenticator app is set up."), "totp_activated")
            return redirect("security-codes")
    secret = waiting_secret(request) if form.is_bound else new_secret(request)
    return show(request, "mfa/app.html", {"form": form, **_drawn(request, secret)}, status=400 if form.errors else 200)


@require_POST
def app_remove(request: HttpRequest) -> HttpResponse:
    require_recent_factor(request)
    kept = factors_of(request.user).app  # type: ignore[arg-type]
    if kept is None:
        raise NotThere()
    perform_for_oneself(request, "governance.factor.remove", {"factor": kept.pk})
    _told(request, _("Your authenticator app is removed."), "totp_deactivated")
    return redirect("security")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """Shows the recovery codes to who has just proved to be the person; a POST makes new ones."""
    require_recent_factor(request, back=reverse("security-codes"))
    if request.method == "POST":
        perform_for_oneself(request, "governance.factor.renew_codes")
        _told(request, _("Ten new codes: the old ones no longer work."), "recovery_codes_generated")
        return redirect("security-codes")
    kept = factors_of(request.user).codes  # type: ignore[arg-type]
    if kept is None:
        raise NotThere()
    values = {"codes": kept.get_unused_codes(), "all": 10, "wanted": demand.wanted(request)}
    return show(request, "mfa/codes.html", values)


@never_cache
@require_safe
def codes_file(request: HttpRequest) -> HttpResponse:
    """The same as a text file."""
    require_recent_factor(request, back=reverse("security-codes"))
    kept = factors_of(request.user).codes  # type: ignore[arg-type]
    if kept is None:
        raise NotThere()
    text = "\n".join(["CHE·NU", "", *kept.get_unused_codes(), ""])
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="chenu-codes.txt"'},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_add(request: HttpRequest) -> HttpResponse:
    """Makes a passkey on this device, or on a key that is plugged in."""
    require_recent_factor(request, back=reverse("security-passkey-add"))
    form = PasskeyForm(request.POST or None, initial={"name": _("Passkey")})
    if request.method == "POST" and form.is_valid():
        first = not factors_of(request.user).on  # type: ignore[arg-type]
        try:
            params = {
                "type": "webauthn",
                "name": form.cleaned_data["name"] or _("Passkey"),
                "credential": check_made(form.cleaned_data["credential"], taken(request, MADE)),
            }
            perform_for_oneself(request, "governance.factor.add", params)
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            note_proof(request, "mfa", type="webauthn")
            _told(request, _("Your passkey is kept."), "webauthn_added")
            return redirect("security-codes" if first else "security")
    possible = possible_here(request)
    options = None
    if possible:
        options, state = options_to_make(request.user)  # type: ignore[arg-type]
        keep(request, MADE, state)
    values = {"form": form, "options": options, "named": _named_address(request)}
    return show(request, "mfa/passkey.html", values, status=400 if form.errors else 200)


@require_POST
def passkey_remove(request: HttpRequest, factor: int) -> HttpResponse:
    require_recent_factor(request)
    perform_for_oneself(request, "governance.factor.remove", {"factor": factor})
    _told(request, _("Your passkey is removed."), "webauthn_removed")
    return redirect("security")


@require_http_methods(["GET", "HEAD", "POST"])
def passkey_rename(request: HttpRequest, factor: int) -> HttpResponse:
    """Another name for a passkey."""
    kept = Authenticator.objects.filter(pk=factor, type=Authenticator.Type.WEBAUTHN).first()
    if kept is None:
        raise NotThere()
    if kept.user_id != request.user.pk:
        raise IdentityBoundary(resource="governance.factor")
    form = NameForm(request.POST or None, initial={"name": kept.data.get("name", "")})
    if request.method == "POST" and form.is_valid():
        try:
            perform_for_oneself(request, "governance.factor.rename", {"factor": factor, **form.cleaned_data})
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            return redirect("security")
    return show(request, "mfa/rename.html", {"form": form, "kept": kept}, status=400 if form.errors else 200)


class PasskeyAgain(ReauthenticateWebAuthnView):
    """allauth's step-up by passkey; what was not right is said on the same page."""

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("This passkey is not right"))
        url = self.passthrough_next_url(reverse("mfa_reauthenticate_webauthn"))
        return redirect(url)


def _named_address(request: HttpRequest) -> str:
    """The same page at localhost, where a bare address is used."""
    _, colon, port = request.get_host().rpartition(":")
    return f"{request.scheme}://localhost{colon}{port if colon else ''}{reverse('security-passkey-add')}"


def _drawn(request: HttpRequest, secret: str) -> dict[str, Any]:
    """The secret to scan and to type."""
    url = otpauth_url(request, secret)
    picture = base64.b64encode(get_adapter().build_totp_svg(url).encode()).decode()
    typed = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"picture": f"data:image/svg+xml;base64,{picture}", "typed": typed, "url": url}


def _told(request: HttpRequest, sentence: str, mail: str) -> None:
    """Says it on the page, and by e-mail in case it was somebody else."""
    messages.success(request, sentence)
    tell_by_mail(request, mail)
