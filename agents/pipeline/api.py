"""`/api/v2/nova/…`: the pipeline for programs (design 4.1, 6.2, 6.3)."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.pipeline import shapes
from agents.pipeline.actions import INTENT_TYPES, StopRun
from agents.pipeline.models import SETTLED, Run
from governance.access.rest import KeysetPages, act, query, refuse_spoofed_identity, validated
from governance.checkpoints.opening import required
from governance.errors import BadInput, GovernanceError, NotAllowed
from governance.isolation.context import current, reading
from governance.isolation.lookup import find
from governance.live.waiting import wait_until
from governance.perform import perform
from governance.registry.actions import Params
from governance.registry.idempotency import Key
from spheres.facts import SphereSlug
from threads.models import Thread

DEFAULT_WAIT, LONGEST_WAIT = 20, 60  # seconds
PREFERRED_WAIT = re.compile(r"\bwait=(\d{1,4})\b")


class Query(Params):
    """What Nova is asked; `query` is another name of `text`."""

    text: str = Field(default="", max_length=20_000)
    query: str = Field(default="", max_length=20_000)
    sphere: SphereSlug
    thread: UUID | None = None
    agent: str = "nova"
    encoding: str = Field(default="", max_length=400)

    def start(self) -> dict[str, Any]:
        """The parameters of the action; raises BadInput when there are no words, or two different ones."""
        if bool(self.text) == bool(self.query):
            raise BadInput(errors={"text": [_("What do you want? Write it here, once.")]})
        return {
            "text": self.text or self.query,
            "sphere": self.sphere,
            "thread": self.thread,
            "agent": self.agent,
            "encoding": self.encoding,
        }


class QueryView(APIView):
    @extend_schema(request=Query, responses={200: shapes.RunOut, 202: shapes.RunOut}, operation_id="nova_query")
    def post(self, request: Request) -> Response:
        """Starts a run and waits for it, as long as `Prefer: wait=N` says (20 s); 423 when a person must approve."""
        check_named_thread(request)
        refuse_spoofed_identity(request)
        asked = validated(Query, request.data).start()
        value = request.headers.get("Idempotency-Key")
        key = Key.of_request(value, "POST", request.path, request.data) if value else None
        _status, kept = perform("agents.run.start", asked, key=key, render=lambda run: (200, {"run": str(run.pk)}))
        return answer(UUID(kept["run"]), wait_of(request))


def check_named_thread(request: Request) -> None:
    """A foreign thread is refused before anything else is looked at."""
    named = request.data.get("thread") if isinstance(request.data, dict) else None
    try:
        thread = UUID(str(named)) if named else None
    except ValueError as error:
        raise BadInput(errors={"thread": [_("This is not an id.")]}) from error
    if thread is not None:
        with reading():
            find(Thread.objects, thread)


def wait_of(request: Request) -> int:
    """Seconds to wait: `Prefer: respond-async` none, `Prefer: wait=N` at most a minute."""
    preferred = request.headers.get("Prefer", "")
    if "respond-async" in preferred:
        return 0
    found = PREFERRED_WAIT.search(preferred)
    return min(int(found[1]), LONGEST_WAIT) if found else DEFAULT_WAIT


def answer(run_id: UUID, seconds: int) -> Response:
    """The state of a run once it needs no more waiting: 200, 202, 423, or 403 once refused or expired."""

    def look(*, settled: bool = True) -> Response | GovernanceError | None:
        with reading():
            run = find(Run.objects, run_id)
            return state_of(run) if run.status in SETTLED or not settled else None

    state = wait_until(look, current().identity_id, seconds) or look(settled=False)
    if isinstance(state, GovernanceError):
        raise state
    assert state is not None
    return state


def state_of(run: Run) -> Response | GovernanceError:
    """What is answered about a run as it is now, inside a transaction."""
    waiting = shapes.checkpoint_of(run)
    if waiting is not None:
        return required(waiting)
    if run.status in {Run.Status.REJECTED, Run.Status.EXPIRED}:
        refusal = NotAllowed(_("This was not approved, so it was not done."), run_id=str(run.pk))
        refusal.code = "checkpoint_rejected" if run.status == Run.Status.REJECTED else "checkpoint_expired"
        return refusal
    return Response(shapes.run_out(run), status=200 if run.status in SETTLED else 202)


class RunFilters(Params):
    status: str = ""
    thread: UUID | None = None
    sphere: str = ""


class RunsView(APIView):
    @extend_schema(responses=shapes.RunList, operation_id="nova_runs")
    def get(self, request: Request) -> Response:
        wanted = query(request, RunFilters)
        rows = Run.objects.newest_first().prefetch_related("lanes")
        for name, value in wanted.model_dump(exclude_defaults=True).items():
            rows = rows.filter(**{name: value})
        return KeysetPages.answer(request, rows, lambda run: shapes.shaped(run, list(run.lanes.all()), None))


class HistoryView(RunsView):
    """Another name of the list."""

    @extend_schema(responses=shapes.RunList, operation_id="nova_history")
    def get(self, request: Request) -> Response:
        return super().get(request)


class RunView(APIView):
    @extend_schema(responses=shapes.RunOut, operation_id="nova_run")
    def get(self, request: Request, run: UUID) -> Response:
        return Response(shapes.run_out(find(Run.objects, run)))


class StatusView(RunView):
    """Another name of the run."""

    @extend_schema(responses=shapes.RunOut, operation_id="nova_status")
    def get(self, request: Request, run: UUID) -> Response:
        return super().get(request, run)


class ContinueBody(Params):
    answer: str = Field(default="", max_length=20_000)
    encoding: str = Field(default="", max_length=400)


class ContinueView(APIView):
    @extend_schema(
        request=ContinueBody, responses={200: shapes.RunOut, 202: shapes.RunOut}, operation_id="nova_run_continue"
    )
    def post(self, request: Request, run: UUID) -> Response:
        with reading():
            find(Run.objects, run)
        body = validated(ContinueBody, request.data)
        perform("agents.run.continue", {"run": run, **body.model_dump()})
        return answer(run, wait_of(request))


class EncodingBody(Params):
    encoding: str = Field(min_length=1, max_length=400)


class EncodingView(APIView):
    @extend_schema(
        request=EncodingBody, responses={200: shapes.RunOut, 202: shapes.RunOut}, operation_id="nova_run_encoding"
    )
    def patch(self, request: Request, run: UUID) -> Response:
        """Changes the encoding of a run that asks, before anything is executed."""
        with reading():
            find(Run.objects, run)
        perform("agents.run.continue", {"run": run, "encoding": validated(EncodingBody, request.data).encoding})
        return answer(run, wait_of(request))


class CancelView(APIView):
    @extend_schema(request=None, responses=shapes.RunOut, operation_id="nova_run_cancel")
    def post(self, request: Request, run: UUID) -> Response:
        with reading():
            find(Run.objects, run)
        return act(request, "agents.run.stop", StopRun(run=run), shapes.run_out)


class IntentTypesView(APIView):
    @extend_schema(responses={200: dict}, operation_id="nova_intent_types")
    def get(self, request: Request) -> Response:
        return Response({"results": INTENT_TYPES})
