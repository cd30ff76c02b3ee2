"""`/memory/`: everything that is remembered, what used it, and the laws it stands under (design 3.7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.showing import asked_id, newest_page, show
from governance.errors import BadInput, Conflict, NotAllowed
from governance.isolation.context import current, reading
from governance.memory.actions import CREATE, UPDATE, look
from governance.memory.forgetting import DELETE
from governance.memory.forms import ChangeForm, FilterForm, MemoryForm
from governance.memory.laws import LAWS
from governance.memory.models import MemoryItem, MemoryUse
from governance.memory.personal import KINDS
from governance.memory.policies import may_change, may_keep
from governance.memory.reading import MemoryQuery, MemorySearch, asked_for
from governance.memory.settling import APPROVE
from governance.memory.showing import item_of, items_of
from governance.people.models import Identity
from governance.perform import perform

PAGE = 30
MOST_WAITING = 20
MOST_USES = 20
MOVES = {"pin", "unpin", "archive", "restore"}
Status = MemoryItem.Status


@require_safe
def memory(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by `?q=&type=&category=&state=`; proposals stand first, apart, while nothing is narrowed."""
    form = FilterForm(request.GET)
    asked = _asked(form)
    plain, first = not asked, "before" not in request.GET
    with reading():
        rows = asked_for(MemorySearch(**asked) if asked.get("q") else MemoryQuery(**asked))
        waiting = list(rows.filter(status=Status.PROPOSED).newest_first()[:MOST_WAITING]) if plain and first else []
        found, more = newest_page(request, rows.exclude(status=Status.PROPOSED) if plain else rows, PAGE)
        items = items_of([*waiting, *found])
    context = {
        "form": form,
        "narrowed": not plain,
        "waiting": items[: len(waiting)],
        "items": items[len(waiting) :],
        "more": urlencode({**asked, "before": str(more)}) if more else "",
        "undo": _undo(request),
        "laws": LAWS,
        "kinds": list(KINDS.values()),
        "here": request.get_full_path(),
        "may_keep": may_keep(current()),
    }
    return show(request, "memory/list.html", context)


def _asked(form: FilterForm) -> dict[str, Any]:
    """What the form narrows to; what it does not know narrows nothing, and is said."""
    if not form.is_valid():
        raise BadInput(errors={name: [str(each) for each in found] for name, found in form.errors.items()})
    return {name: value for name, value in form.cleaned_data.items() if value}


def _undo(request: HttpRequest) -> MemoryItem | None:
    """What was archived a moment ago and still is: the page offers to take it back."""
    pk = asked_id(request, "archived")
    if pk is None:
        return None
    with reading():
        return asked_for(MemoryQuery(state=Status.ARCHIVED)).filter(pk=pk).first()  # type: ignore[no-any-return]


@require_http_methods(["GET", "HEAD", "POST"])
def memory_new(request: HttpRequest) -> HttpResponse:
    if not may_keep(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    with reading():
        personal = Identity.objects.filter(pk=current().identity_id, kind=Identity.Kind.PERSONAL).exists()
        form = MemoryForm(request.POST if request.method == "POST" else None, personal=personal)
    if request.method == "POST" and form.is_valid():
        row = performed(form, CREATE)
        if row is not None:
            said = _("It is remembered.") if row.status == Status.ACTIVE else _("Proposed: who manages it decides.")
            messages.success(request, said)
            return redirect("memory")
    return show(request, "memory/edit.html", {"form": form}, status=400 if form.errors else 200)


def performed(form: MemoryForm | ChangeForm, name: str) -> MemoryItem | None:
    """What the action returned; None when it found the form wrong, which then says so."""
    try:
        return perform(name, form.params())  # type: ignore[no-any-return]
    except (BadInput, Conflict) as refusal:
        form.refuse(refusal if isinstance(refusal, BadInput) else BadInput(refusal.detail))
        return None


@require_safe
def memory_detail(request: HttpRequest, memory: UUID) -> HttpResponse:
    """One in full, with the requests that were given it."""
    row = seen(memory)
    with reading():
        uses = list(MemoryUse.objects.of_items([row.pk])[: MOST_USES + 1])
        item = item_of(row)
    context = {"item": item, "uses": uses[:MOST_USES], "more_uses": len(uses) > MOST_USES, "here": request.path}
    return show(request, "memory/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def memory_edit(request: HttpRequest, memory: UUID) -> HttpResponse:
    row = seen(memory)
    if not may_change(current(), row):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    if row.status == Status.DELETED:
        return redirect("memory-detail", row.pk)
    form = ChangeForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid() and performed(form, UPDATE) is not None:
        messages.success(request, _("Saved."))
        return redirect("memory-detail", row.pk)
    return show(request, "memory/edit.html", {"form": form, "row": row}, status=400 if form.errors else 200)


@require_POST
def memory_move(request: HttpRequest, memory: UUID) -> HttpResponse:
    """Pins, unpins, archives or brings back, by `to`."""
    seen(memory)
    verb = request.POST.get("to", "")
    if verb not in MOVES:
        raise BadInput(errors={"to": [_("There is no such change.")]})
    done = carry_out(request, f"governance.memory.{verb}", memory=memory)
    if verb == "archive" and done:
        return redirect(f"{reverse('memory')}?archived={memory}")
    return redirect("memory-detail" if request.POST.get("from") == "detail" else "memory", *_of(request, memory))


def _of(request: HttpRequest, memory: UUID) -> list[UUID]:
    return [memory] if request.POST.get("from") == "detail" else []


@require_POST
def memory_approve(request: HttpRequest, memory: UUID) -> HttpResponse:
    seen(memory)
    if carry_out(request, APPROVE, memory=memory, digest=request.POST.get("digest", "")):
        messages.success(request, _("It is remembered."))
    return redirect("memory")


@require_POST
def memory_reject(request: HttpRequest, memory: UUID) -> HttpResponse:
    seen(memory)
    if carry_out(request, "governance.memory.reject", memory=memory):
        messages.success(request, _("Refused, and forgotten."))
    return redirect("memory")


@require_POST
def memory_forget(request: HttpRequest, memory: UUID) -> HttpResponse:
    """For good: the page before it has said so."""
    seen(memory)
    if carry_out(request, DELETE, memory=memory):
        messages.success(request, _("Forgotten. Nothing of it is left but that it was."))
    return redirect("memory")


def seen(memory: UUID) -> MemoryItem:
    """The memory of the address, for who may see it."""
    with reading():
        return look(current(), memory)


def carry_out(request: HttpRequest, name: str, **params: Any) -> Any:
    """Performs it; None, and a sentence on the next page, when it is not possible now."""
    try:
        return perform(name, params)
    except Conflict as refusal:
        messages.warning(request, str(refusal.detail))
        return None
