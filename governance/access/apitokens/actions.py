"""Keys for programs, made and revoked; each is an entry of the person's personal identity's chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field, field_validator

from governance.access.actions import oneself
from governance.access.apitokens.keys import digest_of, new_text
from governance.access.apitokens.scopes import SCOPES
from governance.access.models import ApiToken
from governance.access.stepup import has_second_factor
from governance.errors import BadInput, Conflict, IdentityBoundary, NotThere
from governance.people.models import Membership, User
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork

MOST_TOKENS = 50
USUAL, LONGEST = timedelta(days=90), timedelta(days=366)


class CreateToken(Params):
    """Ninety days unless `expires_at` says otherwise, a year at most."""

    name: str = Field(min_length=1, max_length=80)
    scopes: list[str] = Field(min_length=1, max_length=len(SCOPES))
    identity: UUID | None = None
    expires_at: AwareDatetime | None = None

    @field_validator("scopes")
    @classmethod
    def known(cls, value: list[str]) -> list[str]:
        unknown = sorted(set(value) - set(SCOPES))
        if unknown:
            raise ValueError(_("There is no such scope: %(names)s.") % {"names": ", ".join(unknown)[:200]})
        return sorted(set(value))


@action("governance.token.create", Effect.CONFIGURE, params=CreateToken, policy=oneself, label=_("Make an API token"))
def create_token(uow: UnitOfWork, params: CreateToken) -> tuple[ApiToken, str]:
    """The row, and the token's text: the only moment at which it is known."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    identity_id = params.identity or uow.actor.identity_id
    if not Membership.objects.of_person(person.pk).filter(identity_id=identity_id).exists():
        raise IdentityBoundary("invalid_identity", resource="governance.identity", target=identity_id)
    if ApiToken.objects.of_person(person.pk).live().count() >= MOST_TOKENS:
        raise Conflict("too_many_tokens", _("Fifty tokens at most. Revoke one first."))
    text, prefix = new_text()
    row = ApiToken.objects.create(
        user=person,
        identity_id=identity_id,
        name=params.name,
        prefix=prefix,
        digest=digest_of(text),
        scopes=params.scopes,
        second_factor=has_second_factor(person),  # the step-up before it has then asked for that
        expires_at=_end(params.expires_at),
    )
    uow.tell(token=row.pk, prefix=prefix, identity=identity_id)
    return row, text


def _end(asked: datetime | None) -> datetime:
    start = now()
    if asked is None:
        return start + USUAL
    if not start < asked <= start + LONGEST:
        raise BadInput(errors={"expires_at": [_("A moment within the next year.")]})
    return asked


class RevokeToken(Params):
    token: UUID


@action("governance.token.revoke", Effect.CONFIGURE, params=RevokeToken, policy=oneself, label=_("Revoke an API token"))
def revoke_token(uow: UnitOfWork, params: RevokeToken) -> ApiToken:
    """From now on it opens nothing; the row stays, so that the log still tells whose it was."""
    row = ApiToken.objects.select_for_update().filter(pk=params.token).first()
    if row is None:
        raise NotThere()
    if row.user_id != uow.actor.person_id:
        raise IdentityBoundary(resource="governance.token", target=row.pk)
    if row.revoked_at is None:
        row.revoked_at = now()
        row.save(update_fields=["revoked_at"])
    uow.tell(name=row.name, prefix=row.prefix)
    return row
