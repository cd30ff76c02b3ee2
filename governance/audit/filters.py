"""What the log can be narrowed to, for pages and programs alike."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from governance.audit.models import Outcome
from governance.audit.querysets import AuditEntryQuerySet
from governance.registry.actions import Params

LARGEST_SEQ = 2**63 - 1


class AuditFilter(Params):
    """`after`: only entries with a larger `seq`."""

    run: UUID | None = None
    action: str | None = Field(default=None, max_length=100)
    outcome: Outcome | None = None
    after: int | None = Field(default=None, ge=0, le=LARGEST_SEQ)
    resource: UUID | None = None
    request: UUID | None = None

    def apply(self, rows: AuditEntryQuerySet) -> AuditEntryQuerySet:
        """The rows that fit."""
        given = {
            "run_id": self.run,
            "action": self.action,
            "outcome": self.outcome,
            "seq__gt": self.after,
            "resource_id": self.resource,
            "request_id": self.request,
        }
        return rows.filter(**{name: value for name, value in given.items() if value is not None})
