"""Carrying out the end of an account: the identities it owns alone first, then the person.

Nothing of the person stays but ids: what they wrote in identities of others belongs to those.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from governance.audit.entries import SYSTEM_CHAIN, Draft, append
from governance.audit.models import Outcome
from governance.isolation.context import Why, system_scope
from governance.live.notify import recheck
from governance.people.models import Identity, User
from governance.registry.actions import Effect
from governance.rights.erasing import QUIET, each, end_due, shut
from governance.rights.models import Erasure
from governance.rights.places import mail_files
from governance.rights.standing import standing_of
from governance.rights.sweeping import nobody_in

DELETED = "governance.account.deleted"
OURS = "@chenu.invalid>"  # message ids of e-mails that an identity sent, not the installation


def close_account(row: Erasure) -> bool:
    """Shuts the person out and marks what is theirs alone. False: it was undone, or others would be left alone."""
    now = timezone.now()
    with transaction.atomic():
        due = Erasure.objects.filter(pk=row.pk, state=Erasure.State.WAITING, due_at__lte=now)
        standing = standing_of(row.target_id)
        if standing.blocking:  # somebody joined meanwhile, or the other owner left
            due.update(state=Erasure.State.REFUSED, ended_at=now)
            return False
        if not due.update(state=Erasure.State.ERASING, closed_at=now):
            return False
        User.objects.filter(pk=row.target_id).update(is_active=False)
        _close_all(row, standing.alone)
        recheck(row.target_id)
    end_sessions(row.target_id)
    return True


def _close_all(row: Erasure, identities: list[Identity]) -> None:
    for identity in identities:
        _mark(row, identity.pk)
        shut(identity.pk)


def _mark(row: Erasure, identity_id: UUID) -> None:
    """The identity is erased with the account, by the same rounds."""
    marks = {"state": Erasure.State.ERASING, "due_at": row.due_at, "closed_at": timezone.now()}
    if not Erasure.objects.of_identity(identity_id).open().update(**marks):
        Erasure.objects.create(kind=Erasure.Kind.IDENTITY, target_id=identity_id, person_id=row.person_id, **marks)


def end_sessions(person_id: UUID) -> None:
    """Signs the person out everywhere, programs too: a pair of tokens lives in a session."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person_id):
            session.delete()


def erase_account(row: Erasure) -> bool:
    """Removes a closed account; False while an identity of it is still there.

    What became theirs alone since it was closed goes, too. Where others would be left without an owner since
    then, the person stays, shut out, until somebody owns it: nothing of others is ever erased for a person.
    """
    person = User.objects.filter(pk=row.target_id).first()
    standing = standing_of(row.target_id)
    if standing.alone or standing.blocking:
        with transaction.atomic():
            _close_all(row, standing.alone)
        return False
    if person is not None:
        remove_mails(person)
        end_sessions(person.pk)
    with system_scope(Why.ACCOUNTS):
        for identity, heir in standing.handed:
            hand_over(identity, heir)
        rows = _remove(person)
        proof = {"tables": {table: [count, 0] for table, count in rows.items()}}
        told = Draft(
            DELETED,
            Effect.DELETE,
            Outcome.ALLOWED,
            resource_type="governance.user",
            resource_id=row.target_id,
            payload=proof,
        )
        append(SYSTEM_CHAIN, nobody_in(SYSTEM_CHAIN), [told], [])
        Erasure.objects.filter(pk=row.pk).update(state=Erasure.State.DONE, ended_at=timezone.now(), proof=proof)
    return True


def _remove(person: User | None) -> dict[str, int]:
    """Deletes the person with all that hangs on them; how many rows of each table."""
    if person is None:
        return {}
    _, found = person.delete()
    return {label.lower().replace(".", "_"): count for label, count in found.items() if count}


def hand_over(identity: Identity, heir: UUID) -> None:
    """Another owner becomes the one it is named under; a name they have already gets a number."""
    if identity.owner_id == heir:
        return
    taken = set(Identity.objects.filter(owner_id=heir, kind=identity.kind).values_list("name", flat=True))
    longest = Identity._meta.get_field("name").max_length or 80
    name, number = identity.name, 2
    while name in taken:
        ending = f" ({number})"
        name, number = identity.name[: longest - len(ending)] + ending, number + 1
    Identity.objects.filter(pk=identity.pk).update(owner_id=heir, name=name, is_default=False)


def remove_mails(person: User) -> None:
    """What the installation wrote to the person: confirmations, resets. E-mails of identities are theirs."""
    addresses = {person.email.lower()}
    addresses |= {email.lower() for email in EmailAddress.objects.filter(user=person).values_list("email", flat=True)}
    for mail in mail_files():
        if not mail.message_id.endswith(OURS) and any(address in mail.to.lower() for address in addresses):
            mail.path.unlink(missing_ok=True)


def end_due_accounts(quiet: timedelta = QUIET) -> None:
    """One round: closes accounts whose grace is over, erases what is due, then the people that have nothing left."""
    accounts = Erasure.objects.filter(kind=Erasure.Kind.ACCOUNT)
    each(accounts.filter(state=Erasure.State.WAITING, due_at__lte=timezone.now()), close_account)
    end_due(quiet)
    each(accounts.filter(state=Erasure.State.ERASING, closed_at__lte=timezone.now() - quiet), erase_account)
