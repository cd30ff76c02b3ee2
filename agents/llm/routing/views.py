"""`/settings/routing/`: which model would be called, and why this one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from agents.llm.routing.actions import MOST_TOKENS, PREFER, RouteParams, answer, may_prefer, preferences
from agents.llm.routing.asking import Capability, Jurisdiction, Role, Strategy, Task
from agents.llm.routing.deciding import Decision
from agents.llm.routing.models import RoutingPreference
from agents.llm.routing.now import provider_names
from agents.llm.routing.words import groups, rows
from governance.access.showing import ActionForm, show
from governance.errors import BadInput, NotAllowed
from governance.isolation.context import current, reading
from governance.perform import perform

SHOWN = 12
PICO_PER_CENT = 10**10
AS_USUAL = ("", pgettext_lazy("routing", "As preferred below"))


class RouteForm(ActionForm):
    """The question. Nothing is kept and nobody is called, so it is a GET and can be bookmarked."""

    task = forms.ChoiceField(label=gettext_lazy("Task"), choices=Task)
    role = forms.ChoiceField(
        label=gettext_lazy("Asked by"), required=False, choices=[("", gettext_lazy("Anybody")), *Role.choices]
    )
    strategy = forms.ChoiceField(
        label=gettext_lazy("What counts most"), required=False, choices=[AS_USUAL, *Strategy.choices]
    )
    model = forms.CharField(
        label=gettext_lazy("Model"), required=False, max_length=120,
        help_text=gettext_lazy("Only with “The model I name”."),
    )  # fmt: skip
    context_tokens = forms.IntegerField(
        label=gettext_lazy("Tokens to read"), min_value=0, max_value=MOST_TOKENS, initial=1_000
    )
    max_output_tokens = forms.IntegerField(
        label=gettext_lazy("Tokens to write, at most"), min_value=1, max_value=MOST_TOKENS, initial=1_024
    )
    needs = forms.MultipleChoiceField(
        label=gettext_lazy("It must handle"), required=False, choices=Capability, widget=forms.CheckboxSelectMultiple
    )
    residency = forms.MultipleChoiceField(
        label=gettext_lazy("The words stay in"), required=False, choices=Jurisdiction,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def params(self) -> RouteParams:
        """What was filled in. Raises BadInput when it does not go together."""
        given = self.cleaned_data
        needs = {"json" if each == Capability.JSON else each: True for each in given["needs"]}
        needs |= {name: given[name] for name in ("context_tokens", "max_output_tokens")}
        return RouteParams.model_validate(
            {
                "task": given["task"],
                "role": given["role"] or None,
                "strategy": given["strategy"] or (Strategy.SPECIFIC if given["model"] else None),
                "model": given["model"],
                "needs": needs,
                "residency": given["residency"],
            }
        )


class PreferForm(ActionForm):
    """What the identity prefers."""

    prefix = "prefer"
    strategy = forms.ChoiceField(
        label=gettext_lazy("What counts most"), choices=[each for each in Strategy.choices if each[0] != "specific"]
    )
    residency = forms.MultipleChoiceField(
        label=gettext_lazy("The words stay in"), required=False, choices=Jurisdiction,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("None chosen: they may go anywhere."),
    )  # fmt: skip
    prefer = forms.MultipleChoiceField(
        label=gettext_lazy("Preferred providers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    exclude = forms.MultipleChoiceField(
        label=gettext_lazy("Never these providers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    cents = forms.IntegerField(
        label=gettext_lazy("One call costs at most, in US cents"), required=False, min_value=0, max_value=100_000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("prefer", "exclude"):
            self.fields[name].choices = list(provider_names().items())  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        found = {name: self.cleaned_data[name] for name in ("strategy", "residency", "prefer", "exclude")}
        cents = self.cleaned_data["cents"]
        return {**found, "max_cost_pico_usd": None if cents is None else cents * PICO_PER_CENT}

    def field_for(self, name: str) -> str | None:
        return "cents" if name == "max_cost_pico_usd" else super().field_for(name)


@require_http_methods(["GET", "HEAD", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    may = may_prefer(current())
    if request.method == "POST" and not may:
        raise NotAllowed(_("Your role in this identity does not allow it."))
    with reading():
        usual = preferences()
        wanted = PreferForm(request.POST or None, initial=_initial(usual))
    if request.method == "POST" and wanted.is_valid() and _preferred(request, wanted):
        return redirect("routing")
    asked = request.GET.dict().keys() & RouteForm.base_fields.keys()
    form = RouteForm(request.GET if asked else None)
    context: dict[str, Any] = {"form": form, "preferences": wanted if may else None, "asked": bool(asked)}
    if asked and form.is_valid() and (decision := _answered(form, usual)):
        context |= _shown(decision)
    refused = form.errors or wanted.errors
    return show(request, "agents/routing.html", context, status=400 if refused else 200)


def _initial(row: RoutingPreference) -> dict[str, Any]:
    cents = None if row.max_cost_pico_usd is None else row.max_cost_pico_usd // PICO_PER_CENT
    return {name: getattr(row, name) for name in ("strategy", "residency", "prefer", "exclude")} | {"cents": cents}


def _answered(form: RouteForm, usual: RoutingPreference) -> Decision | None:
    """None when the form says why not."""
    try:
        with reading():
            return answer(form.params(), usual)
    except BadInput as refusal:
        form.refuse(refusal)
        return None


def _shown(decision: Decision) -> dict[str, Any]:
    listed = rows(decision, SHOWN)
    return {
        "decision": decision,
        "best": listed[0] if listed else None,
        "rows": listed,
        "more": max(0, len(decision.ranked) - SHOWN),
        "groups": groups(decision),
        "chain": [f"{provider_names()[each.provider]} · {each.facts.id}" for each in decision.chain],
    }


def _preferred(request: HttpRequest, form: PreferForm) -> bool:
    """False when the form says why not."""
    try:
        perform(PREFER, form.given())
    except BadInput as refusal:
        form.refuse(refusal)
        return False
    messages.success(request, _("Kept. New requests follow it."))
    return True
