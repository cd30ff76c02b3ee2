"""The one model that Nova answers with, out of the registry: of Anthropic and of nobody else (design 5.1)."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from agents.llm.errors import ModelUnavailable
from agents.llm.facts import ModelFacts, UnknownPrice
from agents.llm.registry.snapshot import snapshot

PROVIDER = "anthropic"


def present() -> ModelFacts:
    """The model for what begins now. Raises ModelUnavailable."""
    return of_run(settings.NOVA_MODEL, "")


def of_run(model_id: str, price_version: str) -> ModelFacts:
    """The model at the price that a run began under, whatever it costs by now. Raises ModelUnavailable."""
    try:
        return snapshot().at(PROVIDER, model_id, price_version)
    except UnknownPrice as error:
        detail = _("%(model)s is switched off, retired or has no price. Staff can say which model answers.")
        raise ModelUnavailable(detail % {"model": model_id}) from error
