"""How a month's cost is divided by what only runs and their calls know."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.access.showing import names_of
from governance.checkpoints.runs import agent_name
from governance.ledger.statement import MEMBER, Dimension, register_dimension, thread_names
from spheres.facts import SphereSlug

OF_RUN = "(SELECT r.{column} FROM {run} r WHERE r.identity_id = e.identity_id AND r.id = e.run_id)"
MODEL = (
    "(SELECT a.provider || '/' || a.model FROM {attempt} a WHERE a.identity_id = e.identity_id"
    " AND a.hold_id = e.hold_id AND (a.run_id = e.run_id OR a.run_id IS NULL AND e.run_id IS NULL) LIMIT 1)"
)


def register() -> None:
    """Called once, when the app is ready."""
    from agents.llm.models import Attempt
    from agents.pipeline.models import Run

    run, attempt = Run._meta.db_table, Attempt._meta.db_table
    of_run = {name: OF_RUN.format(column=name, run=run) for name in ("sphere", "agent", "person_id::text")}
    for dimension in (
        Dimension("sphere", _("Sphere"), of_run["sphere"], _spheres),
        Dimension("agent", _("Agent"), of_run["agent"], lambda keys: {key: agent_name(key) for key in keys}),
        Dimension("model", _("Model"), MODEL.format(attempt=attempt), lambda keys: {}),
        Dimension(MEMBER, _("Member"), of_run["person_id::text"], _people),
        Dimension("thread", _("Thread"), "e.thread_id::text", thread_names),
    ):
        register_dimension(dimension)


def _spheres(keys: list[str]) -> dict[str, str]:
    return {key: str(dict(SphereSlug.choices).get(key, key)) for key in keys}


def _people(keys: list[str]) -> dict[str, str]:
    return {str(pk): name for pk, name in names_of(UUID(key) for key in keys).items()}
