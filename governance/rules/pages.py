"""`/policies/`: the rules that hold here, and the editor of one's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import show
from governance.access.stepup import require_recent_factor
from governance.errors import BadInput, Conflict, NotAllowed, NotThere
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.perform import perform
from governance.rules import drafting
from governance.rules import reading as words
from governance.rules.actions import CREATE, DISABLE, PUBLISH, REMOVE, RESTORE, UPDATE
from governance.rules.beginnings import TEMPLATES, begun
from governance.rules.conditions import MOST_CONDITIONS
from governance.rules.contents import latest_of, system_rule
from governance.rules.models import Rule
from governance.rules.policies import may_rule
from governance.rules.words import key_choices, operator_choices

SHOWN = 100


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The installation's rules, then the identity's own."""
    with reading():
        rows = list(Rule.objects.order_by("-enabled", "-priority", "name")[:SHOWN])
    standing = [row for row in rows if row.removed_at is None]
    context = {
        "rules_here": may_rule(current()),
        "system": words.of_system({row.tightens for row in standing if row.enabled}),
        "own": [words.own(row) for row in standing],
        "removed": [row for row in rows if row.removed_at is not None],
        "templates": [(name, title, says) for name, (title, says, _content) in TEMPLATES.items()],
    }
    return show(request, "rules/list.html", context)


@require_safe
def policy(request: HttpRequest, rule: UUID) -> HttpResponse:
    """One rule: what holds, what is being written, and every version there was."""
    with reading():
        row = find(Rule.objects, rule)
        context = {
            "rule": words.own(row),
            "row": row,
            "rules_here": may_rule(current()),
            "changes": words.draft_diff(row),
            "history": words.history(row),
            "tightens": system_rule(row.tightens),
        }
    return show(request, "rules/rule.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    """An empty one, one of the templates, or a stricter form of a system rule."""
    check_ruler()
    code = (request.POST if request.method == "POST" else request.GET).get("tightens", "")
    spec = system_rule(code)
    if code and spec is None:
        raise NotThere()
    content = words.plain(spec) if spec else begun(request.GET.get("template", ""))
    if spec:
        content["name"] = _("%(rule)s (stricter)") % {"rule": spec.name}
    return editor(request, content, CREATE, {"tightens": code}, spec=spec)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: HttpRequest, rule: UUID) -> HttpResponse:
    """The draft of a rule."""
    row = look(rule)
    return editor(request, latest_of(row), UPDATE, {"rule": row.pk}, row=row, spec=system_rule(row.tightens))


def editor(
    request: HttpRequest, content: dict[str, Any], action: str, more: dict[str, Any], **shown: Any
) -> HttpResponse:
    """Shows the form, or carries out what its button says: one row more or less, or saving."""
    posted = request.POST if request.method == "POST" else None
    rows = drafting.rows_in(posted) if posted is not None else (drafting.rows_of(content) or [drafting.Row(0)])
    saving = posted is not None and posted.get("do", "save") == "save"
    form = drafting.RuleForm(posted if saving else None, initial=content if posted is None else posted.dict())
    if saving and (row := saved(form, rows, content, action, more)) is not None:
        messages.success(request, _("The draft is kept. It holds once you put it into force."))
        return redirect("policy", row.pk)
    wrong = form.errors or any(row.errors for row in rows)
    context = {
        "form": form, "rows": rows, "keys": key_choices(), "operators": operator_choices(),
        "full": len(rows) >= MOST_CONDITIONS, "tightens": more.get("tightens", ""), **shown,
    }  # fmt: skip
    return show(request, "rules/edit.html", context, status=400 if wrong else 200)


def saved(
    form: drafting.RuleForm, rows: list[drafting.Row], content: dict[str, Any], action: str, more: dict[str, Any]
) -> Rule | None:
    """The kept rule; None when something is wrong, which then stands at its place."""
    conditions = drafting.conditions_in(rows)
    if not form.is_valid() or any(row.errors for row in rows):
        return None
    try:
        params = {**form.cleaned_data, "kind": content["kind"], "conditions": conditions, **more}
        return perform(action, params)  # type: ignore[no-any-return]
    except BadInput as refusal:
        drafting.refuse(form, rows, refusal)
    except Conflict as refusal:
        form.add_error(None, str(refusal.detail))
    return None


@require_POST
def policy_publish(request: HttpRequest, rule: UUID) -> HttpResponse:
    """Puts the draft into force; needs a fresh proof of who does."""
    row = look(rule)
    require_recent_factor(request, back=reverse("policy", args=[row.pk]))
    seen = request.POST.get("draft_of", "")
    given = {"draft_of": int(seen)} if seen.isascii() and seen.isdigit() and len(seen) < 9 else {}
    return carry_out(request, PUBLISH, row, _("The rule is in force."), **given)


@require_POST
def policy_disable(request: HttpRequest, rule: UUID) -> HttpResponse:
    row = look(rule)
    require_recent_factor(request, back=reverse("policy", args=[row.pk]))
    return carry_out(request, DISABLE, row, _("The rule is switched off."))


@require_POST
def policy_remove(request: HttpRequest, rule: UUID) -> HttpResponse:
    row = look(rule)
    require_recent_factor(request, back=reverse("policy", args=[row.pk]))
    return carry_out(request, REMOVE, row, _("Removed. You can bring it back from the list of rules."))


@require_POST
def policy_restore(request: HttpRequest, rule: UUID) -> HttpResponse:
    """A version as the next draft, or a removed rule as it was left."""
    row = look(rule)
    asked = request.POST.get("version", "")
    version = {"version": int(asked)} if asked.isascii() and asked.isdigit() and 0 < len(asked) < 9 else {}
    return carry_out(request, RESTORE, row, _("It is back as a draft. It holds once you put it into force."), **version)


def look(rule: UUID) -> Rule:
    """The rule of the address; raises NotAllowed for who may not write rules."""
    with reading():
        row: Rule = find(Rule.objects, rule)
    check_ruler()
    return row


def check_ruler() -> None:
    if not may_rule(current()):
        raise NotAllowed(_("Only owners and administrators write rules."))


def carry_out(request: HttpRequest, name: str, row: Rule, done: str, **params: Any) -> HttpResponse:
    """Performs it; what stands in the way is said on the page of the rule."""
    try:
        perform(name, {"rule": row.pk, **params})
        messages.success(request, done)
    except BadInput as refusal:
        sentences = [str(each) for found in refusal.errors.values() for each in found]
        messages.warning(request, " ".join(sentences) or str(refusal.detail))
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    return redirect("policy", row.pk)
