"""What kill switches do to runs: those under way end, and none begins until they are lifted (design 4.4)."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from agents.llm.switches import models_of, providers
from agents.pipeline.actions import halt
from agents.pipeline.models import Run
from agents.pipeline.querysets import RunQuerySet
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.runs import NOVA, agent_name
from governance.errors import BadInput
from governance.isolation.context import Why, bind, system_scope
from governance.isolation.lookup import find
from governance.kills.models import Kill
from governance.kills.scopes import Reach, register_reach, register_seeker, register_stopper
from governance.uow import UnitOfWork
from spheres.facts import SPHERE_BY_SLUG
from spheres.rail import cards
from threads.models import Thread

COLUMNS = {Kill.Scope.SPHERE: "sphere", Kill.Scope.THREAD: "thread_id", Kill.Scope.AGENT: "agent"}
MOST_THREADS = 20


def end_those_of(uow: UnitOfWork, scope: str, ref: str) -> list[UUID]:
    """Ends the runs of the scope that wait, with what they asked, and tells those being executed to end; whose."""
    runs = reached(scope, ref)
    ids = list(runs.values_list("pk", flat=True))
    # Questions before runs: whoever decides, edits or asks locks in this order, too.
    asking = Checkpoint.objects.select_for_update().filter(run_id__in=ids, status=Checkpoint.Status.PENDING)
    asked = {row.run_id: row for row in asking.order_by("id")}
    locked = list(runs.select_for_update(of=("self",)).order_by("id"))
    for run in locked:
        halt(uow, run, asked.get(run.pk))
    return [run.person_id for run in locked]


def identities_of(scope: str, ref: str) -> list[UUID]:
    """Where a run of the scope is not over and was not told to end."""
    with bind(None), system_scope(Why.STOP):
        waiting = reached(scope, ref).exclude(status=Run.Status.RUNNING, stop_requested=True)
        return list(waiting.order_by().values_list("identity_id", flat=True).distinct())


def reached(scope: str, ref: str) -> RunQuerySet:
    """The runs of the scope that are not over; those of a provider by the model they were given."""
    runs = Run.objects.active()
    if scope == Kill.Scope.PROVIDER:
        return runs.filter(model__in=models_of(ref))
    return runs.filter(**{COLUMNS[Kill.Scope(scope)]: ref}) if scope in COLUMNS else runs


def _thread(ref: str) -> str:
    try:
        pk = UUID(ref)
    except ValueError as error:
        raise BadInput(errors={"id": [_("This is no id of a thread.")]}) from error
    thread: Thread = find(Thread.objects, pk)
    return thread.title


def _threads() -> list[tuple[str, str]]:
    """Those in which something is under way, the newest first."""
    busy = Thread.objects.filter(pk__in=Run.objects.active().values("thread_id")).newest_first()
    return [(str(pk), title) for pk, title in busy.values_list("pk", "title")[:MOST_THREADS]]


def _sphere(ref: str) -> str:
    if ref not in {str(slug) for slug in SPHERE_BY_SLUG}:
        raise BadInput(errors={"id": [_("There is no such sphere.")]})
    return ref


def _spheres() -> list[tuple[str, str]]:
    return [(str(card["slug"]), str(card["name"])) for card in cards(None)]


def _agent(ref: str) -> str:
    if ref != NOVA:
        raise BadInput(errors={"id": [_("There is no such agent.")]})
    return agent_name(ref)


def _provider(ref: str) -> str:
    names = providers()
    if ref not in names:
        raise BadInput(errors={"id": [_("There is no such provider.")]})
    return names[ref]


def register() -> None:
    """Called once, when the app is ready."""
    register_reach("agent", Reach(_agent, lambda: [(NOVA, agent_name(NOVA))]))
    register_reach("sphere", Reach(_sphere, _spheres, lambda slug: dict(_spheres()).get(slug, slug)))
    register_reach("thread", Reach(_thread, _threads))
    register_reach("provider", Reach(_provider, lambda: list(providers().items())))
    register_stopper(end_those_of)
    register_seeker(identities_of)
