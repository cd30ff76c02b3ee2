"""What happens to the sign-ins of a person; each is an entry of their personal identity's chain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.access.models import ApiToken, SignIn
from governance.errors import IdentityBoundary, NotThere
from governance.isolation.context import IdentityContext
from governance.live.notify import recheck
from governance.people.policies import may_read, person_itself
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork


def oneself(actor: IdentityContext, params: Any = None) -> bool:
    """The person in person: neither an agent nor a program's token looks after an account."""
    return may_read(actor, params) and person_itself(actor, params)


class OpenSession(Params):
    """How a person signed in: `password`, `password+totp`, `passkey`, `register`, an outside account …"""

    method: str = Field(max_length=40)
    session: str = Field(max_length=40)
    kind: str = SignIn.Kind.PAGE
    ip: str | None = None
    user_agent: str = Field(default="", max_length=200)


@action(
    "governance.session.open",
    Effect.UPDATE,
    params=OpenSession,
    policy=may_read,
    label=_("Sign in"),
    secret=frozenset({"session"}),
)
def open_session(uow: UnitOfWork, params: OpenSession) -> SignIn:
    """A sign-in; what is left of the person's ended ones goes."""
    mine = SignIn.objects.of_person(uow.actor.person_id)
    mine.over().delete()
    mine.filter(session_key=params.session).delete()  # the same browser, signed in again
    return SignIn.objects.create(
        user_id=uow.actor.person_id,
        session_key=params.session,
        kind=params.kind,
        method=params.method,
        ip=params.ip,
        user_agent=params.user_agent,
    )


class ConfirmSession(Params):
    """What was shown once more: `password`, `totp`, `recovery_codes`, `webauthn`."""

    method: str = Field(max_length=40)


@action(
    "governance.session.confirm",
    Effect.UPDATE,
    params=ConfirmSession,
    policy=oneself,
    label=_("Confirm that it is you"),
)
def confirm_session(uow: UnitOfWork, params: ConfirmSession) -> None:
    """A step-up: for ten minutes this sign-in may do what is sensitive."""


class CloseSession(Params):
    pass


@action("governance.session.close", Effect.UPDATE, params=CloseSession, policy=may_read, label=_("Sign out"))
def close_session(uow: UnitOfWork, params: CloseSession) -> None:
    """A sign-out: the session behind it dies with its row."""
    end(uow, SignIn.objects.of_person(uow.actor.person_id).filter(session_key=uow.actor.session))


class EndSession(Params):
    sign_in: UUID


@action("governance.session.end", Effect.UPDATE, params=EndSession, policy=oneself, label=_("End a sign-in"))
def end_session(uow: UnitOfWork, params: EndSession) -> None:
    """Ends one sign-in of the person, wherever it is."""
    row = SignIn.objects.filter(pk=params.sign_in).first()
    if row is None:
        raise NotThere()
    if row.user_id != uow.actor.person_id:
        raise IdentityBoundary(resource="governance.signin", target=row.pk)
    uow.tell(method=row.method, ip=row.ip, user_agent=row.user_agent)
    end(uow, SignIn.objects.filter(pk=row.pk))


class EndOthers(Params):
    pass


@action(
    "governance.session.end_others",
    Effect.UPDATE,
    params=EndOthers,
    policy=oneself,
    label=_("End all other sign-ins"),
)
def end_others(uow: UnitOfWork, params: EndOthers) -> None:
    """Ends every sign-in but the one that asks."""
    end_all_but_this(uow)


def end_all_but_this(uow: UnitOfWork) -> None:
    """For any change after which an open door elsewhere may no longer be the person's own."""
    end(uow, SignIn.objects.of_person(uow.actor.person_id).exclude(session_key=uow.actor.session))


def shut_out(person_id: UUID) -> dict[str, int]:
    """Ends every sign-in, program and named token of a person, for good; how many. Sockets close with the commit."""
    keys = list(SignIn.objects.of_person(person_id).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    revoked = ApiToken.objects.of_person(person_id).live().update(revoked_at=now())
    recheck(person_id)
    return {"sign_ins": len(keys), "tokens": revoked}


def end(uow: UnitOfWork, rows: Any) -> None:
    """Deletes the sign-ins and their sessions; sockets are looked at after the commit."""
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    uow.tell(ended=len(keys))
    person_id = uow.actor.person_id
    uow.after_commit.append(lambda: recheck(person_id))
