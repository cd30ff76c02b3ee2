"""Anchors: the digest of the record's last line, in a mailbox that neither database nor file can reach."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from governance.audit.signing.lines import BadLine, Line
from governance.audit.signing.taking import outside_record, sign_heads

SHOWN = 64  # characters of a digest


def mail_anchor() -> bool:
    """Signs what has moved and mails the last line's number and digest; whether there was anybody to mail it to."""
    line = sign_heads() if settings.AUDIT_MAIL else None
    if line is None:
        return False
    with override(settings.LANGUAGE_CODE):
        letter(line).send()
    return True


def letter(line: Line) -> EmailMessage:
    subject = _("CHE·NU: the log is signed up to line %(number)s") % {"number": line.number}
    text = _(
        "Keep this e-mail. It states the end of all logs of this installation: line %(number)s of the outside "
        "record, of %(at)s, signed by the key %(key)s.\n\n"
        "%(number)s:%(digest)s\n\n"
        "To check later that nothing before it was changed:\n"
        "manage.py audit verify --anchor %(number)s:%(digest)s\n"
    )
    facts = {"number": line.number, "at": line.told["at"], "key": line.told["key"], "digest": line.digest}
    return EmailMessage(subject, text % facts, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_MAIL)


def anchor_fault(anchor: str) -> str:
    """Why the record is not the one of a mailed anchor (`412:9f86d0…`); '' when it is. The record is checked apart."""
    number, _colon, digest = anchor.strip().partition(":")
    if not number.isdecimal() or len(digest) != SHOWN:
        return f"{anchor!r} is no anchor: number, colon and 64 digits, as they were mailed"
    try:
        found = next((line for line in outside_record().lines() if line.number == int(number)), None)
    except BadLine as problem:
        return str(problem)
    if found is None:
        return f"line {number} was mailed, and the outside record does not hold it"
    return (
        "" if found.digest == digest.lower() else f"line {number} of the outside record is not the one that was mailed"
    )
