"""The events of spheres that webhooks may be told of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.audit.entries import News
from governance.isolation.lookup import by_id
from governance.webhooks.events import register_event
from spheres import shapes
from spheres.models import DataSpace, Item, ItemType

LONGEST_TOLD = 2000


def register() -> None:
    """Called once, when the app is ready."""
    register_event("dataspace.created", _("A DataSpace is created"), dataspace_data)
    register_event("dataspace.updated", _("A DataSpace is changed"), dataspace_data)
    register_event("dataspace.archived", _("A DataSpace is archived"), dataspace_data)
    register_event("task.created", _("A task is added"), task_data, kinds=("item.created",), when=is_task)
    register_event("task.completed", _("A task is done"), task_data)


def is_task(news: News) -> bool:
    return news.data.get("type") == ItemType.TASK


def dataspace_data(pk: UUID) -> dict[str, Any] | None:
    row = by_id(DataSpace, pk)
    return shapes.dataspace_out(row) if row is not None else None


def task_data(pk: UUID) -> dict[str, Any] | None:
    """As the API gives it, with the beginning of its text: an event is small."""
    row = by_id(Item, pk)
    if row is None:
        return None
    return shapes.item_out(row) | {"content": row.content[:LONGEST_TOLD]}
