"""Whose words a run has read: others' may hold instructions, so whoever approves is told (design 4.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from agents.pipeline.models import Run
from spheres.models import Capture, Item, ItemVersion
from threads.models import Decision, Message

MOST_SOURCES = 20  # as many as a person can look through
Others = Mapping[str, Q | Exists]
READ_FROM: dict[str, Any] = {"item": Item, "capture": Capture, "message": Message, "decision": Decision}


def by_others(reader: UUID) -> Others:
    """For each kind of what a run reads, the condition of rows that hold words of others than `reader`.

    An item counts when anybody else wrote one of its versions; what Nova said counts when her run had read others'
    words: a summary does not wash them.
    """
    versions = ItemVersion.objects.filter(item=OuterRef("pk")).exclude(person=reader)
    tainted = Run.objects.filter(pk=OuterRef("run_id")).exclude(untrusted=[])
    return {
        "item": Exists(versions),
        "capture": ~Q(person=reader),
        "message": Q(~Q(author_person_id=reader), author_kind="person") | Q(Exists(tainted)),
        "decision": ~Q(proposed_by=reader),
    }


def in_snapshot(fragments: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sources of a frozen context that others wrote, as a person recognises them."""
    return _first(f"{each['origin']} · {each['title']}" for each in fragments if each["untrusted"])


def in_result(action: str, result: Any, reader: UUID) -> list[str]:
    """The same of what a tool has found or read for the model."""
    if action == "spheres.item.read":
        return _of_others("item", {result.pk: result.title}, reader)
    if action != "spheres.search":
        return []
    found: dict[str, dict[UUID, str]] = defaultdict(dict)
    for each in result:
        found[each.kind][each.id] = each.title
    return [source for kind, titles in found.items() for source in _of_others(kind, titles, reader)]


def joined(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """Each once, in the order they were read, at most twenty."""
    return _first([*known, *more])


def _of_others(kind: str, titles: Mapping[UUID, str], reader: UUID) -> list[str]:
    if kind not in READ_FROM:
        return []  # a title alone
    model = READ_FROM[kind]
    rows = model.objects.filter(by_others(reader)[kind], pk__in=titles).order_by("pk")
    return [f"{model._meta.verbose_name} · {titles[pk]}" for pk in rows.values_list("pk", flat=True)]


def _first(sources: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sources))[:MOST_SOURCES]
