"""Passkeys: a device makes one, and later proves that it has it (WebAuthn, through allauth and fido2)."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

from governance.access.attempts import counted
from governance.access.refusals import record_refused
from governance.access.violations import address
from governance.errors import BadInput, NotSignedIn
from governance.people.models import User

# What the libraries raise on an answer that no device gave: it is the caller's fault, whatever its name.
MALFORMED = (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)
LARGEST = 20_000


class NotThisKey(NotSignedIn):
    """The device's answer proves nothing; why is not told."""

    code, title = "invalid_passkey", _("This passkey is not right")


def possible_here(request: HttpRequest) -> bool:
    """Passkeys belong to a name: at a bare address (127.0.0.1) browsers refuse them; at localhost they do not."""
    name = request.get_host().rsplit(":", 1)[0].strip("[]")
    try:
        ip_address(name)
    except ValueError:
        return True
    return False


def options_to_make(person: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the device is asked to make, and the state that its answer must match."""
    options, state = auth.get_server().register_begin(
        user=auth.build_user_payload(person),
        credentials=auth.get_credentials(person),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
        extensions=auth.EXTENSIONS,
    )
    return dict(options), state


def options_to_show(person: User | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a device is asked to show, and the state. Without a person it must check who holds it."""
    options, state = auth.get_server().authenticate_begin(
        credentials=auth.get_credentials(person) if person else [],
        user_verification=UserVerificationRequirement.PREFERRED if person else UserVerificationRequirement.REQUIRED,
    )
    return dict(options), state


def check_made(credential: Any, state: dict[str, Any] | None) -> dict[str, Any]:
    """The credential, if a device made it for this challenge and this address; BadInput otherwise."""
    try:
        if not state or len(str(credential)) > LARGEST:
            raise ValueError("no challenge, or too large")
        auth.parse_registration_response(credential)
        auth.get_server().register_complete(state, credential)
    except MALFORMED as error:
        raise BadInput(_("The passkey was not made. Try again.")) from error
    found: dict[str, Any] = credential
    return found


def use_passkey(
    request: HttpRequest,
    person: User | None,
    credential: Any,
    *,
    action: str,
    alone: bool,
    state: dict[str, Any] | None,
) -> Authenticator:
    """The passkey that answered the challenge in `state`; NotThisKey otherwise, after an entry of it.

    `person` None: whoever the device says, and then (`alone`) the device must have checked who holds it.
    The challenge of a second step does not ask for that, so the answer itself is looked at.
    """
    with counted(request, "second_factor", f"person-{person.pk}" if person else f"key-{address(request)}") as attempt:
        try:
            answer = auth.parse_authentication_response(credential).response.authenticator_data
            if alone and not answer.is_user_verified():
                raise ValueError("the device did not check who holds it")
            factor = _answering(person or auth.extract_user_from_response(credential), credential, state)
        except MALFORMED as error:
            record_refused(request, person, action, "wrong_passkey")
            raise NotThisKey() from error
        if not _counts_on(factor, answer.counter):
            record_refused(request, factor.user, action, "copied_passkey", factor=factor.pk)
            get_adapter(request).send_notification_mail("mfa/email/passkey_copied", factor.user, {"key": str(factor)})
            raise NotThisKey()
        attempt.forgive()
    return factor


def _answering(person: Any, credential: Any, state: dict[str, Any] | None) -> Authenticator:
    """The person's passkey that signed the challenge; ValueError when there is none."""
    if not state:
        raise ValueError("nothing was asked")
    shown = auth.get_server().authenticate_complete(state, auth.get_credentials(person), credential)
    factor = auth.get_authenticator_by_credential_id(person, shown.credential_id)
    if factor is None:
        raise ValueError("removed meanwhile")
    return factor


@transaction.atomic
def _counts_on(factor: Authenticator, count: int) -> bool:
    """Keeps how often the key says it was used. False when that does not grow: there is a second one like it.

    Keys that do not count say 0 for ever. The row is locked: two answers with the same number are not both right.
    """
    row = Authenticator.objects.select_for_update().get(pk=factor.pk)
    before = row.data.get("counter", row.wrap().authenticator_data.counter)
    if count == before == 0:
        return True
    if count <= before:
        return False
    row.data["counter"] = count
    row.save(update_fields=["data"])
    return True
