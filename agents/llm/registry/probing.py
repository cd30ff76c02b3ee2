"""Does a key open its provider? One cheap real call: the list of models, which costs nothing (design 5.1)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from agents.llm.facts import ProviderFacts
from agents.llm.registry.key_actions import TEST, TESTED
from agents.llm.registry.keys import Key, key_for
from agents.llm.registry.models import StoredKey, Wire
from agents.llm.registry.snapshot import snapshot
from governance.errors import Conflict
from governance.perform import perform
from governance.webhooks.addresses import UnsafeAddress
from governance.webhooks.sending import this_network

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
NO_KEY, DENIED = "none", frozenset({401, 403})
Trial = StoredKey.Trial


def try_key(provider: str) -> Trial:
    """Tries the key that the bound identity's calls would use, on record before and after.

    Raises NotThere for an unknown provider, Conflict where there is nothing to try.
    """
    perform(TEST, {"provider": provider})
    facts = snapshot().providers.get(provider)
    if facts is None:
        raise Conflict("provider_off", _("This provider is switched off, or its address is not allowed."))
    key = key_for(provider)
    if key is None:
        raise Conflict("no_key", _("There is no key to test yet."))
    if not facts.supports.get("models_endpoint", False):
        raise Conflict("no_free_test", _("This provider has no free way to test a key: the first request shows it."))
    outcome = probe(facts, key)
    perform(TESTED, {"provider": provider, "outcome": outcome})
    return outcome


def probe(facts: ProviderFacts, key: Key) -> Trial:
    """The call itself; neither the key nor what the provider said leaves this function."""
    if not _may_be_reached(facts):
        return Trial.UNREACHABLE
    return _anthropic(facts, key) if facts.wire == Wire.ANTHROPIC else _openai(facts, key)


def _may_be_reached(facts: ProviderFacts) -> bool:
    """Its name means public machines only, unless the operator named the address."""
    if settings.DEMO_MODE or facts.id in settings.PROVIDER_BASE_URLS:
        return True
    try:
        this_network().check(facts.base_url)
    except UnsafeAddress:
        return False
    return True


def _anthropic(facts: ProviderFacts, key: Key) -> Trial:
    import anthropic

    timeout = anthropic.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with anthropic.DefaultHttpxClient(follow_redirects=False, timeout=timeout) as http:
        client = anthropic.Anthropic(
            api_key=key.secret or NO_KEY, base_url=facts.base_url, max_retries=0, timeout=timeout, http_client=http
        )
        return _tried(lambda: client.models.list(limit=1), anthropic)


def _openai(facts: ProviderFacts, key: Key) -> Trial:
    import openai

    timeout = openai.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with openai.DefaultHttpxClient(follow_redirects=False, timeout=timeout) as http:
        client = openai.OpenAI(
            api_key=key.secret or NO_KEY, base_url=facts.base_url, max_retries=0, timeout=timeout, http_client=http
        )
        return _tried(client.models.list, openai)


def _tried(call: Any, library: Any) -> Trial:
    try:
        call()
    except library.APIStatusError as error:
        return Trial.REFUSED if error.status_code in DENIED else Trial.UNREACHABLE
    except (library.APIError, ValueError):
        return Trial.UNREACHABLE
    return Trial.OK
