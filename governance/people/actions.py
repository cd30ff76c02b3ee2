"""What changes about people and identities."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, EmailStr, Field, field_validator

from governance.audit.vault import make_data_key
from governance.errors import Conflict, IdentityBoundary, NotAllowed
from governance.isolation.context import IdentityContext, Why, system_scope
from governance.people.models import MOST_IDENTITIES_PER_PERSON, Identity, Membership, Role, User
from governance.people.policies import may_read, person_itself
from governance.registry.actions import Effect, Params, action
from governance.registry.fields import one_of
from governance.uow import UnitOfWork

ACTIVATE = "governance.identity.activate"


class RegisterPerson(Params):
    """A new account. `password_hash` is the encoded hash; None for an account without password."""

    email: EmailStr = Field(max_length=254)
    password_hash: str | None = None
    display_name: str = Field(min_length=1, max_length=80)
    language: str = Field(default="fr", pattern="^(fr|en)$")

    @field_validator("email")
    @classmethod
    def lower(cls, value: str) -> str:
        return value.lower()


def is_its_own_new_identity(actor: IdentityContext, _params: Any) -> bool:
    """Registration acts for the person and the identity it is about to make, so both must be new."""
    return (
        not User.objects.filter(pk=actor.person_id).exists()
        and not Identity.objects.filter(pk=actor.identity_id).exists()
    )


@action(
    "governance.person.register",
    Effect.CREATE,
    params=RegisterPerson,
    policy=is_its_own_new_identity,
    label=_("Create an account"),
    secret=frozenset({"password_hash"}),
)
def register(uow: UnitOfWork, params: RegisterPerson) -> User:
    """Makes the person, their personal identity and its keys: the first entry of its chain."""
    if User.objects.filter(email=params.email).exists():
        raise Conflict("email_taken", _("This e-mail address already has an account."))
    person = User(
        id=uow.actor.person_id, email=params.email, display_name=params.display_name, language=params.language
    )
    person.password = params.password_hash or ""
    if params.password_hash is None:
        person.set_unusable_password()
    try:
        person.save(force_insert=True)
    except IntegrityError as error:  # the same address, registered in the same moment
        raise Conflict("email_taken", _("This e-mail address already has an account.")) from error
    identity = Identity.objects.create(
        id=uow.actor.identity_id,
        owner=person,
        kind=Identity.Kind.PERSONAL,
        name=params.display_name,
        is_default=True,
    )
    open_identity(identity, person)
    return person


def known_region(value: str) -> str:
    """For pydantic: a region CHE·NU knows the rules of."""
    if value not in Identity.Region.values:
        raise one_of(Identity.Region.values)
    return value


Region = Annotated[str, AfterValidator(known_region)]


class CreateIdentity(Params):
    kind: str
    name: str = Field(min_length=1, max_length=80)
    region: Region = Identity.Region.QUEBEC
    currency: str = Field(default="CAD", pattern="^[A-Z]{3}$")

    @field_validator("kind")
    @classmethod
    def known_kind(cls, value: str) -> str:
        if value not in Identity.Kind.values:
            raise one_of(Identity.Kind.values)
        return value


def person_in_person(actor: IdentityContext, params: Any) -> bool:
    return may_read(actor, params) and person_itself(actor, params)


@action(
    "governance.identity.create",
    Effect.CREATE,
    params=CreateIdentity,
    policy=person_in_person,
    label=_("Create an identity"),
)
def create_identity(uow: UnitOfWork, params: CreateIdentity) -> Identity:
    """A further, sealed identity of the same person."""
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    if params.kind == Identity.Kind.PERSONAL:
        raise Conflict("personal_exists", _("You already have your personal identity."))
    owned = Identity.objects.filter(owner=person)
    if owned.count() >= MOST_IDENTITIES_PER_PERSON:
        raise NotAllowed(_("A person holds ten identities at most."))
    if owned.filter(kind=params.kind, name=params.name).exists():
        raise Conflict("identity_exists", _("You already have an identity of this kind and name."))
    identity = Identity.objects.create(
        owner=person, kind=params.kind, name=params.name, region=params.region, currency=params.currency
    )
    open_identity(identity, person)
    return identity


def open_identity(identity: Identity, owner: User) -> None:
    """Gives a new identity its first member and the rows every identity has from its first day."""
    Membership.objects.create(user=owner, identity=identity, role=Role.OWNER)
    with system_scope(Why.ACCOUNTS):
        make_data_key(identity.pk)


class ActivateIdentity(Params):
    identity: UUID


@action(
    ACTIVATE,
    Effect.UPDATE,
    params=ActivateIdentity,
    policy=person_in_person,
    label=_("Act for another identity"),
)
def activate(uow: UnitOfWork, params: ActivateIdentity) -> Identity:
    """Records that the person now acts for `identity`; the edge changes its session afterwards."""
    membership = Membership.objects.of_person(uow.actor.person_id).filter(identity_id=params.identity).first()
    if membership is None:
        raise IdentityBoundary("invalid_identity", resource="governance.identity", target=params.identity)
    return membership.identity


class ChangeProfile(Params):
    """What a person may change about themselves; only the named fields change."""

    display_name: str | None = Field(default=None, min_length=1, max_length=80)
    language: str | None = Field(default=None, pattern="^(fr|en)$")
    timezone: str | None = Field(default=None, max_length=40)
    theme: str | None = None
    density: str | None = None

    @field_validator("timezone")
    @classmethod
    def known_timezone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(_("Give an IANA time zone, such as America/Toronto."))
        return value

    @field_validator("theme")
    @classmethod
    def known_theme(cls, value: str | None) -> str | None:
        if value is not None and value not in User.Theme.values:
            raise one_of(User.Theme.values)
        return value

    @field_validator("density")
    @classmethod
    def known_density(cls, value: str | None) -> str | None:
        if value is not None and value not in User.Density.values:
            raise one_of(User.Density.values)
        return value


@action(
    "governance.person.update",
    Effect.UPDATE,
    params=ChangeProfile,
    policy=person_in_person,
    label=_("Change one's profile"),
)
def change_profile(uow: UnitOfWork, params: ChangeProfile) -> User:
    person = User.objects.select_for_update(no_key=True).get(pk=uow.actor.person_id)
    changed = params.model_dump(exclude_none=True)
    uow.tell(before={name: getattr(person, name) for name in changed})
    for name, value in changed.items():
        setattr(person, name, value)
    person.save(update_fields=list(changed) or None)
    return person
