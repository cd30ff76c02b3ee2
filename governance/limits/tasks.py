"""The sweep of counts nobody needs any more: whose last request is over a minute ago."""

from __future__ import annotations

import time
from uuid import UUID

from governance.jobs.registry import every
from governance.limits.models import RequestCount
from governance.limits.taking import WINDOW


@every(300, "governance.limits.sweep")
def sweep_counts(_: UUID | None) -> None:
    """Deletes counts that say nothing; whoever asks again begins anew."""
    RequestCount.objects.filter(newest__lt=int(time.time()) - 2 * WINDOW).delete()
