"""`/accounts/outside/`: leaving for another house to sign in there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.access.outside.leaving import leave_for
from governance.errors import NotThere


@require_safe
def again(request: HttpRequest) -> HttpResponse:
    """The choice of outside accounts: the step-up of who has neither password nor second factor."""
    return render(request, "account/outside.html", {"next": get_next_redirect_url(request) or ""})


@never_cache
@require_POST
def begin(request: HttpRequest, provider: str) -> HttpResponse:
    """Leaves for the other house, to sign in there."""
    return leave_for(request, provider, AuthProcess.LOGIN, get_next_redirect_url(request))


def back(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A library's view of the way back: where the outside account is not set up, there is nothing."""

    @wraps(view)
    @require_safe
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except SocialApp.DoesNotExist as error:
            raise NotThere() from error

    return answer
