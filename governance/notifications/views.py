"""`/notifications/`: what one was told here, what waits elsewhere, and how one wants to be told (design 11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access.rest import validated
from governance.access.showing import asked_id, newest_page, show
from governance.access.signins import perform_for_oneself
from governance.errors import BadInput
from governance.isolation.context import current, reading
from governance.notices.reading import notices_here
from governance.notifications.actions import PREFER, READ, READ_ALL, UNDO_ALL, UNREAD, find_own
from governance.notifications.filters import NotificationFilter
from governance.notifications.forms import QuietForm, ticked
from governance.notifications.models import Notification, QuietHours
from governance.notifications.reading import by_day, choices_of, shown
from governance.perform import perform

PAGE = 25
MOST_UNREAD = 50


@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """Unread ones first, the others by day; below them what waits elsewhere."""
    context = listed(request) | {"elsewhere": notices_here() if "before" not in request.GET else []}
    return show(request, "notifications/list.html", context | {"undo": request.GET.get("undo", "")[:40]})


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """The list as it is now, for an open page."""
    return show(request, "notifications/_rows.html", listed(request))


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The mark on the bell, fetched anew when a socket tells of a change."""
    return show(request, "notifications/_bell.html", {})


def listed(request: HttpRequest) -> dict[str, Any]:
    """What one page shows, and the way to older ones."""
    asked = asked_for(request)
    mine = asked.apply(Notification.objects.of_person(current().person_id))
    zone = request.user.timezone  # type: ignore[union-attr]
    unread: list[Notification] = []
    if asked.unread is None and not asked_id(request, "before"):
        unread = list(mine.unread().newest_first()[:MOST_UNREAD])
    older, more = newest_page(request, mine if asked.unread else mine.filter(read_at__isnull=False), PAGE)
    return {
        "asked": asked,
        "types": [(str(value), label, f"?type={value}") for value, label in Notification.Type.choices],
        "unread": [shown(row) for row in unread],
        "many": len(unread) == MOST_UNREAD,
        "until": unread[0].pk if unread else None,
        "days": by_day(older, zone),
        "more": more,
        "again": request.GET.urlencode(),
    }


def asked_for(request: HttpRequest) -> NotificationFilter:
    """The conditions of the address. Raises BadInput for a type that does not exist."""
    given = {name: request.GET[name] for name in ("type", "unread") if request.GET.get(name)}
    return validated(NotificationFilter, given)


@require_POST
def read(request: HttpRequest, notification: UUID) -> HttpResponse:
    """Has read it; with `open` one goes on to the page it links to."""
    with reading():
        row = find_own(current(), notification)
    perform(READ, {"notification": notification})
    return redirect(row.link if "open" in request.POST and row.link else back_to(request))


@require_POST
def unread(request: HttpRequest, notification: UUID) -> HttpResponse:
    with reading():
        find_own(current(), notification)
    perform(UNREAD, {"notification": notification})
    return redirect(back_to(request))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Those that were shown; the page after it offers to undo it."""
    given = {name: request.POST[name] for name in ("until", "type") if request.POST.get(name)}
    done = perform(READ_ALL, given)
    return redirect(f"{reverse('notifications')}?undo={done.at:%Y-%m-%dT%H:%M:%S.%fZ}")


@require_POST
def undo_read_all(request: HttpRequest) -> HttpResponse:
    perform(UNDO_ALL, {"at": request.POST.get("at", "")})
    return redirect("notifications")


def back_to(request: HttpRequest) -> str:
    """The list with the conditions one saw it under."""
    kept = "&".join(
        f"{name}={request.POST[name]}" for name in ("type", "unread") if request.POST.get(name, "").isalpha()
    )
    return reverse("notifications") + (f"?{kept}" if kept else "")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The matrix of events and channels, and the quiet hours."""
    person_id = current().person_id
    choices = choices_of(person_id)
    hours = QuietHours.objects.filter(person_id=person_id).first()
    form = QuietForm(request.POST) if request.method == "POST" else QuietForm.of(hours)
    if request.method == "POST" and form.is_valid():
        try:
            perform_for_oneself(request, PREFER, {"choices": ticked(request.POST, choices), **form.params()})
        except BadInput as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your choices are kept."))
            return redirect("notification-preferences")
    context = {"form": form, "groups": in_groups(choices), "zone": request.user.timezone}  # type: ignore[union-attr]
    return show(request, "notifications/preferences.html", context, status=400 if form.errors else 200)


def in_groups(choices: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The events under their headings, in the order in which they were registered."""
    found: dict[str, list[dict[str, Any]]] = {}
    for choice in choices:
        found.setdefault(choice["group"], []).append(choice)
    return list(found.items())
