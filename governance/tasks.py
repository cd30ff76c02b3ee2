"""The jobs of governance, found by name; nobody imports them otherwise."""

from governance.access import tasks as access
from governance.audit.signing import tasks as signing
from governance.checkpoints import tasks as checkpoints
from governance.crossings import tasks as crossings
from governance.ledger import tasks as ledger
from governance.limits import tasks as limits
from governance.notifications import tasks as notifications
from governance.rights import tasks as rights
from governance.rules import tasks as rules
from governance.staff import tasks as staff
from governance.webhooks import tasks as webhooks

__all__ = [
    "access", "checkpoints", "crossings", "ledger", "limits", "notifications", "rights", "rules", "signing", "staff",
    "webhooks",
]  # fmt: skip
