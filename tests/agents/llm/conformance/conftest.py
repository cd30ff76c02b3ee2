from __future__ import annotations

import pytest

from tests.agents.llm.conformance.provider import PROVIDERS, Provider, with_tools

TOOLED = [name for name in PROVIDERS if with_tools(name)]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, simulator_url: str) -> Provider:
    """Each of the eighteen in turn."""
    return Provider(request.param, simulator_url)


@pytest.fixture(params=TOOLED)
def tooled(request: pytest.FixtureRequest, simulator_url: str) -> Provider:
    """Each of those that have a model which calls tools."""
    return Provider(request.param, simulator_url)
