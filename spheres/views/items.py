"""One item: reading, editing, its versions, the trash."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.crossings.reading import arrived
from governance.errors import Conflict
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.people.models import User
from governance.people.policies import may_write
from governance.perform import perform
from spheres.facts import SPHERE_BY_SLUG
from spheres.forms import EditItemForm
from spheres.models import DataSpaceStatus, Item, ItemVersion
from spheres.search import ITEM_ICONS
from spheres.views.common import back, members, offered_spaces, performed, show

VERSIONS_SHOWN = 30


@require_http_methods(["GET", "HEAD", "POST"])
def item_detail(request: HttpRequest, item: UUID) -> HttpResponse:
    """Reads an item (`?version=` an earlier one), edits it with `?edit=1`; a POST saves a new version."""
    with reading():
        found = find(Item.objects.select_related("dataspace", "origin"), item)
    if request.method == "POST":
        return save(request, found)
    if "edit" in request.GET and is_editable(found):
        return edit_page(request, found, edit_form(found))
    return read_page(request, found)


def is_editable(item: Item) -> bool:
    """Not in the trash, nor in a closed DataSpace, nor before somebody who may only read."""
    closed = item.dataspace is not None and item.dataspace.status != DataSpaceStatus.ACTIVE
    return item.deleted_at is None and not closed and may_write(current())


def read_page(request: HttpRequest, item: Item) -> HttpResponse:
    asked = request.GET.get("version", "")
    versions = list(ItemVersion.objects.of(item).defer("content")[:VERSIONS_SHOWN])
    people = dict(User.objects.filter(pk__in={row.person for row in versions}).values_list("pk", "display_name"))
    earlier = None
    if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked) != item.version:
        earlier = ItemVersion.objects.of(item).filter(version=int(asked)).first()
    context = {
        "item": item,
        "came": arrived(item.pk),
        "earlier": earlier,
        "versions": [{"row": row, "by": people.get(row.person, "")} for row in versions],
        "assignee": dict(members()).get(str(item.assignee), "") if item.assignee else "",
        "editable": is_editable(item),
        "icon": ITEM_ICONS[item.type],
    }
    return show(request, "spheres/item.html", context, sphere=SPHERE_BY_SLUG[item.sphere])


def edit_form(item: Item, data: Any = None) -> EditItemForm:
    with reading():
        spaces = offered_spaces(item.sphere)
        return EditItemForm.of(item, spaces, members(), data)


def edit_page(request: HttpRequest, item: Item, form: EditItemForm, newer: Item | None = None) -> HttpResponse:
    context = {"item": item, "form": form, "newer": newer}
    status = 409 if newer else 400 if form.errors else 200
    return show(request, "spheres/item_edit.html", context, sphere=SPHERE_BY_SLUG[item.sphere], status=status)


def save(request: HttpRequest, item: Item) -> HttpResponse:
    """Saves a version; when a newer one exists, shows both and saves only if asked again."""
    form = edit_form(item, request.POST)
    if not form.is_valid():
        return edit_page(request, item, form)
    try:
        saved = performed(form, "spheres.item.update", {"item": item.pk, **form.cleaned_data})
    except Conflict as conflict:
        if conflict.code != "version_conflict":
            raise
        return edit_page(request, item, edit_form(item, seen_newer(request, item)), newer=item)
    if saved is None:
        return edit_page(request, item, form)
    messages.success(request, _("Saved as version %(n)s.") % {"n": saved.version})
    return redirect("item-detail", item.pk)


def seen_newer(request: HttpRequest, item: Item) -> Any:
    """The same text, now written in knowledge of the version it would follow."""
    data = request.POST.copy()
    data["version"] = str(item.version)
    return data


@require_POST
def item_delete(request: HttpRequest, item: UUID) -> HttpResponse:
    """Into the trash; the page that follows offers to take it back."""
    perform("spheres.item.delete", {"item": item})
    return redirect("item-detail", item)


@require_POST
def item_restore(request: HttpRequest, item: UUID) -> HttpResponse:
    perform("spheres.item.restore", {"item": item})
    messages.success(request, _("Restored."))
    return back(request, f"/i/{item}/")
