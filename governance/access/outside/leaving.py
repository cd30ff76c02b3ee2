"""Leaving for another house, with everything that the way back must match."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from governance.access.outside.offered import providers
from governance.errors import GovernanceError, NotThere


class ProviderSilent(GovernanceError):
    status, code, title = 503, "provider_silent", _("The other site does not answer")

    def __init__(self) -> None:
        super().__init__(_("Try again in a moment, or sign in another way."))


def the_provider(request: HttpRequest, provider: str) -> Any:
    """The outside account of that name; NotThere when this installation accepts none."""
    if provider not in dict(providers()):
        raise NotThere()
    try:
        return get_adapter().get_provider(request, provider)
    except SocialApp.DoesNotExist as error:
        raise NotThere() from error


def leave_for(
    request: HttpRequest, provider: str, process: str, next_url: str | None, bound: dict[str, str] | None = None
) -> HttpResponse:
    """Names the other site, then goes there. `bound`: what is remembered with the way back.

    A page, not a redirect: the policy lets no form of ours lead to another site, redirects included.
    """
    try:
        answer = the_provider(request, provider).redirect(request, process=process, next_url=next_url, data=bound)
    except RequestException as error:
        raise ProviderSilent() from error
    if not isinstance(answer, HttpResponseRedirect) or not answer.url.startswith(("https://", "http://")):
        raise ProviderSilent()
    return render(request, "account/leaving.html", {"url": answer.url, "name": dict(providers())[provider]})
