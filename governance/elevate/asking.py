"""What is asked for: which scope, where, for how long and why; and how the question says it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext, ngettext
from pydantic import Field

from governance.checkpoints.runs import agent_name
from governance.crossings.asking import SphereCode
from governance.elevate.models import Elevation
from governance.errors import BadInput
from governance.registry.actions import Params

FORM = "elevation"
USUAL_HOURS, MOST_HOURS, MOST_HOURS_ACROSS = 8, 72, 24
SHORTEST_REASON, LONGEST_REASON = 3, 500
KindCode = Literal["sensitive_data", "cross_sphere"]
Kind = Elevation.Kind


class RequestElevation(Params):
    """For some hours an agent need not ask each time in what it does for oneself: to work with restricted and top
    secret data in one sphere, or to write from one sphere into another. A person allows it first."""

    kind: KindCode
    sphere: SphereCode = Field(description="Where it works.")
    target_sphere: SphereCode | None = Field(default=None, description="Of cross_sphere: where it may write.")
    agent: str = Field(default="nova", pattern="^nova$")
    hours: int = Field(default=USUAL_HOURS, ge=1, le=MOST_HOURS, description="Of cross_sphere: 24 at most.")
    reason: str = Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)


class OneElevation(Params):
    elevation: UUID


def preview(params: RequestElevation) -> dict[str, Any]:
    """The same for whoever looks. Raises BadInput for a scope that does not exist."""
    check_scope(params)
    told = params.model_dump(mode="json")
    return {"form": FORM, "reversible": True, **told, "target_sphere": params.target_sphere or ""}


def check_scope(params: RequestElevation) -> None:
    """Raises BadInput where the kind, the spheres and the hours do not belong together."""
    across, errors = params.kind == "cross_sphere", {}
    if across and params.target_sphere is None:
        errors["target_sphere"] = [gettext("Say which sphere it may write into.")]
    elif across and params.target_sphere == params.sphere:
        errors["target_sphere"] = [gettext("That is the same sphere: nothing asks there.")]
    elif not across and params.target_sphere is not None:
        errors["target_sphere"] = [gettext("Sensitive data are allowed in one sphere: leave this empty.")]
    if across and params.hours > MOST_HOURS_ACROSS:
        errors["hours"] = [gettext("Into another sphere it is allowed for 24 hours at most.")]
    if errors:
        raise BadInput(errors=errors)


def question(shown: dict[str, Any]) -> str:
    """One sentence, in the reader's language."""
    words = {"agent": agent_name(shown["agent"]), "hours": hours_said(shown["hours"])}
    if shown["kind"] == Kind.SPHERE:
        return gettext("Let %(agent)s write into another sphere, for %(hours)s?") % words
    return gettext("Let %(agent)s work with restricted data, for %(hours)s?") % words


def hours_said(hours: int) -> str:
    """“8 hours”."""
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
