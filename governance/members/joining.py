"""From a sign-up to an invitation: who holds one may make an account, for the invited address only."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from governance.errors import Gone
from governance.members.invitations import check_open
from governance.members.models import Invitation

HELD = "invitation"  # in the session: the id of the invitation whose page was opened


def hold(request: HttpRequest, row: Invitation) -> None:
    """Remembers that this browser has shown the secret of an invitation."""
    request.session[HELD] = str(row.pk)


def held(request: HttpRequest) -> Invitation | None:
    """The live invitation this browser has shown, if there is one."""
    kept = request.session.get(HELD)
    row = Invitation.objects.select_related("identity").filter(pk=kept).first() if kept else None
    return row if row is not None and opens(row) else None


def of_token(token: str) -> Invitation | None:
    """The live invitation with this secret."""
    row = Invitation.objects.with_token(token).first()
    return row if row is not None and opens(row) else None


def opens(row: Invitation) -> bool:
    try:
        check_open(row)
    except Gone:
        return False
    return True


def admits(row: Invitation | None, email: str | None = None) -> bool:
    """Does an invitation open the sign-up (for `email`)? A closed installation stays closed."""
    if row is None or settings.SIGNUP_POLICY == "closed":
        return False
    return email is None or email.lower() == row.email
