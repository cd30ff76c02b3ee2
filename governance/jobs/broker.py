"""Celery executes, the row decides: a message lost or repeated by the broker changes nothing."""

from __future__ import annotations

from uuid import UUID

from celery import Celery
from django.conf import settings

from governance.jobs import reaching, transport
from governance.jobs.execution import run_job
from governance.jobs.reaching import redis_options

TASK = "chenu.run_job"
QUEUE = "chenu.jobs"
THREADS = 16

# Without Celery's Django fixup: connections are given back by `run_job`, checks ran at the start.
app = Celery("chenu", fixups=[])
app.conf.update(
    broker_url=settings.REDIS_URL or f"{transport.NAME}://localhost",
    broker_transport_options=redis_options() if settings.REDIS_URL else {},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for as long as it takes
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_pool="threads",
    worker_concurrency=THREADS,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # In one process the claimer takes no more than there are threads. Over Redis nothing is taken ahead: what a
    # killed executor had not begun is then still there for the others.
    worker_prefetch_multiplier=1 if settings.REDIS_URL else 0,
    worker_disable_prefetch=bool(settings.REDIS_URL),
    # Only about messages that are acknowledged late, as ours never are; unsaid, a lost broker is a page of advice.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    timezone="UTC",
)
if settings.REDIS_URL:
    app.amqp.Connection = reaching.Connection


@app.task(name=TASK)
def execute(job_id: str, fence: int) -> None:
    run_job(UUID(job_id), fence)


def hand_out(job_id: UUID, fence: int) -> None:
    """Sends a claimed job to whoever executes; raises kombu's OperationalError when the broker is away."""
    execute.apply_async((str(job_id), fence), retry=False)
