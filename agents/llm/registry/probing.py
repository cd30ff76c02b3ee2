"""Does a key open its provider? One cheap real call: the list of models, which costs nothing (design 5.1)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.llm.endpoints import endpoint_of
from agents.llm.errors import CallFailed
from agents.llm.exchange import Patience
from agents.llm.registry.key_actions import TEST, TESTED
from agents.llm.registry.keys import key_for
from agents.llm.registry.models import StoredKey
from agents.llm.registry.snapshot import snapshot
from agents.llm.wires import list_models
from governance.errors import Conflict
from governance.perform import perform

PATIENCE = Patience(connect=5.0, read=15.0, total=20.0)
DENIED = frozenset({401, 403})
Trial = StoredKey.Trial


def try_key(provider: str) -> Trial:
    """Tries the key that the bound identity's calls would use, on record before and after.

    Raises NotThere for an unknown provider, Conflict where there is nothing to try.
    """
    perform(TEST, {"provider": provider})
    facts = snapshot().providers.get(provider)
    if facts is None:
        raise Conflict("provider_off", _("This provider is switched off, or its address is not allowed."))
    if key_for(provider) is None:
        raise Conflict("no_key", _("There is no key to test yet."))
    if not facts.supports.get("models_endpoint", False):
        raise Conflict("no_free_test", _("This provider has no free way to test a key: the first request shows it."))
    outcome = probe(provider)
    perform(TESTED, {"provider": provider, "outcome": outcome})
    return outcome


def probe(provider: str) -> Trial:
    """The call itself; neither the key nor what the provider said leaves this function."""
    try:
        list_models(endpoint_of(provider), PATIENCE)
    except CallFailed as failure:
        return Trial.REFUSED if failure.status in DENIED else Trial.UNREACHABLE
    return Trial.OK
