"""Is what was to be deleted gone?"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.isolation.catalogue import scoped_models
from governance.laws.checks import Finding, none_of, register_check
from governance.rights.models import Erasure

OVERDUE = timedelta(hours=1)
LOOKED_AT = 50


def erasures_overdue() -> Finding:
    """Erasures whose time has come and that are not done an hour later."""
    late = Erasure.objects.open().filter(due_at__lt=timezone.now() - OVERDUE)
    return none_of(late.count(), "erasures are overdue: does their sweep run?")


def nothing_left() -> Finding:
    """The last erased identities have no row in any table that their erasure has emptied."""
    done = Erasure.objects.filter(kind=Erasure.Kind.IDENTITY, state=Erasure.State.DONE).order_by("-id")
    rows = list(done.values_list("target_id", "proof")[:LOOKED_AT])
    left = []
    for model in scoped_models():
        table = model._meta.db_table
        gone = [target for target, proof in rows if proof.get("tables", {}).get(table, [0, 1])[1] == 0]
        if gone and model.objects.filter(identity_id__in=gone).exists():
            left.append(table)
    return Finding(not left, f"rows of erased identities in {', '.join(left)}" if left else "")


def register() -> None:
    register_check("L10", "deletion.due", _("No erasure is overdue"), erasures_overdue)
    register_check("L10", "deletion.complete", _("Nothing is left of what was erased"), nothing_left)
