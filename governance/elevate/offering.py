"""Where a question was asked for want of an elevation, its page offers to ask for one (design 3.8)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from governance.checkpoints.models import Checkpoint
from governance.elevate.applying import needs_of
from governance.elevate.models import Elevation
from governance.isolation.context import IdentityContext
from governance.people.policies import may_write
from governance.rules.models import Verdict
from governance.rules.recorded import Recorded
from governance.rules.system import SENSITIVE_DATA, SPHERE_BOUNDARY

LIFTED = frozenset({SENSITIVE_DATA, SPHERE_BOUNDARY})


def offer_for(row: Checkpoint, actor: IdentityContext) -> str:
    """The address of the form, filled in; '' where no elevation would have spared this person the question.

    One query, for such questions alone.
    """
    mine = row.requester_id == actor.person_id and bool(row.agent) and may_write(actor)
    if not mine or row.verdict_id is None or not row.why or not LIFTED.issuperset(row.why):
        return ""
    document = Verdict.objects.filter(pk=row.verdict_id).values_list("document", flat=True).first()
    facts = Recorded(document["facts"]) if document else None
    needs = needs_of(facts) if facts else frozenset()
    if facts is None or len(needs) != 1:  # for both it would take two
        return ""
    (kind,) = needs
    asked = {"kind": kind, "sphere": facts["sphere"]}
    if kind == Elevation.Kind.SPHERE:
        asked["target_sphere"] = facts["target_sphere"]
    return f"{reverse('elevation-new')}?{urlencode(asked)}"
