"""DataSpaces: the places of items (design 7.2). Archived is read-only; deleted waits 30 days in the trash."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from governance.crossings.ending import source_deleted
from governance.errors import BadInput, Conflict, Gone
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.actions.fields import open_dataspace, sphere_field
from spheres.domains import is_domain
from spheres.facts import SphereSlug
from spheres.models import DataSpace, DataSpaceStatus, DataSpaceType, Item
from spheres.querysets import trash_limit

DEEPEST = 8


class CreateDataSpace(Params):
    """Opens a DataSpace: a place for everything about one matter."""

    name: str = Field(min_length=1, max_length=120, description="Its name, such as an address or a client's name.")
    type: DataSpaceType = Field(default=DataSpaceType.PROJECT, description="What it is about.")
    sphere: SphereSlug = sphere_field()
    domain: str = Field(default="", max_length=24, description="Code of a domain of that sphere, or empty.")
    parent: UUID | None = Field(default=None, description="Id of the DataSpace it is part of, in the same sphere.")


@action(
    "spheres.dataspace.create", Effect.CREATE, params=CreateDataSpace, policy=may_write, label=_("Open a DataSpace")
)
def create_dataspace(uow: UnitOfWork, params: CreateDataSpace) -> DataSpace:
    check_domain(params.sphere, params.domain)
    parent = open_dataspace(params.parent, params.sphere)
    refuse_depth(parent)
    space = DataSpace.objects.create(parent=parent, **params.model_dump(exclude={"parent"}))
    uow.announce("dataspace.created", space.pk, sphere=space.sphere)
    return space


def check_domain(sphere: str, domain: str) -> None:
    if domain and not is_domain(sphere, domain):
        raise BadInput(errors={"domain": [_("This sphere has no such domain.")]})


def ancestors(space: DataSpace | None) -> list[UUID]:
    """The ids from `space` up to the top, itself first; eight steps at most, since none is deeper."""
    found: list[UUID] = []
    while space is not None and len(found) <= DEEPEST:
        found.append(space.pk)
        space = space.parent
    return found


def refuse_depth(parent: DataSpace | None) -> None:
    if len(ancestors(parent)) >= DEEPEST:
        raise Conflict("too_deep", _("DataSpaces can be nested eight deep at most."))


class UpdateDataSpace(Params):
    """Changes what a DataSpace is called, is about, or is part of; only the given fields change."""

    dataspace: UUID = Field(description="Id of the DataSpace.")
    name: str | None = Field(default=None, min_length=1, max_length=120, description="The new name.")
    type: DataSpaceType | None = Field(default=None, description="What it is about.")
    domain: str | None = Field(default=None, max_length=24, description="Code of a domain of its sphere, or empty.")
    parent: UUID | None = Field(default=None, description="Id of the DataSpace it is part of; null for none.")

    def changes(self) -> dict[str, Any]:
        given = self.model_fields_set - {"dataspace"}
        return {name: getattr(self, name) for name in given if name == "parent" or getattr(self, name) is not None}


@action(
    "spheres.dataspace.update", Effect.UPDATE, params=UpdateDataSpace, policy=may_write, label=_("Change a DataSpace")
)
def update_dataspace(uow: UnitOfWork, params: UpdateDataSpace) -> DataSpace:
    """Raises Conflict `dataspace_closed` unless it is active, `cycle` when it would be inside itself."""
    space = find(DataSpace.objects.select_for_update(), params.dataspace)
    open_dataspace(space.pk, space.sphere)
    changes = params.changes()
    check_domain(space.sphere, changes.get("domain", ""))
    if "parent" in changes:
        changes["parent"] = new_parent(space, changes["parent"])
    uow.tell(before={name: str(getattr(space, name) or "") for name in sorted(changes) if name != "parent"})
    for name, value in changes.items():
        setattr(space, name, value)
    space.changed_at = now()
    space.save(update_fields=[*changes, "changed_at"])
    uow.announce("dataspace.updated", space.pk, sphere=space.sphere)
    return space


def new_parent(space: DataSpace, pk: UUID | None) -> DataSpace | None:
    parent = open_dataspace(pk, space.sphere)
    if space.pk in ancestors(parent):
        raise Conflict("cycle", _("A DataSpace cannot be part of itself."))
    refuse_depth(parent)
    return parent


class OneDataSpace(Params):
    dataspace: UUID = Field(description="Id of the DataSpace.")


@action(
    "spheres.dataspace.archive", Effect.UPDATE, params=OneDataSpace, policy=may_write, label=_("Archive a DataSpace")
)
def archive_dataspace(uow: UnitOfWork, params: OneDataSpace) -> DataSpace:
    """From active to archived: everything in it stays, and can only be read."""
    space = find(DataSpace.objects.select_for_update(), params.dataspace)
    change_status(uow, space, DataSpaceStatus.ARCHIVED, {DataSpaceStatus.ACTIVE})
    return space


@action(
    "spheres.dataspace.delete",
    Effect.DELETE,
    params=OneDataSpace,
    policy=may_write,
    label=_("Put a DataSpace in the trash"),
)
def delete_dataspace(uow: UnitOfWork, params: OneDataSpace) -> DataSpace:
    """Puts it and its items in the trash. Raises Conflict `not_empty` while other DataSpaces are part of it."""
    space = find(DataSpace.objects.select_for_update(), params.dataspace)
    if DataSpace.objects.visible().filter(parent=space).exists():
        raise Conflict("not_empty", _("Other DataSpaces are part of it. Move or delete them first."))
    moment = now()
    change_status(
        uow, space, DataSpaceStatus.DELETED, {DataSpaceStatus.ACTIVE, DataSpaceStatus.ARCHIVED}, deleted_at=moment
    )
    inside = list(Item.objects.alive().filter(dataspace=space).values_list("pk", flat=True))
    uow.tell(items=Item.objects.filter(pk__in=inside, deleted_at__isnull=True).update(deleted_at=moment))
    source_deleted(uow, "item", inside)
    return space


@action(
    "spheres.dataspace.restore", Effect.UPDATE, params=OneDataSpace, policy=may_write, label=_("Restore a DataSpace")
)
def restore_dataspace(uow: UnitOfWork, params: OneDataSpace) -> DataSpace:
    """Makes an archived or deleted DataSpace active again, with the items that were deleted with it."""
    space = find(DataSpace.objects.select_for_update(), params.dataspace)
    moment = space.deleted_at
    if moment is not None and moment <= trash_limit():
        raise Gone("trash_expired", _("Its 30 days in the trash are over."))
    if space.parent is not None:
        open_dataspace(space.parent_id, space.sphere)
    change_status(
        uow, space, DataSpaceStatus.ACTIVE, {DataSpaceStatus.ARCHIVED, DataSpaceStatus.DELETED}, deleted_at=None
    )
    if moment is not None:
        uow.tell(items=Item.objects.filter(dataspace=space, deleted_at=moment).update(deleted_at=None))
    return space


def change_status(
    uow: UnitOfWork, space: DataSpace, status: DataSpaceStatus, allowed: set[DataSpaceStatus], **values: Any
) -> None:
    """Moves a DataSpace from one of the `allowed` states to `status`, or raises Conflict."""
    if space.status not in allowed:
        raise Conflict("wrong_state", _("This cannot be done in the state it is in."))
    values |= {"status": status, "changed_at": now()}
    if not DataSpace.objects.filter(pk=space.pk, status=space.status).update(**values):
        raise Conflict()
    for name, value in values.items():
        setattr(space, name, value)
    uow.announce(f"dataspace.{status}", space.pk, sphere=space.sphere)
