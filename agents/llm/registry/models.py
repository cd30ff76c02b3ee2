"""Providers, models and prices of the installation, and the keys that open them (design 5.1)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from agents.llm.facts import CHAT, EMBEDDING
from agents.llm.registry.querysets import PriceQuerySet
from governance.isolation.models import Global, Scoped


class Source(models.TextChoices):
    """Who a row comes from."""

    SHIPPED = "shipped", _("shipped with CHE·NU")
    STAFF = "staff", _("added by staff")


class Wire(models.TextChoices):
    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI = "openai", "OpenAI"


class Reviewed(Global):
    """A row of the reviewed data. `shipped`: what was shipped for it last, so that an edit of staff is told apart."""

    enabled = models.BooleanField(default=True)
    source = models.CharField(max_length=7, choices=Source, default=Source.SHIPPED)
    shipped = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=1000)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Provider(Reviewed):
    """Somebody who answers: where, over which wire, and within which limits. Its id is the data's."""

    id = models.CharField(primary_key=True, max_length=30)
    name = models.CharField(max_length=80)
    wire = models.CharField(max_length=9, choices=Wire)
    base_url = models.CharField(max_length=300)
    hosts = models.JSONField(default=list)
    key_names = models.JSONField(default=list)
    jurisdiction = models.CharField(max_length=20)
    tier = models.PositiveSmallIntegerField(default=3)
    rpm = models.PositiveIntegerField(default=100)
    tpm = models.PositiveBigIntegerField(null=True)
    max_concurrency = models.PositiveIntegerField(default=5)
    supports = models.JSONField(default=dict)
    quirks = models.JSONField(default=dict)
    default_model = models.CharField(max_length=80, blank=True)
    default_embedding_model = models.CharField(max_length=80, blank=True)
    colour = models.CharField(max_length=9, blank=True)

    def __str__(self) -> str:
        return self.name


class Model(Reviewed):
    """One model of one provider. It is called only while it is enabled, not retired, and priced."""

    class Kind(models.TextChoices):
        CHAT = CHAT, _("conversation")
        EMBEDDING = EMBEDDING, _("embedding")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    model_id = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.CHAT)
    context_tokens = models.PositiveIntegerField()
    max_output_tokens = models.PositiveIntegerField()
    supports = models.JSONField(default=dict)
    quirks = models.JSONField(default=dict)
    quality = models.PositiveSmallIntegerField(default=0)
    tokens_per_second = models.PositiveIntegerField(default=0)
    best_for = models.JSONField(default=list)
    aliases = models.JSONField(default=list)
    dimensions = models.PositiveIntegerField(null=True)
    retired = models.BooleanField(default=False)
    historic = models.BooleanField(default=False)
    deprecated_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "model_id"], name="model_once")]

    def __str__(self) -> str:
        return f"{self.provider_id}/{self.model_id}"


class PriceVersion(Global):
    """What a model costs from a moment on, in pico-USD a token. The one that counts is the latest begun.

    Rows are only added: a call is settled under the version that it was reserved under, however old.
    """

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60, unique=True)
    input = models.PositiveBigIntegerField()
    output = models.PositiveBigIntegerField()
    cache_read = models.PositiveBigIntegerField(null=True)
    cache_write_5m = models.PositiveBigIntegerField(null=True)
    cache_write_1h = models.PositiveBigIntegerField(null=True)
    tiers = models.JSONField(default=list)
    fee = models.PositiveBigIntegerField(default=0)
    free_declared = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    source = models.CharField(max_length=7, choices=Source, default=Source.SHIPPED)
    made_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PriceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["model", "-valid_from", "-id"], name="price_of_model")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RuntimeError("a price is never changed: a new one follows it")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise RuntimeError("a price stays, dated")


class RegistryState(Global):
    """Which state the registry is in: one row, changed in the commit of every change of the rows above.

    `stamp` tells two states apart even where a number was handed out to a commit that did not happen.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    stamp = models.UUIDField(default=uuid7)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="registry_state_is_one_row")]


class StoredKey(models.Model):
    """What both kinds of key keep. `base_url`: the address it was given for, and the only one it is sent to."""

    class Trial(models.TextChoices):
        UNTESTED = "", pgettext_lazy("key", "not tested")
        OK = "ok", pgettext_lazy("key", "accepted")
        REFUSED = "refused", pgettext_lazy("key", "refused")
        UNREACHABLE = "unreachable", pgettext_lazy("key", "unreachable")

    sealed = models.BinaryField()
    base_url = models.CharField(max_length=300)
    last4 = models.CharField(max_length=4)
    made_by = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    tested = models.CharField(max_length=11, choices=Trial, blank=True)
    tested_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class InstallationKey(StoredKey, Global):
    """The installation's key of a provider, sealed under a key of its own which the master key wraps."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.OneToOneField(Provider, on_delete=models.PROTECT, related_name="+")
    wrapped = models.BinaryField()


class IdentityKey(StoredKey, Scoped):
    """An identity's own key of a provider, sealed under the identity's data key: it dies with it."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "provider"], name="identity_key_once")]


__all__ = [
    "IdentityKey", "InstallationKey", "Model", "PriceVersion", "Provider", "RegistryState",
    "Source", "StoredKey", "Wire",
]  # fmt: skip
