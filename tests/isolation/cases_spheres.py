"""The isolation matrix of spheres: every URL, with Alice's object for it."""

from __future__ import annotations

from typing import Any

from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import MARK, Case

HERE = {"sphere": "business"}


def a_capture(alice: Person) -> dict[str, Any]:
    with alice.acting():
        return {"capture": perform("spheres.capture.create", {"content": MARK, "sphere": "business"}).pk}


def a_space(alice: Person) -> dict[str, Any]:
    with alice.acting():
        return {"dataspace": perform("spheres.dataspace.create", {"name": MARK, "sphere": "business"}).pk}


def an_archived_space(alice: Person) -> dict[str, Any]:
    found = a_space(alice)
    with alice.acting():
        perform("spheres.dataspace.archive", found)
    return found


def an_item(alice: Person) -> dict[str, Any]:
    values = {"title": MARK, "content": f"{MARK} in the text", "sphere": "business"}
    with alice.acting():
        return {"item": perform("spheres.item.create", values).pk}


def a_deleted_item(alice: Person) -> dict[str, Any]:
    found = an_item(alice)
    with alice.acting():
        perform("spheres.item.delete", found)
    return found


def a_task(alice: Person) -> dict[str, Any]:
    values = {"title": MARK, "sphere": "business", "due_on": "2026-01-01"}
    with alice.acting():
        return {"item": perform("spheres.task.create", values).pk}


def a_page_task(alice: Person) -> dict[str, Any]:
    return {"task": a_task(alice)["item"]}


def everything(alice: Person) -> dict[str, Any]:
    """One of each, for the pages that list them."""
    for make in (a_capture, a_space, an_item, a_task, a_deleted_item):
        make(alice)
    return {}


def in_business(alice: Person) -> dict[str, Any]:
    return everything(alice) | HERE


def in_an_empty_sphere(alice: Person) -> dict[str, Any]:
    return everything(alice) | {"sphere": "creative"}


def in_another_empty_sphere(alice: Person) -> dict[str, Any]:
    return everything(alice) | {"sphere": "scholar"}


def in_section(alice: Person) -> dict[str, Any]:
    return in_business(alice) | {"section": "data_files"}


NEW_CAPTURE = {"content": "Appeler la régie", "type": "note", "sphere": "personal"}

CASES = [
    Case("home", make=everything, whole=True),
    Case("sphere-list", make=everything, whole=True),
    Case("sphere-home", make=in_business, whole=True),
    Case("sphere-capture", ("GET", "POST"), in_business, NEW_CAPTURE, whole=True),
    Case("sphere-examples", ("POST",), in_an_empty_sphere, whole=True),
    Case("sphere-resume", make=in_business, whole=True),
    Case("sphere-data", ("GET", "POST"), in_business, {"name": "Fabre", "type": "building"}, whole=True),
    Case("sphere-agents", make=in_business, whole=True),
    Case("sphere-meetings", make=in_business, whole=True),
    Case("capture", ("GET", "POST"), everything, NEW_CAPTURE, whole=True),
    Case("capture-route", ("POST",), a_capture, {"to": "note", "sphere": "business"}),
    Case("capture-archive", ("POST",), a_capture),
    Case("data-list", make=everything, whole=True),
    Case("dataspace-detail", ("GET", "POST"), a_space, {"type": "note", "title": "Clés"}),
    Case("dataspace-edit", ("GET", "POST"), a_space, {"name": "Fabre", "type": "building"}),
    Case("dataspace-archive", ("POST",), a_space),
    Case("dataspace-delete", ("POST",), a_space),
    Case("dataspace-restore", ("POST",), an_archived_space),
    Case("item-detail", ("GET", "POST"), an_item, {"title": "Clés", "content": "", "version": 1}),
    Case("item-delete", ("POST",), an_item),
    Case("item-restore", ("POST",), a_deleted_item),
    Case(
        "task-list",
        ("GET", "POST"),
        everything,
        {"title": "Payer", "sphere": "personal", "priority": "low"},
        whole=True,
    ),
    Case("task-complete", ("POST",), a_page_task),
    Case("search", make=everything, whole=True),
    Case("trash", make=everything, whole=True),
    Case("api-spheres", make=everything, whole=True),
    Case("api-sphere", make=in_business, whole=True),
    Case("api-bureau", make=in_business, whole=True),
    Case("api-section", make=in_section, whole=True),
    Case("api-quick-capture", ("GET", "POST"), in_business, {"type": "note", "content": "Clés"}, whole=True),
    Case("api-sphere-examples", ("POST",), in_another_empty_sphere, whole=True),
    Case("api-sphere-stats", make=in_business, whole=True),
    Case("api-captures", ("GET", "POST"), everything, NEW_CAPTURE, whole=True),
    Case("api-capture", ("GET",), a_capture),
    Case("api-capture-route", ("POST",), a_capture, {"to": "task"}),
    Case("api-capture-archive", ("POST",), a_capture),
    Case("api-dataspaces", ("GET", "POST"), everything, {"name": "Fabre", "sphere": "business"}, whole=True),
    Case("api-dataspace", ("GET", "PATCH", "DELETE"), a_space, {"name": "Fabre"}),
    Case("api-dataspace-archive", ("POST",), a_space),
    Case("api-dataspace-restore", ("POST",), an_archived_space),
    Case("api-dataspace-items", ("GET", "POST"), a_space, {"title": "Clés"}),
    Case("api-items", ("GET", "POST"), everything, {"title": "Clés", "sphere": "business"}, whole=True),
    Case("api-item", ("GET", "PATCH", "DELETE"), an_item, {"version": 1, "title": "Clés"}),
    Case("api-item-restore", ("POST",), a_deleted_item),
    Case("api-item-versions", ("GET",), an_item),
    Case("api-tasks", ("GET", "POST"), everything, {"title": "Payer", "sphere": "personal"}, whole=True),
    Case("api-task", ("GET", "PATCH", "DELETE"), a_task, {"version": 1, "title": "Payer"}),
    Case("api-task-complete", ("POST",), a_task, {"complete": True}),
    Case("api-search", make=everything, whole=True),
    Case("api-trash", make=everything, whole=True),
]
