"""The checks of governance itself."""

from __future__ import annotations

from governance.audit import law_checks as audit
from governance.checkpoints import law_checks as checkpoints
from governance.isolation import law_checks as isolation
from governance.ledger import law_checks as ledger
from governance.notifications import law_checks as notifications
from governance.notifications import laws as telling
from governance.rights import law_checks as rights
from governance.rules import law_checks as rules


def register() -> None:
    """Called once, when the app is ready."""
    for package in (audit, checkpoints, isolation, ledger, notifications, rights, rules):
        package.register()
    telling.register()
