"""Quiet hours: by the person's own clock, over midnight, and right on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(moment: datetime, zone: str, starts: time, ends: time) -> datetime | None:
    """When the quiet hours that `moment` falls into are over; None outside of them."""
    own = ZoneInfo(zone)
    local = moment.astimezone(own)
    clock = local.time()
    inside = starts <= clock < ends if starts < ends else clock >= starts or clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if clock >= ends else local.date()
    # An hour that is skipped is read as the one after it; one that comes twice, as its first time …
    over = datetime.combine(day, ends, own).astimezone(UTC)
    if over <= moment:  # … unless that is past: quiet lasts until the clock shows the end again
        over = datetime.combine(day, ends.replace(fold=1), own).astimezone(UTC)
    return over
