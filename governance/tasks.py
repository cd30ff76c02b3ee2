"""The jobs of governance, found by name; nobody imports them otherwise."""

from governance.access import tasks as access
from governance.audit import tasks as audit
from governance.audit.signing import tasks as signing
from governance.checkpoints import tasks as checkpoints
from governance.crossings import tasks as crossings
from governance.kills import tasks as kills
from governance.laws import tasks as laws
from governance.ledger import tasks as ledger
from governance.limits import tasks as limits
from governance.memory import tasks as memory
from governance.notifications import tasks as notifications
from governance.rights import tasks as rights
from governance.rules import tasks as rules
from governance.staff import tasks as staff
from governance.webhooks import tasks as webhooks

__all__ = [
    "access", "audit", "checkpoints", "crossings", "kills", "laws", "ledger", "limits", "memory", "notifications",
    "rights", "rules", "signing", "staff", "webhooks",
]  # fmt: skip
