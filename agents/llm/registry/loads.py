"""Loading as a governed act of the machine: what an update changed stands in the system's log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agents.llm import catalogue
from agents.llm.registry.loading import apply, plan
from agents.llm.registry.state import changed
from governance.isolation.context import bind, reading
from governance.perform import perform
from governance.registry.actions import Effect, NoParameters, action
from governance.staff.contexts import machine_context
from governance.staff.policies import is_machine
from governance.uow import UnitOfWork

LOAD = "agents.registry.load"
MOST_TOLD = 200


@action(LOAD, Effect.CONFIGURE, params=NoParameters, policy=is_machine, label=_("Load providers, models and prices"))
def load(uow: UnitOfWork, _params: NoParameters) -> list[str]:
    """Brings the rows up to the shipped data; returns what there is to say."""
    data, version = catalogue.shipped()
    found = plan(data)
    if found:
        apply(found)
        changed(uow)
    uow.tell(data=version, said=found.said[:MOST_TOLD], lines=len(found.said))
    return found.said


def load_shipped() -> list[str]:
    """Loads when there is something to load; what it did, in lines. Harmless to repeat."""
    with bind(machine_context()):
        with reading():
            if not plan(catalogue.shipped()[0]):
                return []
        return list(perform(LOAD, {}))
