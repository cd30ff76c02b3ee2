"""`/settings/providers/` and `/settings/models/`: who can answer, what it costs, and the keys (design 5.1, 11)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.llm.registry.forms import KeyForm
from agents.llm.registry.key_actions import REMOVE, SET
from agents.llm.registry.models import StoredKey
from agents.llm.registry.policies import may_set_keys
from agents.llm.registry.probing import try_key
from agents.llm.registry.reading import (
    CAPABILITIES,
    MILLION,
    capabilities,
    in_order,
    narrowed,
    provider_line,
    provider_lines,
)
from agents.llm.registry.snapshot import snapshot
from governance.access.showing import show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, Conflict, NotAllowed, NotThere
from governance.isolation.context import current, reading
from governance.ledger.caps import limit_now
from governance.ledger.models import Period, Unit
from governance.perform import perform

Trial = StoredKey.Trial
COLUMNS = ("name", "context", "output", "input_price", "output_price", "quality", "speed")


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """Every provider with the state of its key; those that can answer first."""
    lines = provider_lines()
    context = {
        "ready": [line for line in lines if line.ready],
        "others": [line for line in lines if not line.ready],
        "models": sum(line.models for line in lines),
        "monthly": limit_now(None, Unit.PICO_USD, Period.MONTH),
        "manages": may_set_keys(current()),
        "demo": settings.DEMO_MODE,
    }
    return show(request, "llm/providers.html", context)


@require_safe
def provider(request: HttpRequest, provider: str) -> HttpResponse:
    """One provider: where it is, what it offers, and its key."""
    line = provider_line(provider)
    context = {"line": line, "manages": may_set_keys(current()), "demo": settings.DEMO_MODE}
    return show(request, "llm/provider.html", context)


@sensitive_variables()
@sensitive_post_parameters("key")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def provider_key(request: HttpRequest, provider: str) -> HttpResponse:
    """Gives or replaces the key. The proof is asked for before the key is typed, so that it is typed once."""
    line = managed(provider)
    require_recent_factor(request, back=request.path)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            perform(SET, {"provider": provider, **form.cleaned_data})
            messages.success(request, _("The key is kept. Test it to see whether the provider takes it."))
            return redirect("llm-provider", provider)
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
    return show(request, "llm/key.html", {"form": form, "line": line}, status=400 if form.errors else 200)


@require_POST
def provider_key_remove(request: HttpRequest, provider: str) -> HttpResponse:
    managed(provider)
    require_recent_factor(request, back=reverse("llm-provider", args=[provider]))
    try:
        perform(REMOVE, {"provider": provider})
        messages.success(request, _("The key is removed."))
    except NotThere:
        messages.info(request, _("There was no key of this identity."))
    return redirect("llm-provider", provider)


@require_POST
def provider_key_test(request: HttpRequest, provider: str) -> HttpResponse:
    """Tries the key and says what came of it."""
    managed(provider)
    require_recent_factor(request, back=reverse("llm-provider", args=[provider]))
    try:
        say(request, try_key(provider))
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    return redirect("llm-provider", provider)


def say(request: HttpRequest, outcome: str) -> None:
    if settings.DEMO_MODE:
        messages.info(request, _("Demonstration: the simulator was asked, and no key was used."))
    elif outcome == Trial.OK:
        messages.success(request, _("The provider takes this key."))
    elif outcome == Trial.REFUSED:
        messages.error(request, _("The provider refuses this key: look whether it was copied whole and still counts."))
    else:
        messages.warning(request, _("The provider cannot be reached, or does not answer as it should."))


def managed(provider: str) -> Any:
    """The provider of the address, for who may give it a key. Raises NotThere or NotAllowed."""
    with reading():
        line = provider_line(provider)
    if not may_set_keys(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    return line


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """What can be called: `?provider=&can=&q=` narrow it, `?by=` puts it in order (`-` before: largest first)."""
    picture, asked = snapshot(), {name: request.GET.get(name, "")[:80] for name in ("provider", "can", "q", "by")}
    found = in_order(narrowed(picture.models, asked["provider"], asked["can"], asked["q"]), asked["by"])
    context = {
        "lines": [
            {
                "model": model,
                "provider": picture.providers[model.provider],
                "can": [CAPABILITIES[name] for name in capabilities(model)],
                "input": model.rates.input * MILLION,
                "output": model.rates.output * MILLION,
            }
            for model in found
        ],
        "all": len(picture.models),
        "asked": asked,
        "narrowed": any(asked[name] for name in ("provider", "can", "q")),
        "providers": picture.providers.values(),
        "capabilities": CAPABILITIES.items(),
        "orders": orders(asked["by"]),
    }
    return show(request, "llm/models.html", context)


def orders(by: str) -> dict[str, dict[str, str]]:
    """For each column: how it is sorted now, and what its link asks for next."""
    found = {}
    for name in COLUMNS:
        first = name if name in {"name", "input_price", "output_price"} else f"-{name}"
        second = name if first.startswith("-") else f"-{name}"
        found[name] = {"next": second if by == first else first, "sorted": "", "icon": "chevrons-up-down"}
        if by.removeprefix("-") == name:
            down = by.startswith("-")
            found[name] |= {
                "sorted": "descending" if down else "ascending", "icon": "chevron-down" if down else "chevron-up",
            }  # fmt: skip
    return found
