"""How much of a question's time is left, in words and as a share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from governance.checkpoints.deciding import is_open, time_left
from governance.checkpoints.models import Checkpoint

MADE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def question(hours: int = 24) -> Checkpoint:
    return Checkpoint(status="pending", created_at=MADE, expires_at=MADE + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("passed", "words", "percent", "late"),
    [
        (timedelta(0), "24 h", 100, False),
        (timedelta(hours=20, minutes=19), "3 h 41 min", 15, True),
        (timedelta(hours=18), "6 h", 25, False),
        (timedelta(hours=23, minutes=18), "42 min", 3, True),
        (timedelta(hours=23, minutes=59, seconds=30), "less than a minute", 1, True),
        (timedelta(hours=25), "less than a minute", 0, True),
    ],
)
def test_the_time_left_is_told_in_hours_and_minutes(passed: timedelta, words: str, percent: int, late: bool) -> None:
    left = time_left(question(), MADE + passed)
    with translation.override("en"):
        told = left.words.replace("\N{NO-BREAK SPACE}", " ")
    assert (told, left.percent, left.is_late) == (words, percent, late)


def test_an_overdue_question_is_no_longer_open() -> None:
    assert is_open(question(), MADE + timedelta(hours=23)) is True
    assert is_open(question(), MADE + timedelta(hours=24)) is False
    decided = question()
    decided.status = "approved"
    assert is_open(decided, MADE) is False
