"""Each read by a named token is an act on the record (design 3.5): what was asked for, never what was answered."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from governance.access.violations import told
from governance.audit.entries import Draft
from governance.audit.models import Outcome
from governance.isolation.context import IdentityContext, bind
from governance.uow import unit_of_work

USE = "governance.token.use"
READS = frozenset({"GET", "HEAD"})


def record_read(request: HttpRequest, context: IdentityContext, response: HttpResponse) -> None:
    """Writes the entry of a read that is about to be answered, in the chain of the identity it was made in.

    In a unit of work of its own, after the snapshot that was read and before the first byte leaves: a read
    that cannot be recorded is not answered (AuditUnavailable). What is refused has its own entry elsewhere.
    """
    if request.method not in READS or response.status_code >= 400:
        return
    token = request.api_token  # type: ignore[attr-defined]
    draft = Draft(USE, "READ", Outcome.ALLOWED, resource_type=resource_of(request.path_info))
    ids = [value for value in request.resolver_match.kwargs.values() if isinstance(value, UUID)]  # type: ignore[union-attr]
    draft.resource_id = ids[-1] if ids else None
    draft.payload = {"token": str(token.pk), "prefix": token.prefix, "path": told(request.path_info, 300)}
    with bind(context), unit_of_work() as uow:
        uow.drafts.append(draft)


def resource_of(path: str) -> str:
    """`threads` of `/api/v2/threads/…`: what scopes speak of."""
    return path.removeprefix("/api/v2/").strip("/").partition("/")[0][:60]
