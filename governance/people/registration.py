"""Making an account, for every edge: the sign-up page, the API and the command line."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel, IdentityContext, bind
from governance.people.models import Identity, Membership, Role, User
from governance.perform import perform


def register_person(
    *, email: str, password: str | None, display_name: str, language: str = "fr", channel: str = "page"
) -> User:
    """Performs `governance.person.register` as the person about to exist. Raises Conflict `email_taken`."""
    newcomer = IdentityContext(
        person_id=uuid7(), identity_id=uuid7(), role=Role.OWNER, channel=Channel(channel), request_id=uuid7()
    )
    with bind(newcomer):
        return perform(
            "governance.person.register",
            {
                "email": email,
                "password_hash": make_password(password) if password else None,
                "display_name": display_name,
                "language": language,
            },
        )


def personal_context(person: User, *, channel: str, request_id: object = None) -> IdentityContext:
    """The context in which events of the person themselves are recorded: their personal identity."""
    identity = Identity.objects.get(owner=person, kind=Identity.Kind.PERSONAL)
    role = Membership.objects.get(user=person, identity=identity).role
    return IdentityContext(
        person_id=person.pk,
        identity_id=identity.pk,
        role=role,
        channel=Channel(channel),
        request_id=request_id or uuid7(),  # type: ignore[arg-type]
    )
