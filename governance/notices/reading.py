"""What waits elsewhere, for the pages."""

from __future__ import annotations

from governance.isolation.context import current
from governance.notices.models import PersonNotice


def notices_here() -> list[PersonNotice]:
    """What the bound person is shown of their other identities on pages of the bound one."""
    actor = current()
    return list(PersonNotice.objects.of_person(actor.person_id).seen_from(actor.identity_id))
