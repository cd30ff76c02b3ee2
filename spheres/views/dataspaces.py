"""DataSpaces: those of a sphere, one of them, and what may be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.perform import perform
from spheres.domains import domains_of, is_domain
from spheres.facts import SPHERE_BY_SLUG, Sphere
from spheres.forms import DataSpaceForm, ItemForm
from spheres.models import DataSpace, Item
from spheres.search import ITEM_ICONS
from spheres.tiles import SPACE_ICONS
from spheres.views.bureau import section_context
from spheres.views.common import newest_page, offered_spaces, performed, show


@require_safe
def data_list(request: HttpRequest) -> HttpResponse:
    """The active DataSpaces of all spheres."""
    page = newest_page(DataSpace.objects.active(), request.GET.get("after", ""))
    return show(request, "spheres/data_all.html", {"page": page, "space_icons": SPACE_ICONS})


@require_http_methods(["GET", "HEAD", "POST"])
def sphere_data(request: HttpRequest, sphere: Sphere) -> HttpResponse:
    """The DataSpaces of one sphere and the items that are in none; creates either."""
    with reading():
        spaces = offered_spaces(sphere.slug)
    domain = request.GET.get("domain", "")
    domain = domain if is_domain(sphere.slug, domain) else ""
    posted = request.POST if request.method == "POST" else None
    about_item = posted is not None and "title" in posted
    forms = {
        "space_form": DataSpaceForm(
            None if about_item else posted, initial={"domain": domain}, sphere=sphere.slug, spaces=spaces
        ),
        "item_form": ItemForm(posted if about_item else None, spaces=spaces, prefix=None),
    }
    if posted is not None and (made := made_from(forms["item_form" if about_item else "space_form"], sphere.slug)):
        return redirect(address_of(made))
    with reading():
        context = {**data_context(request, sphere, domain), **forms}
    return show(request, "spheres/data.html", context, sphere=sphere, status=200 if posted is None else 400)


def made_from(form: Any, sphere: str, **known: Any) -> Any:
    """The DataSpace or item a valid form asks for; None when something is wrong with it."""
    if not form.is_valid():
        return None
    values = form.cleaned_data | {"sphere": sphere, **known}
    if isinstance(form, DataSpaceForm):
        return performed(form, "spheres.dataspace.create", values)
    if values["type"] == "task":
        del values["type"]
        return performed(form, "spheres.task.create", values)
    return performed(form, "spheres.item.create", values)


def address_of(made: Any) -> str:
    return reverse("dataspace-detail" if isinstance(made, DataSpace) else "item-detail", args=[made.pk])


def data_context(request: HttpRequest, sphere: Sphere, domain: str) -> dict[str, Any]:
    """The DataSpaces of a sphere (the archived ones with `show=archived`) and its loose items."""
    archived = request.GET.get("show") == "archived"
    spaces = DataSpace.objects.filter(sphere=sphere.slug, status="archived" if archived else "active")
    if domain:
        spaces = spaces.filter(domain=domain)
    loose = Item.objects.alive().filter(sphere=sphere.slug, dataspace=None).exclude(type="task").defer("content")
    return {
        **section_context(sphere, "data"),
        "page": newest_page(spaces.select_related("parent"), request.GET.get("after", "")),
        "items": newest_page(loose, request.GET.get("items", "")) if not (domain or archived) else None,
        "domain": domain,
        "domains": domains_of(sphere.slug),
        "shown": "archived" if archived else "active",
        "space_icons": SPACE_ICONS,
        "item_icons": ITEM_ICONS,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def dataspace_detail(request: HttpRequest, dataspace: UUID) -> HttpResponse:
    """One DataSpace with its items; a POST writes a new item in it."""
    with reading():
        space = find(DataSpace.objects.select_related("parent"), dataspace)
    sphere = SPHERE_BY_SLUG[space.sphere]
    form = ItemForm(request.POST or None, initial={"dataspace": space.pk}, spaces=[space])
    if request.method == "POST" and (made := made_from(form, space.sphere, dataspace=space.pk)):
        return redirect(address_of(made))
    with reading():
        items = Item.objects.alive().filter(dataspace=space).defer("content")
        context = {
            "space": space,
            "form": form,
            "page": newest_page(items, request.GET.get("after", "")),
            "parts": list(DataSpace.objects.visible().filter(parent=space).newest_first()[:50]),
            "domain": next((d for d in domains_of(space.sphere) if d.code == space.domain), None),
            "item_icons": ITEM_ICONS,
            "space_icons": SPACE_ICONS,
        }
    return show(request, "spheres/dataspace.html", context, sphere=sphere, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def dataspace_edit(request: HttpRequest, dataspace: UUID) -> HttpResponse:
    """Changes what a DataSpace is called, about and part of."""
    with reading():
        space = find(DataSpace.objects, dataspace)
        spaces = [other for other in offered_spaces(space.sphere) if other.pk != space.pk]
    initial = {"name": space.name, "type": space.type, "domain": space.domain, "parent": space.parent_id or ""}
    form = DataSpaceForm(request.POST or None, initial=initial, sphere=space.sphere, spaces=spaces)
    saved = None
    if request.method == "POST" and form.is_valid():
        saved = performed(form, "spheres.dataspace.update", {"dataspace": dataspace, **form.cleaned_data})
    if saved is not None:
        messages.success(request, _("Saved."))
        return redirect("dataspace-detail", dataspace)
    context = {"space": space, "form": form}
    sphere = SPHERE_BY_SLUG[space.sphere]
    return show(request, "spheres/dataspace_edit.html", context, sphere=sphere, status=400 if form.errors else 200)


@require_POST
def dataspace_archive(request: HttpRequest, dataspace: UUID) -> HttpResponse:
    perform("spheres.dataspace.archive", {"dataspace": dataspace})
    messages.success(request, _("Archived: it can be read, not changed."))
    return redirect("dataspace-detail", dataspace)


@require_POST
def dataspace_delete(request: HttpRequest, dataspace: UUID) -> HttpResponse:
    """Into the trash; the page that follows offers to take it back."""
    perform("spheres.dataspace.delete", {"dataspace": dataspace})
    return redirect("dataspace-detail", dataspace)


@require_POST
def dataspace_restore(request: HttpRequest, dataspace: UUID) -> HttpResponse:
    perform("spheres.dataspace.restore", {"dataspace": dataspace})
    messages.success(request, _("Restored."))
    return redirect("dataspace-detail", dataspace)
