"""The isolation matrix of providers, models and keys: they are the installation's, the key is Alice's."""

from __future__ import annotations

from typing import Any

from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case

KEY = {"key": f"sk-{MARK}"}


def a_provider(alice: Person) -> dict[str, Any]:
    return {"provider": "anthropic"}


def a_key(alice: Person) -> dict[str, Any]:
    """Her key of a provider: nobody is shown it, herself included."""
    with alice.acting():
        perform("agents.key.set", {"provider": "anthropic", **KEY})
    return {"provider": "anthropic"}


def a_model(alice: Person) -> dict[str, Any]:
    return {"model": "openai/gpt-oss-120b"}


# Another identity has no key to remove, and no role of an identity changes the installation.
CASES = [
    Case("llm-providers", whole=True),
    Case("llm-models", whole=True),
    Case("llm-provider", make=a_key, whole=True),
    Case("llm-provider-key", ("GET", "POST"), a_provider, KEY, whole=True),
    Case("llm-provider-key-remove", ("POST",), a_key, whole=True),
    Case("llm-provider-key-test", ("POST",), a_key, whole=True),
    Case("api-llm-providers", make=lambda alice: a_key(alice) and {}, whole=True),
    Case("api-llm-provider", ("GET", "PATCH"), a_key, {"rpm": 5}, whole=True, answers=(403,)),
    Case("api-llm-provider-test", ("POST",), a_key, whole=True),
    Case("api-llm-provider-key", ("PUT", "DELETE"), a_key, KEY, whole=True),
    Case("api-llm-models", whole=True),
    Case("api-llm-model", ("GET",), a_model, whole=True),
    Case("api-llm-tasks", whole=True),
    Case("api-llm-roles", whole=True),
]
