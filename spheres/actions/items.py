"""What may be done with an item: write, read, change, put in the trash and take back (design 7.2)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from governance.crossings.ending import source_deleted
from governance.errors import BadInput, Conflict, Gone
from governance.isolation.lookup import find
from governance.people.policies import may_read, may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.actions.fields import is_web_address, open_dataspace, require_member, sphere_field
from spheres.facts import SphereSlug
from spheres.models import LONGEST_CONTENT, LONGEST_TITLE, Item, ItemType, ItemVersion, Priority, TaskStatus
from spheres.querysets import trash_limit
from spheres.references import read_through, refuse_borrowed

TASK_FIELDS = frozenset({"priority", "status", "due_on", "assignee"})
BEGINS = 600  # characters of an item that are shown to whoever decides about it
MAY_BE_EMPTIED = frozenset({"dataspace", "due_on", "assignee"})


class CreateItem(Params):
    """Writes a new note, link, document, reference or decision (a task: spheres.task.create)."""

    type: Literal["note", "link", "document", "reference", "decision"] = Field(
        default="note", description="What kind of item it is."
    )
    title: str = Field(min_length=1, max_length=LONGEST_TITLE, description="A short title.")
    content: str = Field(
        default="", max_length=LONGEST_CONTENT, description="The text, in Markdown; of a link, its address."
    )
    sphere: SphereSlug = sphere_field()
    dataspace: UUID | None = Field(default=None, description="Id of a DataSpace of the same sphere, if any.")

    @model_validator(mode="after")
    def link_is_an_address(self) -> CreateItem:
        if self.type == "link" and not is_web_address(self.content):
            raise ValueError(_("A link is one address that starts with http:// or https://."))
        return self


@action("spheres.item.create", Effect.CREATE, params=CreateItem, policy=may_write, label=_("Write an item"))
def create_item(uow: UnitOfWork, params: CreateItem) -> Item:
    return write_item(uow, **params.model_dump())


def write_item(uow: UnitOfWork, *, sphere: str, dataspace: UUID | None, **values: Any) -> Item:
    """The new row and its first version."""
    item = Item.objects.create(sphere=sphere, dataspace=open_dataspace(dataspace, sphere), **values)
    keep_version(uow, item)
    uow.announce("item.created", item.pk, sphere=item.sphere, type=item.type)
    return item


def keep_version(uow: UnitOfWork, item: Item) -> None:
    """Keeps what the item says now, for good."""
    uow.add(
        ItemVersion(item=item, version=item.version, title=item.title, content=item.content, person=uow.actor.person_id)
    )


class ReadItem(Params):
    """Reads one item in full."""

    item: UUID = Field(description="Id of the item.")


@action("spheres.item.read", Effect.READ, params=ReadItem, policy=may_read, label=_("Read an item"))
def read_item(uow: UnitOfWork, params: ReadItem) -> Item:
    return read_through(find(Item.objects.alive().select_related("dataspace"), params.item))


class UpdateItem(Params):
    """Changes an item; only the given fields change, and the former text stays as a version."""

    item: UUID = Field(description="Id of the item.")
    version: int = Field(ge=1, description="The version that was read; if it is no longer the last, nothing changes.")
    title: str | None = Field(default=None, min_length=1, max_length=LONGEST_TITLE, description="The new title.")
    content: str | None = Field(default=None, max_length=LONGEST_CONTENT, description="The whole new text.")
    dataspace: UUID | None = Field(default=None, description="Id of a DataSpace of the same sphere; null takes it out.")
    priority: Priority | None = Field(default=None, description="Tasks only.")
    status: TaskStatus | None = Field(default=None, description="Tasks only.")
    due_on: date | None = Field(default=None, description="Tasks only: due day, YYYY-MM-DD; null for none.")
    assignee: UUID | None = Field(default=None, description="Tasks only: id of who does it; null for nobody.")

    def changes(self) -> dict[str, Any]:
        """The given fields; null counts where it empties a field, and means “unchanged” elsewhere."""
        given = self.model_fields_set - {"item", "version"}
        return {
            name: getattr(self, name) for name in given if name in MAY_BE_EMPTIED or getattr(self, name) is not None
        }


@action("spheres.item.update", Effect.UPDATE, params=UpdateItem, policy=may_write, label=_("Change an item"))
def update_item(uow: UnitOfWork, params: UpdateItem) -> Item:
    """Saves a new version. Raises Conflict `version_conflict` when another save came first."""
    item = editable(params.item)
    if item.version != params.version:
        raise Conflict("version_conflict", _("Somebody saved a newer version meanwhile."), current_version=item.version)
    changes = params.changes()
    refuse_borrowed(item, changes)
    refuse_misfit(item, changes)
    uow.tell(before={name: _plain(getattr(item, name)) for name in sorted(changes)})
    if "dataspace" in changes:
        changes["dataspace"] = open_dataspace(changes["dataspace"], item.sphere)
    if "status" in changes:
        changes["completed_at"] = now() if changes["status"] == TaskStatus.COMPLETE else None
    save_version(uow, item, changes)
    return item


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int) else str(getattr(value, "pk", value))


def editable(pk: UUID) -> Item:
    """The item, locked; Conflict when it is in the trash or in a closed DataSpace."""
    item = find(Item.objects.select_for_update(of=("self",)).select_related("dataspace"), pk)
    if item.deleted_at is not None:
        raise Conflict("deleted", _("This is in the trash. Restore it first."))
    if item.dataspace is not None:
        open_dataspace(item.dataspace_id, item.sphere)
    return item


def refuse_misfit(item: Item, changes: dict[str, Any]) -> None:
    """Raises BadInput for a task's field on another item, a link that is none, or a stranger as assignee."""
    if item.type != ItemType.TASK and TASK_FIELDS & changes.keys():
        raise BadInput(errors={name: [_("Only a task has this.")] for name in sorted(TASK_FIELDS & changes.keys())})
    if item.type == ItemType.LINK and "content" in changes and not is_web_address(changes["content"]):
        raise BadInput(errors={"content": [_("An address starts with http:// or https://")]})
    require_member(changes.get("assignee"))


def save_version(uow: UnitOfWork, item: Item, changes: dict[str, Any]) -> None:
    """Writes the changed fields as the next version."""
    completes = changes.get("status") == TaskStatus.COMPLETE and not item.is_complete
    for name, value in changes.items():
        setattr(item, name, value)
    item.version += 1
    item.changed_at = now()
    item.save(update_fields=[*changes, "version", "changed_at"])
    keep_version(uow, item)
    uow.announce("item.updated", item.pk, sphere=item.sphere, version=item.version)
    if completes:
        uow.announce("task.completed", item.pk, sphere=item.sphere)


class DeleteItem(Params):
    """Puts an item in the trash, from where it can be restored for 30 days."""

    item: UUID = Field(description="Id of the item.")


def trash_preview(params: DeleteItem) -> dict[str, Any]:
    """What goes, by name and first words; the version, so that nobody agrees to the loss of words they never saw."""
    item: Item = find(Item.objects, params.item)
    known = {"type": item.type, "title": item.title, "begins": item.content[:BEGINS], "sphere": item.sphere}
    return {"form": "trash", **known, "version": item.version, "reversible": True, "resources": [str(item.pk)]}


def trash_question(shown: dict[str, Any]) -> str:
    return gettext("Put “%(title)s” in the trash?") % {"title": shown["title"]}


@action(
    "spheres.item.delete",
    Effect.DELETE,
    params=DeleteItem,
    policy=may_write,
    label=_("Put an item in the trash"),
    preview=trash_preview,
    question=trash_question,
)
def delete_item(uow: UnitOfWork, params: DeleteItem) -> Item:
    item = editable(params.item)
    item.deleted_at = now()
    item.save(update_fields=["deleted_at"])
    source_deleted(uow, "item", [item.pk])
    uow.announce("item.deleted", item.pk, sphere=item.sphere)
    return item


class RestoreItem(Params):
    """Takes an item back out of the trash."""

    item: UUID = Field(description="Id of the item.")


@action("spheres.item.restore", Effect.UPDATE, params=RestoreItem, policy=may_write, label=_("Restore an item"))
def restore_item(uow: UnitOfWork, params: RestoreItem) -> Item:
    """Raises Conflict when it is not in the trash or its DataSpace is, Gone after 30 days."""
    item = find(Item.objects.select_for_update(), params.item)
    if item.deleted_at is None:
        raise Conflict("not_deleted", _("This is not in the trash."))
    if item.deleted_at <= trash_limit():
        raise Gone("trash_expired", _("Its 30 days in the trash are over."))
    open_dataspace(item.dataspace_id, item.sphere)
    item.deleted_at = None
    item.save(update_fields=["deleted_at"])
    uow.announce("item.restored", item.pk, sphere=item.sphere)
    return item
