"""`/kill/`: what is stopped, stopping more, and letting work begin again."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from governance.access.showing import ActionForm, newest_page, show
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.kills.actions import LIFT, PULL, may_kill
from governance.kills.models import Kill
from governance.kills.scopes import reaches
from governance.perform import perform

PAGE = 50


class KillForm(ActionForm):
    """`what`: a scope and, behind a colon, which one of it."""

    what = forms.ChoiceField(label=gettext_lazy("What is to stop"))
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=500)

    def __init__(self, *args: object, offered: list[tuple[str, object]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = offered  # type: ignore[attr-defined]

    def field_for(self, name: str) -> str | None:
        return "what" if name in {"id", "scope"} else super().field_for(name)


def offered() -> list[tuple[str, object]]:
    """Everything, then what each app says can be stopped now, in groups."""
    found: list[tuple[str, object]] = [("identity:", Kill.Scope.IDENTITY.label)]
    for scope, reach in reaches().items():
        listed = [(f"{scope}:{ref}", name) for ref, name in reach.choices()]
        if listed:
            found.append((str(Kill.Scope(scope).label), listed))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def kills(request: HttpRequest) -> HttpResponse:
    may = may_kill(current())
    if request.method == "POST" and not may:
        raise NotAllowed(_("Your role in this identity does not allow it."))
    with reading():
        live, (past, more) = list(Kill.objects.filter(lifted_at__isnull=True).order_by("-id")), _past(request)
        form = KillForm(request.POST or None, offered=offered(), initial={"what": request.GET.get("what", "")})
    if request.method == "POST" and form.is_valid() and _pulled(request, form):
        return redirect("kills")
    context = {"form": form if may else None, "live": live, "past": past, "more": more, "may": may}
    return show(request, "kills/list.html", context, status=400 if form.errors else 200)


def _past(request: HttpRequest) -> tuple[list[Kill], UUID | None]:
    return newest_page(request, Kill.objects.filter(lifted_at__isnull=False), PAGE)


def _pulled(request: HttpRequest, form: KillForm) -> bool:
    """False when the form says why not."""
    scope, _sign, ref = form.cleaned_data["what"].partition(":")
    try:
        row = perform(PULL, {"scope": scope, "id": ref, "reason": form.cleaned_data["reason"]})
    except (BadInput, Conflict) as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
        return False
    said = ngettext("Stopped: %(n)s request was under way.", "Stopped: %(n)s requests were under way.", row.stopped)
    messages.success(request, said % {"n": row.stopped})
    return True


@require_POST
def lift(request: HttpRequest, kill: UUID) -> HttpResponse:
    with reading():
        find(Kill.objects, kill)
    try:
        perform(LIFT, {"kill": kill})
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    else:
        messages.success(request, _("Lifted. New requests may begin."))
    return redirect("kills")
