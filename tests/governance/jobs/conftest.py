"""A worker, and what tests put into its queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.cast import Person
from tests.governance.live.processes import Running, forget_waiting
from tests.governance.live.processes import worker as worker_processes

KINDS = ("--import", "tests.governance.jobs.kinds")


def started(log: Path, **more: str) -> Running:
    """A new worker that is at work and knows the tests' kinds of jobs."""
    return worker_processes(log, *KINDS, **more)


@pytest.fixture
def start_worker(db: None, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`start_worker()` for tests that harm it: a worker process of their own."""
    forget_waiting()
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(started(tmp_path / "worker.log", **more))


@pytest.fixture(scope="module")
def worker(database: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One worker process for the tests of a module that only watch it."""
    with django_db_blocker.unblock():
        forget_waiting()
        running = started(tmp_path_factory.mktemp("worker") / "worker.log")
    with running:
        yield running


@pytest.fixture
def put(db: None) -> Callable[..., Any]:
    """`put(person, kind, identity)`: enqueues as that person, in a unit of work of its own; the job."""
    from governance.jobs.queue import enqueue
    from governance.uow import unit_of_work
    from tests.governance.jobs import kinds  # noqa: F401 (declares them here too)

    def put(person: Person, kind: str, identity: Any = None, run_at: datetime | None = None) -> Any:
        with person.acting(identity) as context, unit_of_work():
            return enqueue(kind, context.identity_id, uuid7(), context.person_id, run_at)

    return put


def states(jobs: list[Any]) -> list[str]:
    from governance.models import Job

    found = dict(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("pk", "state"))
    return [found[job.pk] for job in jobs]


def all_done(jobs: list[Any]) -> bool:
    return set(states(jobs)) == {"done"}
