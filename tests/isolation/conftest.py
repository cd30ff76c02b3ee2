"""The matrix refuses more within a minute than any person is: it looks at each answer, not at the brake."""

from __future__ import annotations

import pytest

from governance.access import bursts


@pytest.fixture(autouse=True)
def no_brake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bursts, "MOST_A_MINUTE", 10**6)
