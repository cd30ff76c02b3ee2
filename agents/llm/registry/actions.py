"""What staff change in the registry: each an act of its own, in the log of the system (design 3.9, 5.1)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator

from agents.llm.facts import UnknownPrice
from agents.llm.registry.addresses import is_public_home, plain
from agents.llm.registry.key_actions import OneProvider, locked
from agents.llm.registry.models import Model, PriceVersion, Provider, Source, Wire
from agents.llm.registry.patterns import forbidden
from agents.llm.registry.pricing import MOST_RATE, check_price, version_of
from agents.llm.registry.state import changed
from governance.errors import BadInput, Conflict, NotThere
from governance.registry.actions import Effect, Params, action
from governance.staff.policies import is_staff_acting
from governance.uow import UnitOfWork
from governance.webhooks.addresses import UnsafeAddress, target_of

UPDATE_PROVIDER, CREATE_PROVIDER = "agents.provider.update", "agents.provider.create"
UPDATE_MODEL, CREATE_MODEL, SET_PRICE = "agents.model.update", "agents.model.create", "agents.price.set"
ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
CAPABILITIES = ("stream", "tools", "json_schema", "vision")


class UpdateProvider(OneProvider):
    """Only the given fields change. Another `base_url` asks for every key again."""

    enabled: bool | None = None
    base_url: str | None = Field(default=None, min_length=1, max_length=300)
    default_model: str | None = Field(default=None, min_length=1, max_length=80)
    rpm: int | None = Field(default=None, ge=1, le=1_000_000)
    tpm: int | None = Field(default=None, ge=1, le=10**12)
    max_concurrency: int | None = Field(default=None, ge=1, le=10_000)


@action(UPDATE_PROVIDER, Effect.CONFIGURE, params=UpdateProvider, policy=is_staff_acting, label=_("Change a provider"))
def update_provider(uow: UnitOfWork, params: UpdateProvider) -> Provider:
    row = locked(params.provider)
    given = params.model_dump(exclude_none=True, exclude={"provider"})
    if "base_url" in given:
        given["base_url"] = checked_address(given["base_url"], row.hosts)
    if "default_model" in given and not _has_model(row, given["default_model"]):
        raise BadInput(errors={"default_model": [_("This provider has no such model.")]})
    before = {name: getattr(row, name) for name in given}
    _write(uow, row, given)
    uow.tell(provider=row.pk, before=before, after=given)
    return row


def checked_address(url: str, hosts: list[str]) -> str:
    """The address in its plain form. Raises BadInput unless it is https at one of the provider's hosts.

    Loopback and private places are the operator's to name (CHENU_<PROVIDER>_BASE_URL), never staff's.
    """
    if not is_public_home(url, hosts):
        sentence = _("An https address at one of these hosts is needed: %(hosts)s.") % {"hosts": ", ".join(hosts)}
        raise BadInput(errors={"base_url": [sentence]})
    return plain(url)


def _has_model(row: Provider, model_id: str) -> bool:
    return Model.objects.filter(provider=row, model_id=model_id, retired=False).exists()


def _write(uow: UnitOfWork, row: Any, given: dict[str, Any]) -> None:
    for name, value in given.items():
        setattr(row, name, value)
    row.changed_at = timezone.now()
    row.save(update_fields=[*given, "changed_at"])
    changed(uow)


class CreateProvider(Params):
    """Another provider of either wire; it is called at the one host of its address.

    Its key may also stand in the configuration, as CHENU_<ID>_API_KEY, once CHENU_<ID>_BASE_URL stands there too.
    """

    id: str = Field(min_length=2, max_length=30)
    name: str = Field(min_length=1, max_length=80)
    wire: Wire
    base_url: str = Field(min_length=1, max_length=300)
    jurisdiction: str = Field(min_length=2, max_length=20)

    @field_validator("id")
    @classmethod
    def small_word(cls, value: str) -> str:
        if ID.fullmatch(value) is None:
            raise ValueError(_("Small letters, digits and hyphens."))
        return value


@action(CREATE_PROVIDER, Effect.CREATE, params=CreateProvider, policy=is_staff_acting, label=_("Add a provider"))
def create_provider(uow: UnitOfWork, params: CreateProvider) -> Provider:
    if Provider.objects.filter(pk=params.id).exists():
        raise BadInput(errors={"id": [_("There is a provider of this name already.")]})
    try:
        hosts = [target_of(params.base_url).host]
    except UnsafeAddress:
        hosts = []
    row = Provider(
        **params.model_dump(exclude={"base_url"}),
        base_url=checked_address(params.base_url, hosts),
        hosts=hosts,
        key_names=[f"CHENU_{params.id.upper().replace('-', '_')}_API_KEY"],
        supports={"stream": True, "tools": True, "models_endpoint": True, "stream_usage": True},
        quirks={"max_tokens_field": "max_tokens"},
        source=Source.STAFF,
    )
    row.save(force_insert=True)
    changed(uow)
    uow.tell(provider=row.pk, address=row.base_url)
    return row


class Price(Params):
    """Micro-US dollars for a million tokens; None for a cache rate: those tokens cost what input costs."""

    input: int = Field(ge=0, le=MOST_RATE)
    output: int = Field(ge=0, le=MOST_RATE)
    cache_read: int | None = Field(default=None, ge=0, le=MOST_RATE)
    cache_write_5m: int | None = Field(default=None, ge=0, le=MOST_RATE)
    cache_write_1h: int | None = Field(default=None, ge=0, le=MOST_RATE)
    fee: int = Field(default=0, ge=0, le=MOST_RATE)
    free: bool = False


class CreateModel(OneProvider, Price):
    """A model and its first price. A price of zero is one only where `free` declares it."""

    id: str = Field(min_length=1, max_length=80)
    name: str = Field(default="", max_length=80)
    kind: Model.Kind = Model.Kind.CHAT
    context_tokens: int = Field(ge=1, le=100_000_000)
    max_output_tokens: int = Field(ge=0, le=100_000_000)
    quality: int = Field(default=0, ge=0, le=100)
    tokens_per_second: int = Field(default=0, ge=0, le=100_000)
    supports: list[str] = Field(default=[], max_length=10)

    @field_validator("id")
    @classmethod
    def one_word(cls, value: str) -> str:
        if NAME.fullmatch(value) is None:
            raise ValueError(_("A model is named as its provider names it, without spaces."))
        return value

    @field_validator("supports")
    @classmethod
    def known(cls, value: list[str]) -> list[str]:
        if not set(value) <= set(CAPABILITIES):
            raise ValueError(_("There is no such capability."))
        return value


@action(CREATE_MODEL, Effect.CREATE, params=CreateModel, policy=is_staff_acting, label=_("Add a model"))
def create_model(uow: UnitOfWork, params: CreateModel) -> Model:
    provider = locked(params.provider)
    if Model.objects.filter(provider=provider, model_id=params.id).exists():
        raise BadInput(errors={"id": [_("This provider has that model already.")]})
    if forbidden(provider.quirks, params.id):
        raise BadInput(errors={"id": [_("A name like this is forbidden at this provider.")]})
    same = ("name", "kind", "context_tokens", "max_output_tokens", "quality", "tokens_per_second")
    row = Model(
        provider=provider,
        model_id=params.id,
        supports={each: each in params.supports for each in CAPABILITIES},
        source=Source.STAFF,
        **{each: getattr(params, each) for each in same},
    )
    price = priced(row, params, uow, None)
    row.save(force_insert=True)
    price.save(force_insert=True)
    changed(uow)
    uow.tell(model=str(row), price=price.name)
    return row


def priced(row: Model, params: Price, uow: UnitOfWork, before: PriceVersion | None) -> PriceVersion:
    """The version that begins now; tiers go on as they were, for a price without them is another product's.

    Raises BadInput for what is no price.
    """
    price = params.model_dump(include=set(Price.model_fields) - {"free"})
    price |= {"free_declared": params.free, "tiers": before.tiers if before else [], "valid_to": None}
    try:
        check_price(price, row.kind)
    except UnknownPrice as refusal:
        sentence = _("A price of zero counts only where it is declared free.")
        raise BadInput(errors={"input": [sentence]}) from refusal
    return version_of(row, price, timezone.now(), Source.STAFF, made_by=uow.actor.person_id)


class OneModel(OneProvider):
    """`model`: as the provider names it."""

    model: str = Field(min_length=1, max_length=80)


class UpdateModel(OneModel):
    """Only the given fields change."""

    enabled: bool | None = None
    retired: bool | None = None
    quality: int | None = Field(default=None, ge=0, le=100)
    tokens_per_second: int | None = Field(default=None, ge=0, le=100_000)


@action(UPDATE_MODEL, Effect.CONFIGURE, params=UpdateModel, policy=is_staff_acting, label=_("Change a model"))
def update_model(uow: UnitOfWork, params: UpdateModel) -> Model:
    row = locked_model(params)
    given = params.model_dump(exclude_none=True, exclude={"provider", "model"})
    before = {name: getattr(row, name) for name in given}
    _write(uow, row, given)
    uow.tell(model=str(row), before=before, after=given)
    return row


def locked_model(params: OneModel) -> Model:
    """The model, with its provider locked. Raises NotThere."""
    row = Model.objects.filter(provider=locked(params.provider), model_id=params.model).first()
    if row is None:
        raise NotThere()
    return row


class SetPrice(OneModel, Price):
    """`seen`: the version one saw; another one meanwhile is a conflict."""

    seen: str = Field(default="", max_length=60)


@action(SET_PRICE, Effect.CONFIGURE, params=SetPrice, policy=is_staff_acting, label=_("Set the price of a model"))
def set_price(uow: UnitOfWork, params: SetPrice) -> PriceVersion:
    """A new version from now on; the ones before stay, and what was begun is settled under them."""
    row = locked_model(params)
    before = present(row, timezone.now())
    if params.seen and (before is None or before.name != params.seen):
        raise Conflict("price_changed", _("Somebody has changed this price meanwhile."))
    price = priced(row, params, uow, before)
    price.save(force_insert=True)
    changed(uow)
    uow.tell(model=str(row), before=before.name if before else None, after=price.name)
    return price


def present(row: Model, moment: datetime) -> PriceVersion | None:
    """The version that began last, whether or not its time is over."""
    return PriceVersion.objects.filter(model=row, valid_from__lte=moment).in_order().last()
