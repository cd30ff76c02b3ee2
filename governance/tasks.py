"""The jobs of governance, found by name; nobody imports them otherwise."""

from governance.checkpoints import tasks as checkpoints
from governance.ledger import tasks as ledger

__all__ = ["checkpoints", "ledger"]
