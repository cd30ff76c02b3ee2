"""Counting in the database (limits/taking.py, sql/functions_limits.sql)."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from governance.limits.models import RequestCount
from governance.limits.taking import Limit, take
from governance.limits.tasks import sweep_counts
from tests.governance.live.processes import environment
from tests.ground import ROOT

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def unscaled(settings):
    settings.LIMITS_SCALE = 1


def test_as_many_as_allowed_and_not_one_more():
    limit, who = Limit("tested", 3), str(uuid4())
    given = [take(limit, who) for _ in range(5)]
    assert [one.allowed for one in given] == [True, True, True, False, False]
    assert [one.remaining for one in given] == [2, 1, 0, 0, 0]


def test_one_subject_does_not_use_up_anothers():
    limit = Limit("tested", 1)
    assert [take(limit, str(uuid4())).allowed for _ in range(3)] == [True] * 3


def test_two_limits_of_one_person_are_counted_apart():
    who = str(uuid4())
    assert take(Limit("tested", 1), who).allowed
    assert take(Limit("tested-too", 1), who).allowed


def earlier(who: str, seconds: int) -> None:
    """As if what was counted had been asked `seconds` earlier."""
    row = RequestCount.objects.get(subject=f"tested:{who}")
    RequestCount.objects.filter(pk=row.pk).update(newest=row.newest - seconds)


def test_the_window_slides_with_the_clock():
    limit, who = Limit("tested", 2), str(uuid4())
    take(limit, who)
    earlier(who, 40)
    take(limit, who)
    refused = take(limit, who)
    assert not refused.allowed
    assert 20 <= refused.reset <= 21
    earlier(who, 21)
    assert take(limit, who).allowed
    assert not take(limit, who).allowed


def test_a_minute_later_everything_is_free_again():
    limit, who = Limit("tested", 2), str(uuid4())
    take(limit, who), take(limit, who)
    earlier(who, 60)
    assert not take(limit, who).allowed, "the last of the 60 seconds is still counted whole"
    earlier(who, 61)
    assert [take(limit, who).remaining for _ in range(2)] == [1, 0]


def test_a_clock_that_goes_back_gives_nothing_away():
    limit, who = Limit("tested", 1), str(uuid4())
    take(limit, who)
    earlier(who, -30)
    assert not take(limit, who).allowed


RACER = """
import django, sys
django.setup()
from governance.limits.taking import Limit, take
from django.conf import settings
settings.LIMITS_SCALE = 1
print(sum(take(Limit("raced", 100), sys.argv[1]).allowed for _ in range(60)))
"""


def test_four_processes_together_get_exactly_what_is_allowed():
    who = str(uuid4())
    started = environment(DJANGO_SETTINGS_MODULE="chenu.settings")
    command = [sys.executable, "-c", RACER, who]
    with ThreadPoolExecutor(4) as threads:
        racers = [
            threads.submit(subprocess.run, command, cwd=ROOT, env=started, capture_output=True, text=True, check=True)
            for _ in range(4)
        ]
        assert sum(int(racer.result().stdout) for racer in racers) == 100


def test_the_sweep_forgets_who_has_not_asked_lately():
    old, new = str(uuid4()), str(uuid4())
    for who in (old, new):
        take(Limit("tested", 5), who)
    earlier(old, 300)
    sweep_counts(None)
    kept = set(RequestCount.objects.values_list("subject", flat=True))
    assert f"tested:{old}" not in kept
    assert f"tested:{new}" in kept


def test_counting_writes_no_log_to_the_disk():
    from django.db import connection

    with psycopg.connect(**connection.get_connection_params()) as own:
        (persistence,) = own.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'governance_requestcount'"
        ).fetchone()
    assert persistence == "u"
