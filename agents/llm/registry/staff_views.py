"""The admin's pages of providers, models, prices and the installation's keys (design 3.9, 5.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.llm.registry import staff_forms as forms
from agents.llm.registry.actions import CREATE_MODEL, CREATE_PROVIDER, SET_PRICE, UPDATE_MODEL, UPDATE_PROVIDER
from agents.llm.registry.forms import KeyForm
from agents.llm.registry.key_actions import REMOVE, SET
from agents.llm.registry.models import Model, PriceVersion
from agents.llm.registry.pricing import in_force
from agents.llm.registry.probing import try_key
from agents.llm.registry.reading import MILLION, provider_line, provider_lines
from agents.llm.registry.views import say
from governance.access.stepup import require_recent_factor
from governance.errors import Conflict, NotThere
from governance.isolation.context import reading
from governance.staff.pages import register_pages
from governance.staff.views import carried_out, draw, found_or_404

EITHER = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    return draw(request, "staff/llm/providers.html", {"lines": provider_lines()})


@EITHER
def provider(request: HttpRequest, provider: str) -> HttpResponse:
    """One provider, what may be changed of it, its models, and the installation's key."""
    return _provider(request, provider, None)


def _provider(request: HttpRequest, provider: str, key_form: KeyForm | None) -> HttpResponse:
    with reading():
        line = provider_line(provider)
    posted = request.method == "POST" and key_form is None
    names = ("enabled", "base_url", "default_model", "rpm", "max_concurrency")
    known = {name: getattr(line.row, name) for name in names}
    form = forms.ProviderForm(request.POST if posted else None, initial=known)
    if posted:
        require_recent_factor(request, second=True, back=request.path)
        if form.is_valid():
            given = {name: value for name, value in form.given().items() if value != known[name]}
            params = {**given, "provider": provider}
            if not given or carried_out(request, UPDATE_PROVIDER, params, _("The provider is changed."), form):
                return redirect("admin:llm-provider", provider)
    wrong = bool(form.errors or (key_form is not None and key_form.errors))
    context = {
        "line": line,
        "form": form,
        "key_form": key_form or KeyForm(),
        "models": list(Model.objects.filter(provider=provider).order_by("position", "model_id")),
    }
    return draw(request, "staff/llm/provider.html", context, status=400 if wrong else 200)


@EITHER
def new_provider(request: HttpRequest) -> HttpResponse:
    form = forms.NewProviderForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_recent_factor(request, second=True, back=request.path)
        if form.is_valid() and carried_out(
            request, CREATE_PROVIDER, form.cleaned_data, _("The provider is added. Now add a model of it."), form
        ):
            return redirect("admin:llm-provider", form.cleaned_data["id"])
    context = {"form": form, "title": _("Add a provider"), "back": reverse("admin:llm-providers")}
    return draw(request, "staff/llm/add.html", context, status=400 if form.errors else 200)


@EITHER
def new_model(request: HttpRequest, provider: str) -> HttpResponse:
    with reading():
        provider_line(provider)
    back = reverse("admin:llm-provider", args=[provider])
    form = forms.NewModelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_recent_factor(request, second=True, back=request.path)
        if form.is_valid():
            params = {**form.given(), "provider": provider}
            if carried_out(request, CREATE_MODEL, params, _("The model is added."), form):
                return redirect(back)
    context = {"form": form, "title": _("Add a model"), "back": back}
    return draw(request, "staff/llm/add.html", context, status=400 if form.errors else 200)


@sensitive_variables()
@sensitive_post_parameters("key")
@require_POST
def key(request: HttpRequest, provider: str) -> HttpResponse:
    """The installation's key: for every identity that has none of its own."""
    back = _back(request, provider)
    form = KeyForm(request.POST)
    if form.is_valid():
        params = {**form.cleaned_data, "provider": provider}
        if carried_out(request, SET, params, _("The key is kept for the whole installation."), form):
            return redirect(back)
    return _provider(request, provider, form)


@require_POST
def key_remove(request: HttpRequest, provider: str) -> HttpResponse:
    back = _back(request, provider)
    try:
        carried_out(request, REMOVE, {"provider": provider}, _("The key is removed."), None)
    except NotThere:
        messages.info(request, _("There was no key of the installation."))
    return redirect(back)


@require_POST
def key_test(request: HttpRequest, provider: str) -> HttpResponse:
    back = _back(request, provider)
    try:
        say(request, try_key(provider))
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    return redirect(back)


def _back(request: HttpRequest, provider: str) -> str:
    """The page of a provider that there is, once it is shown who acts. Raises NotThere or StepUpRequired."""
    with reading():
        provider_line(provider)
    back = reverse("admin:llm-provider", args=[provider])
    require_recent_factor(request, second=True, back=back)
    return back


@EITHER
def model(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One model: whether it is called, and every price it has had. `what` says which form was sent."""
    with reading():
        row: Model = found_or_404(Model, pk)
        prices = list(PriceVersion.objects.filter(model=row).in_order())
    now = in_force(prices, timezone.now())
    what = request.POST.get("what", "") if request.method == "POST" else ""
    known = {name: getattr(row, name) for name in ("enabled", "retired", "quality", "tokens_per_second")}
    form = forms.ModelForm(request.POST if what == "model" else None, initial=known)
    price_form = forms.PriceForm(request.POST if what == "price" else None, initial=forms.typed(now))
    named = {"provider": row.provider_id, "model": row.model_id}
    if request.method == "POST":
        require_recent_factor(request, second=True, back=request.path)
        if _model_sent(request, form, named, known) or _price_sent(request, price_form, named):
            return redirect("admin:llm-model", pk)
    context = {
        "row": row,
        "form": form,
        "price_form": price_form,
        "seen": now.name if now else "",
        "prices": [(each, each == now, each.input * MILLION, each.output * MILLION) for each in reversed(prices)],
    }
    wrong = bool(form.errors or price_form.errors) or (request.method == "POST" and not what)
    return draw(request, "staff/llm/model.html", context, status=400 if wrong else 200)


def _model_sent(request: HttpRequest, form: Any, named: dict[str, str], known: dict[str, Any]) -> bool:
    if not (form.is_bound and form.is_valid()):
        return False
    given = {name: value for name, value in form.cleaned_data.items() if value != known[name]}
    return not given or carried_out(request, UPDATE_MODEL, {**named, **given}, _("The model is changed."), form)


def _price_sent(request: HttpRequest, form: Any, named: dict[str, str]) -> bool:
    if not (form.is_bound and form.is_valid()):
        return False
    params = {**named, **form.price(), "seen": request.POST.get("seen", "")[:60]}
    return carried_out(request, SET_PRICE, params, _("The price counts from now on."), form)


def register() -> None:
    """Called once, when the app is ready."""
    register_pages(
        ("providers/", providers, "llm-providers"),
        ("providers/add/", new_provider, "llm-provider-add"),
        ("providers/<slug:provider>/", provider, "llm-provider"),
        ("providers/<slug:provider>/key/", key, "llm-key"),
        ("providers/<slug:provider>/key/remove/", key_remove, "llm-key-remove"),
        ("providers/<slug:provider>/key/test/", key_test, "llm-key-test"),
        ("providers/<slug:provider>/models/add/", new_model, "llm-model-add"),
        ("models/<uuid:pk>/", model, "llm-model"),
    )
