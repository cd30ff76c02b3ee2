"""Sending an e-mail: the one SEND of the foundation."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import make_msgid
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import EmailStr, Field, field_validator

from governance.checkpoints.execution import OutsideFailed
from governance.errors import NotAllowed
from governance.isolation.context import current
from governance.outbox.models import OutboundMail
from governance.people.models import Identity
from governance.people.policies import may_write
from governance.registry.actions import Effect, Outside, Params, action
from governance.uow import UnitOfWork

MOST_RECIPIENTS_A_DAY = 50


class SendMessage(Params):
    """An e-mail to people outside. It leaves only after a person has approved exactly this."""

    to: list[EmailStr] = Field(min_length=1, max_length=10, description="E-mail addresses of the recipients")
    subject: str = Field(min_length=1, max_length=200, description="Subject line, without line breaks")
    body: str = Field(min_length=1, max_length=20_000, description="The whole text of the e-mail, ready to send")

    @field_validator("to", mode="before")
    @classmethod
    def one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("subject")
    @classmethod
    def one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n"):
            raise ValueError(_("A subject has no line breaks."))
        return value


def preview(params: SendMessage) -> dict[str, Any]:
    """The exact e-mail, as the approver reads it."""
    return {
        "form": "email",
        "from": settings.DEFAULT_FROM_EMAIL,
        "reply_to": reply_address(),
        "to": list(params.to),
        "subject": params.subject,
        "body": params.body,
        "reversible": False,
    }


def question(shown: dict[str, Any]) -> str:
    return gettext("Send this e-mail to %(to)s?") % {"to": ", ".join(shown["to"])}


def facts(params: SendMessage) -> dict[str, Any]:
    return {"recipient_domain": params.to[0].rpartition("@")[2].lower(), "resource_type": "governance.outboundmail"}


def reply_address() -> str:
    """The person's verified address; '' when there is none."""
    verified = EmailAddress.objects.filter(user_id=current().person_id, verified=True).order_by("-primary").first()
    return verified.email if verified else ""


def deliver(row: OutboundMail) -> dict[str, Any]:
    """Hands the e-mail to Django's backend. Raises OutsideFailed when it certainly did not leave."""
    message = EmailMessage(
        subject=row.subject,
        body=row.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=row.to,
        reply_to=[row.reply_to] if row.reply_to else None,
        headers={"Message-ID": row.message_id},
    )
    try:
        message.send(fail_silently=False)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, ConnectionRefusedError) as error:
        raise OutsideFailed(str(error)) from error
    return {"message_id": row.message_id, "recipients": row.recipients}


def delivered(uow: UnitOfWork, row: OutboundMail, receipt: dict[str, Any]) -> None:
    """Notes that the e-mail has left."""
    OutboundMail.objects.filter(pk=row.pk).exclude(status=OutboundMail.Status.SENT).update(
        status=OutboundMail.Status.SENT, sent_at=timezone.now()
    )
    row.status = OutboundMail.Status.SENT
    uow.announce("message.sent", row.pk, row.run_id)


def not_delivered(uow: UnitOfWork, row: OutboundMail) -> None:
    """Notes that the e-mail certainly did not leave."""
    OutboundMail.objects.filter(pk=row.pk, status=OutboundMail.Status.SENDING).update(status=OutboundMail.Status.FAILED)
    row.status = OutboundMail.Status.FAILED


@action(
    "governance.message.send",
    Effect.SEND,
    params=SendMessage,
    policy=may_write,
    label=_("Send an e-mail"),
    preview=preview,
    question=question,
    facts=facts,
    outside=Outside(run=deliver, settle=delivered, failed=not_delivered),
)
def send_message(uow: UnitOfWork, params: SendMessage) -> OutboundMail:
    """Writes the e-mail down; it leaves after this commit, once."""
    sender = reply_address()
    if not sender and not settings.EMAIL_IS_FILES:
        raise NotAllowed(_("Confirm your e-mail address before sending: answers go to it."))
    # The day's count is taken one at a time; every new row of the identity refers to this one.
    Identity.objects.select_for_update(no_key=True).get(pk=uow.actor.identity_id)
    today = timezone.now() - timedelta(days=1)
    sent = OutboundMail.objects.filter(created_at__gte=today).aggregate(total=Sum("recipients"))["total"] or 0
    if sent + len(params.to) > MOST_RECIPIENTS_A_DAY:
        raise NotAllowed(_("Fifty recipients a day at most."))
    return OutboundMail.objects.create(
        to=list(params.to),
        subject=params.subject,
        body=params.body,
        reply_to=sender,
        message_id=make_msgid(domain="chenu.invalid"),
        person_id=uow.actor.person_id,
        agent=uow.actor.agent,
        run_id=uow.actor.run_id,
        recipients=len(params.to),
        created_at=timezone.now(),
    )
