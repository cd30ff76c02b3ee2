"""The pages of the admin about the installation: people, identities as such, jobs, the ceiling, the system's log."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.models import ApiToken, SignIn
from governance.access.showing import ActionForm, asked_id, names_of
from governance.access.stepup import has_second_factor, require_recent_factor
from governance.audit import shapes
from governance.audit.models import AuditEntry, Outcome
from governance.errors import BadInput, Conflict, NotThere
from governance.isolation.context import current, reading
from governance.jobs.models import Job, WorkerBeat
from governance.kills.everywhere import live_stops
from governance.ledger.models import PICO_PER_USD, InstallationAccount
from governance.limits.kinds import AUTH, EXECUTION, READ, UPLOAD, WRITE
from governance.people.models import Identity, Membership, User
from governance.perform import perform
from governance.registry.actions import Effect
from governance.rights.models import Erasure
from governance.rules.system import ALWAYS
from governance.staff.actions.people import REACTIVATE, SUSPEND, UNLOCK
from governance.staff.actions.upkeep import CANCEL, CEILING, OPEN_STATES, OVER_STATES, RETRY
from governance.staff.forms import CeilingForm, ReasonForm
from governance.staff.models import BreakGlass, InstallationLimit
from governance.staff.tables import dollars

PAGE = 50
CROSSINGS = "governance.boundary.cross"
EVERYTHING = "all"
LIMITS = (AUTH, READ, WRITE, EXECUTION, UPLOAD)
ABOUT_PEOPLE = frozenset({SUSPEND, REACTIVATE, UNLOCK})


def draw(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Draws a page inside a transaction, in the reader's time zone (the door has set it)."""
    with reading():
        return render(request, template, context, status=status)


def carried_out(request: HttpRequest, name: str, params: dict[str, Any], said: str, form: ActionForm | None) -> bool:
    """Performs an act of the staff; False: the form, or a message, says why not."""
    try:
        perform(name, params)
    except (BadInput, Conflict) as refusal:
        if form is None:
            messages.error(request, str(refusal.detail or refusal.title))
        else:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
        return False
    messages.success(request, said)
    return True


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """How the installation stands: what it is set to, who works, what has failed."""
    jobs = Job.objects.filter(state__in=[*OPEN_STATES, Job.State.DEAD]).values_list("state")
    found = dict(jobs.annotate(number=Count("id")).order_by())
    signup = {"open": _("open to all"), "invite": _("by invitation"), "closed": _("closed")}
    must_confirm = settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"
    context = {
        "dead": found.pop(Job.State.DEAD, 0),
        "waiting": sum(found.values()),
        "workers": list(WorkerBeat.objects.order_by("started_at")),
        "open_looks": BreakGlass.objects.standing().count(),
        "stops": live_stops().count(),
        "settings": [
            (_("Release"), settings.RELEASE),
            (_("New accounts"), signup[settings.SIGNUP_POLICY]),
            (_("Confirmation of addresses"), _("required") if must_confirm else _("not required")),
            (_("Answers"), _("simulated") if settings.DEMO_MODE else settings.NOVA_MODEL),
            (_("E-mail"), _("files in the outbox") if settings.EMAIL_IS_FILES else "SMTP"),
            (_("Requests a minute"), " · ".join(f"{limit.name} {limit.most}" for limit in LIMITS)),
            (_("Limits multiplied by"), settings.LIMITS_SCALE),
            (_("Days before an erasure"), settings.ERASURE_DAYS),
        ],
    }
    return draw(request, "staff/index.html", context)


def found_or_404(model: Any, pk: UUID) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere()
    return row


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    return person_page(request, pk, None)


def person_page(request: HttpRequest, pk: UUID, form: ReasonForm | None) -> HttpResponse:
    """One account: what stands open for it, and what staff may do about it."""
    with reading():
        row: User = found_or_404(User, pk)
        context = {
            "row": row,
            "form": form or ReasonForm(),
            "myself": row.pk == current().person_id,
            "factor": has_second_factor(row),
            "sign_ins": SignIn.objects.of_person(row.pk).alive().count(),
            "tokens": ApiToken.objects.of_person(row.pk).live().count(),
            "memberships": list(Membership.objects.filter(user=row).select_related("identity").order_by("id")),
            "ending": Erasure.objects.of_account(row.pk).open().first(),
        }
    return draw(request, "staff/person.html", context, status=400 if form is not None else 200)


def about_person(request: HttpRequest, pk: UUID, name: str, said: str) -> HttpResponse:
    """Suspends or lets in again, with a reason."""
    back = reverse("admin:governance_user_change", args=[pk])
    require_recent_factor(request, second=True, back=back)
    form = ReasonForm(request.POST)
    if form.is_valid() and carried_out(request, name, {"person": pk, **form.cleaned_data}, said, form):
        return redirect(back)
    return person_page(request, pk, form)


@require_POST
def suspend(request: HttpRequest, pk: UUID) -> HttpResponse:
    return about_person(request, pk, SUSPEND, _("Shut out: sign-ins, programs, tokens and sockets have ended."))


@require_POST
def reactivate(request: HttpRequest, pk: UUID) -> HttpResponse:
    return about_person(request, pk, REACTIVATE, _("This person may sign in again."))


@require_POST
def unlock(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forgets failed attempts."""
    back = reverse("admin:governance_user_change", args=[pk])
    require_recent_factor(request, second=True, back=back)
    carried_out(request, UNLOCK, {"person": pk}, _("The failed attempts are forgotten."), None)
    return redirect(back)


@require_safe
def identity(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An identity as such: whose, what kind, who has looked into it. Nothing of what it holds."""
    row = Identity.objects.select_related("owner").filter(pk=pk).first()
    if row is None:
        raise NotThere()
    context = {
        "row": row,
        "members": Membership.objects.filter(identity=row).count(),
        "mine": Membership.objects.filter(identity=row, user_id=current().person_id).exists(),
        "looks": list(BreakGlass.objects.filter(identity=row).select_related("person").newest_first()[:10]),
    }
    return draw(request, "staff/identity.html", context)


@require_safe
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    row: Job = found_or_404(Job, pk)
    may = {"retry": row.state in {*OVER_STATES, Job.State.PENDING}, "cancel": row.state in OPEN_STATES}
    return draw(request, "staff/job.html", {"row": row, "may": may})


def about_job(request: HttpRequest, pk: UUID, name: str, said: str) -> HttpResponse:
    back = reverse("admin:governance_job_change", args=[pk])
    require_recent_factor(request, second=True, back=back)
    carried_out(request, name, {"job": pk}, said, None)
    return redirect(back)


@require_POST
def job_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    return about_job(request, pk, RETRY, _("The job is in the queue again."))


@require_POST
def job_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return about_job(request, pk, CANCEL, _("The job is cancelled."))


@require_http_methods(["GET", "HEAD", "POST"])
def ceiling(request: HttpRequest) -> HttpResponse:
    """The ceiling of the month, and what is used of it."""
    form = CeilingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_recent_factor(request, second=True, back=request.path)
        if form.is_valid() and carried_out(request, CEILING, form.cleaned_data, _("The ceiling is set."), form):
            return redirect("admin:ceiling")
    with reading():
        own = InstallationLimit.objects.values_list("monthly_usd_cap", flat=True).first()
        month = InstallationAccount.objects.order_by("-month").first()
    if request.method != "POST":
        form = CeilingForm(initial={"usd": own})
    most = settings.MONTHLY_USD_CAP
    context = {
        "form": form,
        "environment": dollars(most * PICO_PER_USD),
        "now": dollars(min(most, most if own is None else own) * PICO_PER_USD),
        "month": month,
        "spent": dollars(month.pico_usd_spent) if month else "",
        "held": dollars(month.pico_usd_held) if month else "",
    }
    return draw(request, "staff/ceiling.html", context, status=400 if form.errors else 200)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that nobody can loosen. They are code: there is nothing to change."""
    return draw(request, "staff/rules.html", {"rules": ALWAYS})


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The system's own chain, the newest first: without what was merely read, unless `?action=` asks for it."""
    before, action = asked_id(request, "before"), request.GET.get("action", "")
    rows = AuditEntry.objects.defer("payload")
    if not action:
        rows = rows.exclude(effect=Effect.READ, outcome=Outcome.ALLOWED)
    elif action != EVERYTHING:
        rows = rows.filter(action=action)
    if before is not None:
        rows = rows.filter(seq__lt=AuditEntry.objects.filter(pk=before).values("seq"))
    found = list(rows.latest_first()[: PAGE + 1])
    context = {
        "lines": told(found[:PAGE]),
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "action": action,
        "choices": [
            (EVERYTHING, _("Everything, pages that were read too")),
            (CROSSINGS, shapes.label_of(CROSSINGS)),
            *staff_choices(),
        ],
    }
    return draw(request, "staff/log.html", context)


def staff_choices() -> list[tuple[str, str]]:
    """What staff do, to narrow the log to."""
    families = ("governance.staff.", "governance.glass.", "governance.job.", "governance.installation.")
    names = [name for name in shapes.known_actions() if name.startswith(families) or name in ABOUT_PEOPLE]
    return [(name, shapes.label_of(name)) for name in names]


def told(rows: list[AuditEntry]) -> list[dict[str, Any]]:
    """The entries in words; the names of all people in one query."""
    names = names_of(row.person_id for row in rows)
    return [
        {
            "row": row,
            "say": shapes.label_of(row.action),
            "outcome": shapes.OUTCOMES[row.outcome],
            "bad": row.outcome in {Outcome.REFUSED, Outcome.FAILED},
            "who": names.get(row.person_id, ""),  # type: ignore[arg-type]
            "reason": shapes.body_of(row)["reason"],
        }
        for row in rows
    ]


@require_safe
def entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One entry of the system's chain, opened: it is the installation's own, and no identity's."""
    row = AuditEntry.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere()
    payload = shapes.payload_of(row)
    opened = None if payload is None else [(name, as_text(value)) for name, value in payload.items()]
    context = {"line": told([row])[0], "payload": opened, "hash": bytes(row.hash).hex()}
    return draw(request, "staff/entry.html", context)


def as_text(value: Any) -> str:
    """What an entry tells, to be read: structures as JSON, one thing a line."""
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
