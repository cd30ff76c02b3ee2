"""`/home/`: today, of everything the person has (design 7.1). Wiring: every app fills its own place."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chenu import frame
from spheres import today
from spheres.facts import SphereSlug
from spheres.forms import CaptureForm
from spheres.models import Item
from spheres.querysets import Capped
from spheres.sections import figure
from spheres.views.common import person_time, show
from spheres.wheel import wheel

TASKS_SHOWN = 5
MORNING, EVENING = 5, 18


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Greeting, what waits, what runs, the capture box, what to go on with, what is due, the nine spheres."""
    with person_time(request):
        moment = timezone.localtime()
    request.frame = frame.read()  # type: ignore[attr-defined]
    waiting = request.frame.waiting  # type: ignore[attr-defined]
    due, overdue = due_tasks(moment.date())
    context = {
        "now": moment,
        "greeting": greeting(moment, str(request.user)),
        "lead": lead(len(request.frame.spheres), overdue),  # type: ignore[attr-defined]
        "strips": today.strips(),
        "capture_form": CaptureForm(initial={"sphere": SphereSlug.PERSONAL}),
        "resume": today.resume(),
        "due": due,
        "today": moment.date(),
        "slices": wheel(today.activity(), waiting),
    }
    return show(request, "home.html", context)


def greeting(moment: datetime, name: str) -> str:
    """“Good morning, Camille”, by the person's own clock."""
    first = name.split()[0] if name.split() else name
    if moment.hour >= EVENING or moment.hour < MORNING:
        return _("Good evening, %(name)s") % {"name": first}
    if moment.hour < 12:
        return _("Good morning, %(name)s") % {"name": first}
    return _("Good afternoon, %(name)s") % {"name": first}


def due_tasks(day: date) -> tuple[list[Item], int]:
    """Open tasks with a day, the earliest first, and how many of all are due on `day` or before."""
    rows = Item.objects.open_tasks().filter(due_on__isnull=False).defer("content").select_related("dataspace")
    counted = rows.annotate(due_now=Capped(Item.objects.due_by(day)))
    found = list(counted.order_by("due_on", "id")[:TASKS_SHOWN])
    return found, found[0].due_now if found else 0


def lead(decisions: int, due: int) -> str:
    """One or two sentences about what waits."""
    sentences = []
    if decisions:
        words = ngettext("%(n)s decision waits for you.", "%(n)s decisions wait for you.", decisions)
        sentences.append(words % {"n": figure(decisions)})
    if due:
        words = ngettext("%(n)s task is due.", "%(n)s tasks are due.", due)
        sentences.append(words % {"n": figure(due)})
    return " ".join(sentences) or _("Nothing waits for you.")
