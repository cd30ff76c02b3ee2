"""What may be done with a capture: take it down, file it, put it away (design 7.1)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from pydantic import Field, model_validator

from governance.errors import Conflict
from governance.isolation.lookup import find
from governance.people.policies import may_write
from governance.registry.actions import Effect, Params, action
from governance.uow import UnitOfWork
from spheres.actions.fields import is_web_address, sphere_field
from spheres.actions.items import CreateItem
from spheres.actions.tasks import CreateTask
from spheres.facts import SphereSlug
from spheres.models import LONGEST_CAPTURE, LONGEST_TITLE, Capture, CaptureStatus, CaptureType, Item


class CreateCapture(Params):
    """Takes a thought down quickly; it is filed later."""

    type: CaptureType = Field(default=CaptureType.NOTE, description="What it looks like: note, task, idea or link.")
    content: str = Field(
        min_length=1, max_length=LONGEST_CAPTURE, description="The text, at most 500 characters; a link is one address."
    )
    sphere: SphereSlug = sphere_field()

    @model_validator(mode="after")
    def link_is_an_address(self) -> CreateCapture:
        if self.type is CaptureType.LINK and not is_web_address(self.content):
            raise ValueError(_("A link is one address that starts with http:// or https://."))
        return self


@action("spheres.capture.create", Effect.CREATE, params=CreateCapture, policy=may_write, label=_("Capture a thought"))
def create_capture(uow: UnitOfWork, params: CreateCapture) -> Capture:
    capture = Capture.objects.create(
        type=params.type, content=params.content, sphere=params.sphere, person=uow.actor.person_id
    )
    uow.announce("capture.created", capture.pk, sphere=capture.sphere)
    return capture


class RouteCapture(Params):
    """Files a capture: it becomes a note or a task, and stays linked to it."""

    capture: UUID = Field(description="Id of the capture.")
    to: Literal["note", "task"] = Field(description="What it becomes.")
    sphere: SphereSlug | None = Field(default=None, description="Where it goes; by default the capture's own sphere.")
    dataspace: UUID | None = Field(default=None, description="Id of a DataSpace of that sphere, if it belongs to one.")
    title: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_TITLE, description="Title; by default its first line."
    )
    due_on: date | None = Field(default=None, description="Due day of a task, YYYY-MM-DD.")

    @model_validator(mode="after")
    def only_tasks_are_due(self) -> RouteCapture:
        if self.due_on is not None and self.to != "task":
            raise ValueError(_("Only a task has a due day."))
        return self


@action("spheres.capture.route", Effect.UPDATE, params=RouteCapture, policy=may_write, label=_("File a capture"))
def route_capture(uow: UnitOfWork, params: RouteCapture) -> Capture:
    """Makes the note or task and claims the capture; who comes second gets Conflict `already_filed`."""
    capture = find(Capture.objects.select_for_update(), params.capture)
    if not capture.is_waiting:
        raise Conflict("already_filed", _("This capture has been filed or archived already."))
    made = uow.also(*destination(capture, params))
    Item.objects.filter(pk=made.pk).update(origin=capture)
    change_capture(capture, CaptureStatus.ROUTED, routed_type=made.type, routed_id=made.pk)
    uow.announce("capture.routed", capture.pk, sphere=made.sphere, type=made.type)
    return capture


def destination(capture: Capture, params: RouteCapture) -> tuple[str, Params]:
    """The action that makes what the capture becomes, and its parameters."""
    title = params.title or title_of(capture.content)
    values: dict[str, Any] = {
        "title": title,
        "content": "" if capture.content == title else capture.content,
        "sphere": params.sphere or capture.sphere,
        "dataspace": params.dataspace,
    }
    if params.to == "task":
        return "spheres.task.create", CreateTask(**values, due_on=params.due_on)
    return "spheres.item.create", CreateItem(**values, type="note")


def title_of(text: str) -> str:
    """The first line of a text as a title, cut at a space when it is too long."""
    first = text.strip().splitlines()[0].strip()
    if len(first) <= LONGEST_TITLE:
        return first
    return first[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


class ArchiveCapture(Params):
    """Puts a capture away without filing it, or after."""

    capture: UUID = Field(description="Id of the capture.")


@action("spheres.capture.archive", Effect.UPDATE, params=ArchiveCapture, policy=may_write, label=_("Archive a capture"))
def archive_capture(uow: UnitOfWork, params: ArchiveCapture) -> Capture:
    capture = find(Capture.objects.select_for_update(), params.capture)
    if capture.status == CaptureStatus.ARCHIVED:
        raise Conflict("already_archived", _("This capture is archived already."))
    change_capture(capture, CaptureStatus.ARCHIVED)
    uow.announce("capture.archived", capture.pk, sphere=capture.sphere)
    return capture


def change_capture(capture: Capture, status: CaptureStatus, **values: object) -> None:
    """Moves a capture on from the state it was read in, or raises Conflict."""
    values |= {"status": status, "changed_at": now()}
    if not Capture.objects.filter(pk=capture.pk, status=capture.status).update(**values):
        raise Conflict()
    for name, value in values.items():
        setattr(capture, name, value)
