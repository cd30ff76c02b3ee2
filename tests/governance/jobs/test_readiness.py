"""What the readiness probe says about the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import WorkerBeat


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
