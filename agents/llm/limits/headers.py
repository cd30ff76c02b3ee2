"""What providers say of their limits in headers: as seconds and counts, whatever their way of writing. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from agents.llm.limits.contract import Said

LONGEST_PAUSE = 900.0  # seconds: nobody is kept out longer by one answer
NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
SPAN = re.compile(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII
)
# What Anthropic counts apart; the least of them is what is left.
TOKENS = ("tokens", "input-tokens", "output-tokens")


def said_in(headers: Mapping[str, str], prefix: str | None, now: datetime | None = None) -> Said | None:
    """What the headers say, or None. `prefix`: how the provider's own rate headers begin; None: it sends none."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    now = now or datetime.now(UTC)
    pause = seconds_in(known.get("retry-after-ms", ""), now, unit=0.001)
    if pause is None:
        pause = seconds_in(known.get("retry-after", ""), now)
    requests = tokens = None
    if prefix:
        requests = _left(known, prefix.lower(), "requests", now)
        found = [left for kind in TOKENS if (left := _left(known, prefix.lower(), kind, now)) is not None]
        tokens = min(found, default=None)
    return Said(pause, requests, tokens) if pause is not None or requests or tokens else None


def _left(known: Mapping[str, str], prefix: str, kind: str, now: datetime) -> tuple[int, float] | None:
    """(left, seconds) of `…requests-remaining` and `…requests-reset`, or with the words the other way round."""
    remaining = known.get(f"{prefix}{kind}-remaining", known.get(f"{prefix}remaining-{kind}", ""))
    reset = seconds_in(known.get(f"{prefix}{kind}-reset", known.get(f"{prefix}reset-{kind}", "")), now)
    return (int(remaining), reset) if remaining.isascii() and remaining.isdecimal() and reset is not None else None


def seconds_in(text: str, now: datetime, unit: float = 1.0) -> float | None:
    """Seconds from now, of a number, a span (`6m0s`, `12ms`) or a moment (RFC 3339, HTTP date); None: unreadable."""
    if not text:
        return None
    if NUMBER.fullmatch(text):
        found = float(text) * unit
        found = found - now.timestamp() if found > 1e9 else found  # some send the moment as Unix seconds
    elif match := SPAN.fullmatch(text):
        parts = (float(part or 0) for part in match.groups())
        found = sum(part * worth for part, worth in zip(parts, (3600, 60, 1, 0.001), strict=True))
    else:
        moment = _moment(text)
        if moment is None:
            return None
        found = (moment - now).total_seconds()
    return min(max(found, 0.0), LONGEST_PAUSE)


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
