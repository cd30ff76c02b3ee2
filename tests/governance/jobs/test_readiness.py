"""What the readiness probe says about the worker."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from governance.jobs.claims import LOCK_CLASS
from governance.models import WorkerBeat
from tests.redis_server import PROGRAM, RedisServer


@pytest.mark.parametrize(
    ("silence", "said", "status"),
    [(None, "not started", 200), (10, "ok", 200), (40, "not running", 200), (70, "not running", 503)],
)
def test_the_worker_is_reported_and_missed_only_after_a_minute(stranger, silence, said, status):
    WorkerBeat.objects.all().delete()
    if silence is not None:
        WorkerBeat.objects.create(holder=7, seen_at=timezone.now() - timedelta(seconds=silence))
    answer = stranger.get("/readyz")
    WorkerBeat.objects.all().delete()
    assert (answer.json()["checks"]["worker"], answer.status_code) == (said, status)


@pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
def test_with_redis_it_tells_of_it_and_of_executors_and_serves_without_both(stranger, settings, tmp_path):
    server = RedisServer(tmp_path / "redis").start()
    settings.REDIS_URL = server.url
    WorkerBeat.objects.create(holder=7, seen_at=timezone.now())
    try:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as processes:
            for holder in (7, 1_000_008, 1_000_009):
                processes.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK_CLASS, holder])
            checks = stranger.get("/readyz").json()["checks"]
        assert (checks["worker"], checks["redis"], checks["executors"]) == ("ok", "ok", "2 running")
        server.kill()
        answer = stranger.get("/readyz")
        checks = answer.json()["checks"]
        assert (answer.status_code, checks["redis"], checks["executors"]) == (200, "not answering", "none")
    finally:
        server.kill()
        WorkerBeat.objects.all().delete()
