"""Asking for an archive, finishing it, taking it, and what ends with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.audit.filters import AuditFilter
from governance.errors import Conflict, Gone
from governance.isolation.context import Channel, IdentityContext
from governance.isolation.lookup import find
from governance.jobs.queue import enqueue
from governance.registry.actions import Effect, Params, action
from governance.rights.models import DataExport
from governance.rights.places import archive_of
from governance.rights.policies import may_export, worker_for_manager
from governance.uow import UnitOfWork

EXPORT = "governance.rights.export"
KEPT = timedelta(days=7)


class RequestExport(Params):
    """An archive of everything the identity holds."""


class OneExport(Params):
    export: UUID


class FinishExport(OneExport):
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


@action(
    "governance.export.request",
    Effect.CREATE,
    params=RequestExport,
    policy=may_export,
    label=_("Ask for an archive of one’s data"),
)
def request_export(uow: UnitOfWork, params: RequestExport) -> DataExport:
    """Has the worker write the archive; one at a time in an identity."""
    return begin(uow, DataExport.Kind.ALL, {})


class RequestLog(AuditFilter):
    """An archive of the log alone: all entries, or those that fit; of the others their hashes only."""


@action(
    "governance.audit.export",
    Effect.CREATE,
    params=RequestLog,
    policy=may_export,
    label=_("Ask for an archive of the log"),
)
def request_log(uow: UnitOfWork, params: RequestLog) -> DataExport:
    """Has the worker write the log, the verdicts it names and the rules to find them again."""
    return begin(uow, DataExport.Kind.LOG, params.model_dump(mode="json", exclude_none=True))


def begin(uow: UnitOfWork, kind: DataExport.Kind, narrowed: dict[str, Any]) -> DataExport:
    """Raises Conflict while another archive of the identity is being written."""
    try:
        with transaction.atomic():
            row = DataExport.objects.create(person_id=uow.actor.person_id, kind=kind, narrowed=narrowed)
    except IntegrityError as error:
        raise Conflict("export_under_way", _("An archive of this identity is being written already.")) from error
    enqueue(EXPORT, uow.actor.identity_id, row.pk, uow.actor.person_id)
    uow.announce("export.requested", row.pk)
    return row


@action(
    "governance.export.finish",
    Effect.UPDATE,
    params=FinishExport,
    policy=worker_for_manager,
    label=_("Finish an archive"),
)
def finish_export(uow: UnitOfWork, params: FinishExport) -> DataExport:
    """Opens the archive for a week; the entry keeps its digest."""
    now = timezone.now()
    facts = {"bytes": params.bytes, "sha256": params.sha256, "ready_at": now, "expires_at": now + KEPT}
    if not (
        DataExport.objects.under_way()
        .filter(pk=params.export)
        .update(state=DataExport.State.READY, rows_done=F("rows_total"), **facts)
    ):
        raise Conflict()
    uow.announce("export.ready", params.export)
    return find(DataExport.objects, params.export)


@action(
    "governance.export.download",
    Effect.READ,
    params=OneExport,
    policy=may_export,
    label=_("Download an archive"),
)
def download_export(uow: UnitOfWork, params: OneExport) -> DataExport:
    """Puts the download on record, before the first byte. Raises Gone once the week is over."""
    row: DataExport = find(DataExport.objects, params.export)
    if row.is_under_way:
        raise Conflict("export_under_way", _("This archive is still being written."))
    if not row.is_there or not archive_of(row.identity_id, row.pk).is_file():
        raise Gone("export_expired", _("This archive is no longer kept. Ask for a new one."))
    DataExport.objects.filter(pk=row.pk).update(downloads=F("downloads") + 1)
    return row


def by_the_system(actor: IdentityContext, params: Params) -> bool:
    """The sweep, acting inside one identity."""
    return actor.channel is Channel.SYSTEM


class EndExport(OneExport):
    state: DataExport.State


@action(
    "governance.export.end",
    Effect.DELETE,
    params=EndExport,
    policy=by_the_system,
    label=_("Take an old archive away"),
)
def end_export(uow: UnitOfWork, params: EndExport) -> DataExport:
    """Notes that an archive has expired, or that it could not be written."""
    row: DataExport = find(DataExport.objects, params.export)
    open_states = {DataExport.State.EXPIRED: [DataExport.State.READY], DataExport.State.FAILED: UNDER_WAY}
    if not DataExport.objects.filter(pk=row.pk, state__in=open_states.get(params.state, [])).update(state=params.state):
        raise Conflict()
    uow.announce(f"export.{params.state}", row.pk)
    return row


UNDER_WAY = [DataExport.State.WAITING, DataExport.State.WRITING]
