"""Who belongs to the staff, and what staff do about people: suspend, let in again, unlock."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.actions import shut_out
from governance.access.attempts import forget_failures
from governance.errors import Conflict, NotThere
from governance.people.models import User
from governance.registry.actions import Effect, Params, action
from governance.rights.models import Erasure
from governance.staff.actions.glass import end_looks
from governance.staff.actions.telling import tell_person
from governance.staff.models import LONGEST_REASON, BreakGlass
from governance.staff.policies import is_machine, is_staff_acting
from governance.uow import UnitOfWork

GRANT, WITHDRAW = "governance.staff.grant", "governance.staff.withdraw"
SUSPEND, REACTIVATE, UNLOCK = (f"governance.person.{verb}" for verb in ("suspend", "reactivate", "unlock"))


class WhichPerson(Params):
    person: UUID


class PersonAndReason(WhichPerson):
    reason: str = Field(min_length=5, max_length=LONGEST_REASON)


def locked(pk: UUID) -> User:
    person = User.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if person is None:
        raise NotThere()
    return person


@action(GRANT, Effect.CONFIGURE, params=WhichPerson, policy=is_machine, label=_("Take into the staff"))
def grant(uow: UnitOfWork, params: WhichPerson) -> User:
    """The person may enter the admin, once they have a second factor. By the command line only."""
    person = locked(params.person)
    if person.is_staff:
        raise Conflict("staff_already", _("This person belongs to the staff already."))
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    tell_person(uow, person, GRANT)
    return person


@action(WITHDRAW, Effect.CONFIGURE, params=WhichPerson, policy=is_machine, label=_("Dismiss from the staff"))
def withdraw(uow: UnitOfWork, params: WhichPerson) -> User:
    """Ends it at once: the admin asks at each request; open looks end in the same commit."""
    person = locked(params.person)
    if not person.is_staff:
        raise Conflict("not_staff", _("This person does not belong to the staff."))
    person.is_staff = person.is_superuser = False
    person.save(update_fields=["is_staff", "is_superuser"])
    end_looks(uow, person.pk, BreakGlass.Ending.WITHDRAWN)
    tell_person(uow, person, WITHDRAW)
    return person


@action(SUSPEND, Effect.CONFIGURE, params=PersonAndReason, policy=is_staff_acting, label=_("Suspend a person"))
def suspend(uow: UnitOfWork, params: PersonAndReason) -> User:
    """Shuts a person out at once: sign-ins, programs, tokens, sockets, looks. What they own stays as it is."""
    person = locked(params.person)
    if person.pk == uow.actor.person_id:
        raise Conflict("oneself", _("Nobody suspends themselves."))
    if not person.is_active:
        raise Conflict("suspended_already", _("This person is shut out already."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    uow.tell(**shut_out(person.pk))
    end_looks(uow, person.pk, BreakGlass.Ending.WITHDRAWN)
    tell_person(uow, person, SUSPEND, said=params.reason)
    return person


@action(REACTIVATE, Effect.CONFIGURE, params=PersonAndReason, policy=is_staff_acting, label=_("Let a person in again"))
def reactivate(uow: UnitOfWork, params: PersonAndReason) -> User:
    """The person may sign in again. What was ended stays ended: tokens are made anew."""
    person = locked(params.person)
    if person.is_active:
        raise Conflict("not_suspended", _("This person is not shut out."))
    if Erasure.objects.of_account(person.pk).filter(state=Erasure.State.ERASING).exists():
        raise Conflict("account_ends", _("This account is being deleted, as its person asked."))
    person.is_active = True
    person.save(update_fields=["is_active"])
    tell_person(uow, person, REACTIVATE, said=params.reason)
    return person


@action(UNLOCK, Effect.UPDATE, params=WhichPerson, policy=is_staff_acting, label=_("Unlock an account"))
def unlock(uow: UnitOfWork, params: WhichPerson) -> User:
    """Forgets the failed attempts on one account; those counted by address stay."""
    person = locked(params.person)
    tell_person(uow, person, UNLOCK)
    email, pk = person.email, person.pk
    uow.after_commit.append(
        lambda: forget_failures({"login_failed": f"login-{email}", "second_factor": f"person-{pk}"})
    )
    return person
