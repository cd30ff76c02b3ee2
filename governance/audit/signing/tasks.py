"""The heads of all chains, signed again and again."""

from __future__ import annotations

from uuid import UUID

from governance.audit.signing.anchoring import mail_anchor
from governance.audit.signing.taking import sign_heads
from governance.jobs.registry import every


@every(600, "governance.audit.sign")
def sign(_: UUID | None) -> None:
    """Signs what has moved in the last ten minutes; nothing when nothing has."""
    sign_heads()


@every(24 * 3600, "governance.audit.anchor")
def anchor(_: UUID | None) -> None:
    """Where CHENU_AUDIT_MAIL names somebody: once a day."""
    mail_anchor()
