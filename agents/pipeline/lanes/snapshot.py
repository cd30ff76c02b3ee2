"""Lane B: what the run may see, frozen, hashed, and small enough (design 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from django.urls import reverse

from agents.pipeline.intent.analyse import Intent
from agents.pipeline.untrusted import Others, by_others
from governance.canonical import canonical
from governance.isolation.context import current
from governance.memory.models import Category
from governance.memory.recalling import mark_of, recall
from spheres.models import Item, ItemType
from spheres.search import Question, best
from threads.models import Decision, Message, Thread

SNAPSHOT_TOKENS = 3_000  # model tokens, at most (design 3.6)
BYTES_PER_TOKEN = 3  # French prose has more; so the window is never passed
THREAD_TAIL = 12
DECISIONS = 5
RECENT_ITEMS = 6
FOUND_ITEMS = 6
LONGEST_FRAGMENT = 1_500  # characters
MEMORY_SHARE = 4  # memory takes a quarter of the window at most


@dataclass(frozen=True, slots=True)
class Fragment:
    """One piece of context: `n` is how the answer cites it, `url` where a person finds it.

    `untrusted`: it holds words of others than the person who asks.
    `memory`: which words of which version, where it is something remembered. Its text is not frozen with the others.
    """

    n: int
    id: str
    kind: str
    origin: str
    title: str
    text: str
    url: str
    sensitivity: str = "internal"
    untrusted: bool = False
    memory: dict[str, Any] | None = None

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode()) + len(self.title.encode())


def freeze(intent: Intent, thread: Thread, reader: UUID, agent: str, *, new: bool = False) -> list[Fragment]:
    """What a run of `reader` may see: what is remembered, its thread (a `new` one is empty), what the sphere holds."""
    window = SNAPSHOT_TOKENS * BYTES_PER_TOKEN
    chosen, left = _fitting(_memory(thread, agent), window // MEMORY_SHARE)
    seen = {fragment.id for fragment in chosen}
    others = (fragment for fragment in _candidates(intent, thread, by_others(reader), new) if fragment.id not in seen)
    chosen += _fitting(others, window - window // MEMORY_SHARE + left)[0]
    return [replace(fragment, n=number) for number, fragment in enumerate(chosen, 1)]


def _fitting(candidates: Iterable[Fragment], window: int) -> tuple[list[Fragment], int]:
    """Those that fit, each once, in their order; and the bytes that are left."""
    chosen: dict[str, Fragment] = {}
    for fragment in candidates:
        if fragment.id not in chosen and fragment.size <= window:
            chosen[fragment.id] = fragment
            window -= fragment.size
    return list(chosen.values()), window


def digest(frozen: list[dict[str, Any]]) -> str:
    """SHA-256 over the canonical form of all fragments."""
    return hashlib.sha256(b"chenu.snapshot.v1\x00" + canonical(frozen)).hexdigest()


def as_json(fragments: Iterable[Fragment]) -> list[dict[str, Any]]:
    return [_kept(fragment) for fragment in fragments]


def _kept(fragment: Fragment) -> dict[str, Any]:
    """What the snapshot stores: of memory only which words they were, so that they can still be forgotten."""
    plain = asdict(fragment)
    if fragment.memory is None:
        del plain["memory"]
        return plain
    return {**plain, "text": ""}


def _candidates(intent: Intent, thread: Thread, others: Others, new: bool) -> Iterable[Fragment]:
    """What may be quoted, the most important first."""
    if not new:
        yield from _decisions(thread, others)
        yield from _tail(thread, others)
    yield from _items(intent, thread, others)


def _memory(thread: Thread, agent: str) -> Iterable[Fragment]:
    """What is remembered and concerns this sphere, thread or agent: pinned first, then what was used last."""
    places = [pk for pk in (thread.pk, thread.dataspace_id) if pk is not None]
    for row in recall(current(), thread.sphere, places, agent):
        title, url = str(Category(row.category).label), reverse("memory-detail", args=[row.pk])
        yield Fragment(0, str(row.pk), "memory", "memory", title, row.text, url, row.sensitivity, memory=mark_of(row))


def _tail(thread: Thread, others: Others) -> Iterable[Fragment]:
    said = Message.objects.filter(thread=thread).exclude(kind="system").annotate(untrusted=others["message"])
    where = (thread.title, _thread_url(thread))
    for row in reversed(said.order_by("-id")[:THREAD_TAIL]):
        yield _fragment(row.pk, "message", row.author_name, *where, row.content, row.untrusted)


def _decisions(thread: Thread, others: Others) -> Iterable[Fragment]:
    adopted = Decision.objects.filter(thread=thread, status="adopted").annotate(untrusted=others["decision"])
    where = (thread.title, _thread_url(thread))
    for row in adopted.order_by("-id")[:DECISIONS]:
        yield _fragment(row.pk, "decision", row.adopted_by_name, *where, row.statement, row.untrusted)


def _items(intent: Intent, thread: Thread, others: Others) -> Iterable[Fragment]:
    """What the sphere says about the words of the request, then its latest notes."""
    words = " or ".join(intent.keywords)
    rows = Item.objects.alive().annotate(untrusted=others["item"])
    columns = ("pk", "type", "title", "content", "untrusted")
    about = best(rows, Question(words, thread.sphere, FOUND_ITEMS)).values_list(*columns) if words else []
    latest = rows.filter(sphere=thread.sphere).order_by("-changed_at").values_list(*columns)[:RECENT_ITEMS]
    for pk, kind, title, content, untrusted in [*about, *latest]:
        url = reverse("item-detail", args=[pk])
        yield _fragment(pk, kind, str(ItemType(kind).label), title, url, content or title, untrusted)


def _fragment(pk: object, kind: str, origin: str, title: str, url: str, text: str, untrusted: bool) -> Fragment:
    return Fragment(0, str(pk), kind, origin, title[:200], text[:LONGEST_FRAGMENT], url, untrusted=untrusted)


def _thread_url(thread: Thread) -> str:
    return reverse("thread-detail", args=[thread.pk])
