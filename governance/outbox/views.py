"""`/outbox/`: in development e-mails are files, and this page shows what would have left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.access.showing import names_of, newest_page, show
from governance.checkpoints.forms import MessageForm
from governance.checkpoints.runs import agent_name
from governance.errors import BadInput, CheckpointRequired, NotAllowed, NotThere
from governance.isolation.context import current, reading
from governance.outbox.models import OutboundMail
from governance.people.policies import may_write
from governance.perform import perform

PAGE = 25
LOST_AFTER = timedelta(minutes=10)
TONES: dict[str, str] = {OutboundMail.Status.SENT: "ok", OutboundMail.Status.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail with its state in words."""

    row: OutboundMail
    who: str
    state: str
    tone: str


@require_http_methods(["GET", "HEAD", "POST"])
def outbox(request: HttpRequest) -> HttpResponse:
    """What left and what did not, the newest first; a new e-mail goes to its approval page."""
    if not settings.EMAIL_IS_FILES:
        raise NotThere()
    if not may_write(current()):
        raise NotAllowed(_("Your role in this identity does not allow it."))
    form = MessageForm(request.POST if request.method == "POST" else None, auto_id="mail-%s")
    if request.method == "POST" and form.is_valid() and (asked := ask(form)):
        return redirect("approval-detail", asked)
    with reading():
        context = {"form": form, **mails(request)}
    return show(request, "governance/outbox.html", context, status=400 if form.errors else 200)


def ask(form: MessageForm) -> Any:
    """The id of the checkpoint the e-mail waits at; None when the action found it wrong."""
    try:
        perform("governance.message.send", form.cleaned_data)
    except CheckpointRequired as stopped:
        return stopped.checkpoint["id"]
    except BadInput as error:
        form.refuse(error)
    return None


def mails(request: HttpRequest) -> dict[str, Any]:
    """One page of the identity's e-mails."""
    found, more = newest_page(request, OutboundMail.objects.all(), PAGE)
    names = names_of(row.person_id for row in found)
    return {"mails": [_shown(row, names) for row in found], "more": more}


def _shown(row: OutboundMail, names: dict[UUID, str]) -> Mail:
    who = agent_name(row.agent) or names.get(row.person_id, "")
    lost = row.status == OutboundMail.Status.SENDING and row.created_at < timezone.now() - LOST_AFTER
    state = _("Outcome unknown") if lost else row.get_status_display()
    return Mail(row, who, state, "warn" if lost else TONES.get(row.status, "wait"))
