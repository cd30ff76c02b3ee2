"""Celery executes, the row decides: a message lost or repeated by the broker changes nothing."""

from __future__ import annotations

from uuid import UUID

from celery import Celery
from django.conf import settings

from governance.jobs import transport
from governance.jobs.execution import run_job

TASK = "chenu.run_job"

# Without Celery's Django fixup: connections are given back by `run_job`, checks ran at the start.
app = Celery("chenu", fixups=[])
app.conf.update(
    broker_url=settings.REDIS_URL or f"{transport.NAME}://localhost",
    broker_connection_retry_on_startup=True,
    task_default_queue="chenu.jobs",
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    # In one process the claimer takes no more than there are threads; over Redis each takes one ahead.
    worker_prefetch_multiplier=1 if settings.REDIS_URL else 0,
    timezone="UTC",
)


@app.task(name=TASK)
def execute(job_id: str, fence: int) -> None:
    run_job(UUID(job_id), fence)


def hand_out(job_id: UUID, fence: int) -> None:
    """Sends a claimed job to whoever executes; raises kombu's OperationalError when the broker is away."""
    execute.apply_async((str(job_id), fence), retry=False)
