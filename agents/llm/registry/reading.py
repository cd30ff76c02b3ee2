"""Providers and models as pages and programs are told of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agents.llm.facts import CHAT, EMBEDDING, ModelFacts
from agents.llm.registry.addresses import surroundings
from agents.llm.registry.keys import KeyState, key_states
from agents.llm.registry.models import Provider
from agents.llm.registry.snapshot import Registry, snapshot
from governance.errors import NotThere

MILLION = 1_000_000
JURISDICTIONS: dict[str, str | Promise] = {
    "CA": _("Canada"),
    "CN": _("China"),
    "EU": _("European Union"),
    "FR": _("France"),
    "US": _("United States"),
    "local": pgettext_lazy("jurisdiction", "this installation"),
}
CAPABILITIES: dict[str, str | Promise] = {
    "tools": pgettext_lazy("capability", "tools"),
    "vision": pgettext_lazy("capability", "images"),
    "json_schema": pgettext_lazy("capability", "structured answers"),
    "reasoning": pgettext_lazy("capability", "reasoning"),
    EMBEDDING: pgettext_lazy("capability", "search by meaning"),
}
MEASURES = {
    "name": lambda model: (model.name or model.id).casefold(),
    "provider": lambda model: model.provider,
    "context": lambda model: model.context_tokens,
    "output": lambda model: model.max_output_tokens,
    "input_price": lambda model: model.rates.input,
    "output_price": lambda model: model.rates.output,
    "quality": lambda model: model.quality,
    "speed": lambda model: model.tokens_per_second,
}


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """One provider. `callable`: it is switched on, at an address that is allowed."""

    row: Provider
    key: KeyState
    models: int
    callable: bool

    @property
    def jurisdiction(self) -> str:
        return str(JURISDICTIONS.get(self.row.jurisdiction, self.row.jurisdiction))

    @property
    def address(self) -> str:
        """Its own address, or the one that the operator has set."""
        return surroundings().home(self.row)

    @property
    def ready(self) -> bool:
        return self.callable and self.key.present

    @property
    def testable(self) -> bool:
        """Can its key be tried for nothing?"""
        return self.callable and bool(self.row.supports.get("models_endpoint"))


def provider_lines(picture: Registry | None = None) -> list[ProviderLine]:
    """Every provider, in the order of the data; three queries besides the picture."""
    picture = picture or snapshot()
    rows = list(Provider.objects.order_by("position", "pk"))
    counted, keys = Counter(model.provider for model in picture.models), key_states(rows)
    return [ProviderLine(row, keys[row.pk], counted[row.pk], row.pk in picture.providers) for row in rows]


def provider_line(provider: str) -> ProviderLine:
    """One of them. Raises NotThere."""
    row = Provider.objects.filter(pk=provider).first()
    if row is None:
        raise NotThere()
    picture = snapshot()
    number = sum(model.provider == provider for model in picture.models)
    return ProviderLine(row, key_states([row])[row.pk], number, provider in picture.providers)


def capabilities(model: ModelFacts) -> list[str]:
    """What a model can do, of what is asked for."""
    can = [name for name in CAPABILITIES if model.supports.get(name, False) and model.kind == CHAT]
    return [*can, EMBEDDING] if model.kind == EMBEDDING else can


def narrowed(models: tuple[ModelFacts, ...], provider: str, capability: str, words: str) -> list[ModelFacts]:
    """The models of a provider (or all), with a capability, whose name, id or alias holds every word."""
    wanted = words.casefold().split()
    return [
        model
        for model in models
        if (not provider or model.provider == provider)
        and (not capability or capability in capabilities(model))
        and all(any(word in name.casefold() for name in (model.id, model.name, *model.aliases)) for word in wanted)
    ]


def in_order(models: list[ModelFacts], by: str) -> list[ModelFacts]:
    """By a measure of MEASURES, `-` before it for the largest first; anything else leaves their order."""
    measure = MEASURES.get(by.removeprefix("-"))
    return models if measure is None else sorted(models, key=measure, reverse=by.startswith("-"))
