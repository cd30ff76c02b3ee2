"""The answers nobody asked for: not found, forged, broken, and the two probes."""

from __future__ import annotations

import shutil
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from governance.access.problems import respond
from governance.access.public import is_for_programs
from governance.errors import GovernanceError, NotAllowed, NotThere, TooMany
from governance.jobs.claims import holders
from governance.jobs.models import WorkerBeat
from governance.redis.client import answers

LEAST_FREE_BYTES = 50 * 1024 * 1024
WORKER_LATE, WORKER_GONE = 15, 60  # seconds without a sign of life


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond(request, NotThere())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly an old page: nothing was done, and reloading mends it."""
    return respond(_traced(request), NotAllowed(_("This page was open for too long. Reload it and try again.")))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    refusal = GovernanceError(_("This request cannot be understood."))
    refusal.status, refusal.code, refusal.title = 400, "invalid", _("This cannot be understood")
    return respond(_traced(request), refusal)


def too_many(request: HttpRequest) -> HttpResponse:
    """A limit of the sign-in pages is reached."""
    return respond(_traced(request), TooMany(_("Wait a minute, then try again."), retry_after=60))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the log has the details under the request's id."""
    _traced(request)
    if is_for_programs(request.path_info):
        return respond(request, GovernanceError())
    return render(request, "500.html", status=500)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Is the process alive?"""
    return JsonResponse({"status": "ok", "release": settings.RELEASE})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Can it serve? Database, migrations, disk, worker; 503 with what is missing otherwise.

    A worker that was never there, or is only starting again, does not stop the pages from being served.
    """
    checks = {"database": _database(), "disk": _disk()}
    ready = all(value == "ok" for value in checks.values())
    checks["worker"], excused = _worker() if checks["database"] == "ok" else ("unknown", True)
    ready = ready and excused
    if settings.REDIS_URL:  # pages are served without it, so it is told and does not count
        checks["redis"] = "ok" if answers() else "not answering"
        checks["executors"] = _executors() if checks["database"] == "ok" else "unknown"
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "not answering"
    return f"{len(pending)} migrations pending" if pending else "ok"


def _worker() -> tuple[str, bool]:
    """What is known of the worker, and whether one may do without it for now."""
    seen_at = WorkerBeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen_at is None:
        return "not started", True
    silence = (now() - seen_at).total_seconds()
    return ("ok" if silence <= WORKER_LATE else "not running"), silence <= WORKER_GONE


def _executors() -> str:
    """Who holds a lock of jobs and shows no beat of a worker executes what the worker sends."""
    workers = set(WorkerBeat.objects.values_list("holder", flat=True))
    return f"{len(found)} running" if (found := holders() - workers) else "none"


def _disk() -> str:
    return "ok" if shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES else "nearly full"


def _traced(request: Any) -> HttpRequest:
    """Some refusals happen before the door has numbered the request."""
    from governance.access.door import trace

    if not hasattr(request, "request_id"):
        request.request_id = trace(request)
    return request
