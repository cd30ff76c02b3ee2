"""What providers say of their limits, in their many ways of writing (limits/headers.py)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.llm.limits.contract import Said
from agents.llm.limits.headers import LONGEST_PAUSE, said_in, seconds_in

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("6m0s", 360.0),
        ("1m30.5s", 90.5),
        ("12ms", 0.012),
        ("0s", 0.0),
        ("1h", LONGEST_PAUSE),
        ("2026-11-20T12:00:30Z", 30.0),
        ("2026-11-20T13:00:30+01:00", 30.0),
        ("Fri, 20 Nov 2026 12:00:05 GMT", 5.0),
        ("2026-11-20T11:00:00Z", 0.0),
        (str(int(NOW.timestamp()) + 20), 20.0),
        ("999999", LONGEST_PAUSE),
        ("soon", None),
        ("", None),
        ("-3", None),
        ("٣", None),
    ],
)
def test_seconds_are_read_in_every_way_of_writing(text: str, seconds: float | None) -> None:
    found = seconds_in(text, NOW)
    assert found == seconds or found == pytest.approx(seconds)


def test_anthropics_words() -> None:
    headers = {
        "Anthropic-RateLimit-Requests-Remaining": "3",
        "Anthropic-RateLimit-Requests-Reset": "2026-11-20T12:00:10Z",
        "anthropic-ratelimit-input-tokens-remaining": "9000",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:00:20Z",
        "anthropic-ratelimit-output-tokens-remaining": "500",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-20T12:00:30Z",
    }
    assert said_in(headers, "anthropic-ratelimit-", NOW) == Said(None, (3, 10.0), (500, 30.0))


def test_openais_words_and_a_pause() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
        "retry-after": "20",
        "retry-after-ms": "1500",
    }
    assert said_in(headers, "x-ratelimit-", NOW) == Said(1.5, (0, 1.0), (149_984, 360.0))


def test_a_pause_is_heeded_of_whoever_sends_no_rates() -> None:
    headers = {"retry-after": "2", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
    assert said_in(headers, None, NOW) == Said(2.0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"x-ratelimit-remaining-requests": "5"},
        {"x-ratelimit-remaining-requests": "many", "x-ratelimit-reset-requests": "1s"},
    ],
)
def test_what_cannot_be_read_says_nothing(headers: dict[str, str]) -> None:
    assert said_in(headers, "x-ratelimit-", NOW) is None
