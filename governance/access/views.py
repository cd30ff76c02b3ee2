"""`/violations/`: attempts to reach across identities, all of them refused; and what was said about them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from governance.access.models import Violation
from governance.access.settling import RESOLVE, may_resolve
from governance.access.showing import ActionForm, names_of, newest_page, show
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.policies import may_manage
from governance.perform import perform

PAGE = 50


class FilterForm(forms.Form):
    """What narrows the list; nothing chosen is everything."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), required=False)
    state = forms.ChoiceField(label=pgettext_lazy("violations", "State"), required=False)

    def __init__(self, given: Any) -> None:
        super().__init__(given, auto_id="narrow-%s", label_suffix="")
        anything = ("", pgettext_lazy("filter", "All"))
        states = [("open", pgettext_lazy("violations", "open")), ("settled", gettext_lazy("settled"))]
        listed = {"kind": Violation.Kind.choices, "severity": Violation.Severity.choices, "state": states}
        for name, choices in listed.items():
            self.fields[name].choices = [anything, *choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, for the address; what is none of the choices narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ResolveForm(ActionForm):
    note = forms.CharField(
        label=gettext_lazy("What was found out"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


def narrowed(chosen: dict[str, str]) -> Any:
    """The rows of the choices: `kind`, `severity`, and `state` (open or settled)."""
    given = dict(chosen)
    state, rows = given.pop("state", ""), Violation.objects.filter(**given)
    return rows.filter(resolved_at__isnull=state == "open") if state else rows


@require_safe
def violations(request: HttpRequest) -> HttpResponse:
    """The newest first, narrowed by `?kind=`, `?severity=` and `?state=`."""
    form = FilterForm(request.GET)
    chosen = form.chosen
    found, more = newest_page(request, narrowed(chosen), PAGE)
    names = names_of(row.person_id for row in found)
    rows = [(row, names.get(row.person_id, "")) for row in found]
    context = {"rows": rows, "more": more, "form": form, "chosen": bool(chosen), "narrow": urlencode(chosen)}
    return show(request, "governance/violations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def violation_detail(request: HttpRequest, violation: UUID) -> HttpResponse:
    """Everything that was noted of one attempt; POST settles it, with a note."""
    with reading():
        row: Violation = find(Violation.objects, violation)
    if request.method == "POST" and not may_resolve(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form = ResolveForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                perform(RESOLVE, {"violation": violation, "note": form.cleaned_data["note"]})
            except (BadInput, Conflict) as refusal:
                form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
                status = refusal.status
            else:
                messages.success(request, _("Settled, with your name."))
                return redirect("violation-detail", violation)
    with reading():
        names = names_of([row.person_id, row.resolved_by_id])
    context = {
        "row": row,
        "person": names.get(row.person_id, ""),
        "settler": names.get(row.resolved_by_id, "") if row.resolved_by_id else "",
        "in_full": may_manage(current()),
        "form": form if may_resolve(current()) and (row.resolved_at is None or form.errors) else None,
    }
    return show(request, "governance/violation.html", context, status=status)
