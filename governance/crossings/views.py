"""`/transfers/`: what crosses borders, one crossing with its steps, and the form that asks for one (design 11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import asked_id, show
from governance.crossings.actions import ACCEPT, OFFER, REQUEST
from governance.crossings.asking import EXCERPT
from governance.crossings.ending import DECLINE, REVOKE
from governance.crossings.forms import AcceptForm, TransferForm
from governance.crossings.kinds import Parcel, known_kind, spheres
from governance.crossings.models import Crossing
from governance.crossings.policies import may_answer, may_cross, may_withdraw
from governance.crossings.reading import shown_text, source_page
from governance.crossings.shapes import listed, own_names
from governance.crossings.steps import shown_state, steps_of
from governance.errors import BadInput, Conflict, NotAllowed, NotThere
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.models import Membership
from governance.people.policies import WRITERS, may_write
from governance.perform import perform

PAGE = 25
State, Direction = Crossing.State, Crossing.Direction
TONES = {
    State.WAITING: "wait", State.OFFERED: "wait", State.DONE: "ok", State.REFUSED: "bad", State.FAILED: "bad",
    State.DECLINED: "bad",
}  # fmt: skip


@require_safe
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Those of this identity, the newest first; `?state=` and `?direction=` narrow it."""
    actor = current()
    state, direction = request.GET.get("state", ""), request.GET.get("direction", "")
    with reading():
        rows = listed(actor)
        if state in State.values:
            rows = rows.filter(state=state)
        if direction in Direction.values:
            rows = rows.filter(direction=direction)
        before = asked_id(request, "before")
        found = list((rows.filter(pk__lt=before) if before else rows).newest_first()[: PAGE + 1])
        names = own_names(actor) if any(row.other_identity_id for row in found) else {}
    narrowed = {"state": state, "direction": direction}
    context = {
        "lines": [line(row, names) for row in found[:PAGE]],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "states": State.choices,
        "directions": Direction.choices,
        "asked": narrowed,
        "narrowed": any(narrowed.values()),
    }
    return show(request, "crossings/list.html", context)


def line(row: Crossing, names: dict[UUID, str]) -> dict[str, Any]:
    """A crossing with its words; the name of the other identity for the person whose it is."""
    state = shown_state(row, getattr(row, "asked", None))
    mine = row.person_id == current().person_id
    kind, places = known_kind(row.kind), spheres()
    return {
        "row": row,
        "from": places.get(row.from_sphere, ""),
        "to": places.get(row.to_sphere, ""),
        "state": state.label,
        "tone": TONES.get(state, "off"),
        "kind": kind.label if kind else row.kind,
        "other": names.get(row.other_identity_id, "") if mine and row.other_identity_id else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def transfer_new(request: HttpRequest, kind: str, object: UUID) -> HttpResponse:
    """Asks where one object should go; a POST leads to the question that shows exactly what would cross."""
    if known_kind(kind) is None:
        raise NotThere()
    with reading():
        parcel, page = packed(kind, object)
    if not may_write(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form = new_form(request, parcel)
    if request.method == "POST" and form.is_valid():
        params = {"kind": kind, "object": object, **form.params()}
        try:
            perform(REQUEST if "to_sphere" in params else OFFER, params)  # leads to its question (423)
        except (BadInput, Conflict) as refusal:
            form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail or refusal.title))
    known = known_kind(kind)
    context = {"form": form, "parcel": parcel, "page": page, "kind": known.label if known else kind}
    context["excerpt"] = parcel.text[:EXCERPT]
    return show(request, "crossings/new.html", context, status=400 if form.errors else 200)


def packed(kind: str, object_id: UUID) -> tuple[Parcel, str]:
    """The object and its page; a reference that came from elsewhere says why it goes no further."""
    known = known_kind(kind)
    if known is None:
        raise NotThere()
    try:
        return known.pack(object_id, False), known.page(object_id)
    except BadInput as refusal:
        raise Conflict("not_the_source", next(iter(refusal.errors.values()))[0]) from refusal


def new_form(request: HttpRequest, parcel: Parcel) -> TransferForm:
    actor = current()
    others = Membership.objects.of_person(actor.person_id).filter(role__in=WRITERS)
    mine = list(others.exclude(identity_id=actor.identity_id)) if may_cross(actor) else []
    return TransferForm(request.POST or None, here=parcel.sphere, others=mine)


@require_safe
def transfer_detail(request: HttpRequest, transfer: UUID) -> HttpResponse:
    """One crossing: its steps, what there is to read, and what can be done with it now."""
    return detail_page(request, look(transfer))


def look(pk: UUID, change: bool = False) -> Crossing:
    """The crossing of the address; with `change`, for who may change anything here. What is offered to somebody else
    is not there."""
    with reading():
        find(Crossing.objects, pk)
        if change and not may_cross(current()):
            raise NotAllowed(_("Your role in this identity does not allow it."))
        row: Crossing = find(listed(current()), pk)
        return row


def detail_page(request: HttpRequest, row: Crossing, form: AcceptForm | None = None) -> HttpResponse:
    actor = current()
    with reading():
        arrives = row.direction == Direction.IN
        offered = arrives and row.state == State.OFFERED and may_answer(actor, row)
        context = {
            **line(row, own_names(actor) if row.other_identity_id else {}),
            "steps": steps_of(row),
            "source": source_page(row),
            "asks": row.asked == "pending",  # type: ignore[attr-defined]
            "form": (form or AcceptForm()) if offered else None,
            "readable": offered or (row.is_reference and row.direction != Direction.OUT),
            "text": shown_text(row) if row.is_reference or offered else None,
            "may_end": can_end(row) and may_withdraw(actor, row),
        }
    return show(request, "crossings/detail.html", context, status=400 if form is not None and form.errors else 200)


def can_end(row: Crossing) -> bool:
    """Is there anything left to withdraw, and is this the side to do it?"""
    standing = row.state in (State.WAITING, State.OFFERED) or (row.state == State.DONE and row.is_reference)
    return standing and row.direction != Direction.IN and shown_state(row, getattr(row, "asked", None)) == row.state


@require_POST
def transfer_accept(request: HttpRequest, transfer: UUID) -> HttpResponse:
    """Leads to the question of this identity: the second envelope."""
    row = look(transfer, change=True)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return detail_page(request, row, form)
    return done(request, ACCEPT, {"transfer": transfer, **form.cleaned_data}, _("It is here now."))


@require_POST
def transfer_decline(request: HttpRequest, transfer: UUID) -> HttpResponse:
    look(transfer, change=True)
    return done(request, DECLINE, {"transfer": transfer}, _("Declined. Nothing of it stays here."))


@require_POST
def transfer_revoke(request: HttpRequest, transfer: UUID) -> HttpResponse:
    look(transfer, change=True)
    return done(request, REVOKE, {"transfer": transfer}, _("Withdrawn."))


def done(request: HttpRequest, action: str, params: dict[str, Any], words: str) -> HttpResponse:
    """Performs, and goes back to the crossing, which says what became of it."""
    try:
        perform(action, params)
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
    else:
        messages.success(request, words)
    return redirect("transfer-detail", params["transfer"])
