from __future__ import annotations

import pytest

from tests.agents.llm.conformance.provider import PROVIDERS, Provider


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, simulator_url: str) -> Provider:
    """Each of the eighteen in turn."""
    return Provider(request.param, simulator_url)
