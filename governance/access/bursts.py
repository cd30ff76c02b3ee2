"""Many refusals of one person within a minute: after twenty the rest are only counted (design 3.2)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from governance.access.models import RefusalBurst
from governance.live.notify import recheck

MOST_A_MINUTE = 20
MINUTE = timedelta(minutes=1)
LOCK_CLASS = 0x524546  # "REF"


def counted(person_id: UUID, identity_id: UUID) -> RefusalBurst:
    """Counts one more refusal of the person; the burst with its number so far."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, str(person_id)])
        now = timezone.now()
        row = RefusalBurst.objects.filter(person_id=person_id, began_at__gt=now - MINUTE).first()
        if row is None:
            return RefusalBurst.objects.create(person_id=person_id, chain=identity_id, began_at=now, count=1)
        RefusalBurst.objects.filter(pk=row.pk).update(count=F("count") + 1)
        row.count += 1
        return row


def sign_out(request: HttpRequest) -> None:
    """Ends the sign-in that the refusals came from: whoever it is must show again who they are.

    A named token is no sign-in: it stays in its identity's bounds, and its owner may revoke it.
    """
    if getattr(request, "api_token", None) is not None:
        return
    if getattr(request, "bearer", False):
        SessionStore(request.sign_in_key).delete()  # type: ignore[attr-defined]
    else:
        request.session.flush()
    recheck(request.user.pk)  # type: ignore[arg-type]


def end_session(session_key: str, person_id: UUID) -> None:
    """The same for a socket."""
    SessionStore(session_key).delete()
    recheck(person_id)
