"""The e-mail that carries an invitation's secret."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from governance.access.links import link_to
from governance.members.models import Invitation
from governance.outbox.backend import NAMES_IDENTITIES

logger = logging.getLogger("chenu.mail")


def link_of(request: HttpRequest, row: Invitation) -> str:
    """The address that the secret opens; of a row that was just made or renewed."""
    return link_to(request, reverse("invitation", args=[row.token]))  # type: ignore[attr-defined]


def send_invitation(request: HttpRequest, row: Invitation) -> bool:
    """Sends the e-mail in the inviter's language; False when it could not leave (one may send it again)."""
    names = {
        "name": one_line(row.identity.name),
        "who": one_line(str(row.invited_by)),
        "role": row.get_role_display(),
        "until": date_format(localtime(row.expires_at), "DATETIME_FORMAT"),
        "link": link_of(request, row),
    }
    text = _(
        "%(who)s invites you to act for %(name)s (role: %(role)s).\n\n"
        "Look at the invitation and accept it here:\n%(link)s\n\n"
        "It can be used once, until %(until)s. If it means nothing to you, ignore it: nothing happens."
    )
    subject = _("%(who)s invites you to %(name)s") % names
    message = EmailMessage(subject, text % names, settings.DEFAULT_FROM_EMAIL, [row.email])
    message.extra_headers[NAMES_IDENTITIES] = str(row.identity_id)
    try:
        message.send(fail_silently=False)
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("an invitation could not be sent: %s", type(error).__name__)
        return False
    return True


def one_line(text: str) -> str:
    """A name as it may stand in a header."""
    return " ".join(text.split())
