"""Quiet hours by the person's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from governance.notifications.quiet import quiet_until

ZONE = "America/Toronto"  # −5 h, −4 h from 8 March to 1 November 2026


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "starts", "ends", "until"),
    [
        ("2026-01-10T17:00", "21:00", "07:00", None),  # noon
        ("2026-01-11T02:30", "21:00", "07:00", "2026-01-11T12:00"),  # 21:30, over midnight
        ("2026-01-11T11:59", "21:00", "07:00", "2026-01-11T12:00"),  # 6:59
        ("2026-01-11T12:00", "21:00", "07:00", None),  # the end itself
        ("2026-01-10T17:30", "12:00", "13:00", "2026-01-10T18:00"),  # within a day
        ("2026-03-08T03:00", "22:00", "07:00", "2026-03-08T11:00"),  # the night that is an hour shorter
        ("2026-11-01T03:00", "22:00", "07:00", "2026-11-01T12:00"),  # the night that is an hour longer
        ("2026-03-08T06:30", "22:00", "02:30", "2026-03-08T07:30"),  # ends in the hour that does not exist
        ("2026-11-01T05:10", "22:00", "01:30", "2026-11-01T05:30"),  # 1:10, the first time
        ("2026-11-01T06:10", "22:00", "01:30", "2026-11-01T06:30"),  # 1:10, the second time
    ],
)
def test_when_they_are_over(moment: str, starts: str, ends: str, until: str | None) -> None:
    found = quiet_until(at(moment), ZONE, time.fromisoformat(starts), time.fromisoformat(ends))
    assert found == (at(until) if until else None)


moments = some.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))


@given(moments, some.times(), some.times(), some.sampled_from([ZONE, "Europe/Paris", "Australia/Lord_Howe", "UTC"]))
def test_they_end_within_a_day_and_after_now(moment: datetime, starts: time, ends: time, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    if starts != ends and (until := quiet_until(now, zone, starts, ends)) is not None:
        assert now < until <= now + timedelta(hours=25)
