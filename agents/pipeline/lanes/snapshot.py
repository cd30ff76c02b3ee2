"""Lane B: what the run may see, frozen, hashed, and small enough (design 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.urls import reverse

from agents.pipeline.intent.analyse import Intent
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
    memory: dict[str, Any] | None = None

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode()) + len(self.title.encode())


def freeze(intent: Intent, thread: Thread, agent: str, *, new: bool = False) -> list[Fragment]:
    """The fragments a run may see: what is remembered, its thread (a `new` one is empty), what the sphere holds."""
    window = SNAPSHOT_TOKENS * BYTES_PER_TOKEN
    chosen, left = _fitting(_memory(thread, agent), window // MEMORY_SHARE)
    seen = {fragment.id for fragment in chosen}
    others = (fragment for fragment in _candidates(intent, thread, new) if fragment.id not in seen)
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


def _candidates(intent: Intent, thread: Thread, new: bool) -> Iterable[Fragment]:
    """What may be quoted, the most important first."""
    if not new:
        yield from _decisions(thread)
        yield from _tail(thread)
    yield from _items(intent, thread)


def _memory(thread: Thread, agent: str) -> Iterable[Fragment]:
    """What is remembered and concerns this sphere, thread or agent: pinned first, then what was used last."""
    places = [pk for pk in (thread.pk, thread.dataspace_id) if pk is not None]
    for row in recall(current(), thread.sphere, places, agent):
        title, url = str(Category(row.category).label), reverse("memory-detail", args=[row.pk])
        yield Fragment(0, str(row.pk), "memory", "memory", title, row.text, url, row.sensitivity, mark_of(row))


def _tail(thread: Thread) -> Iterable[Fragment]:
    messages = Message.objects.filter(thread=thread).exclude(kind="system").order_by("-id")[:THREAD_TAIL]
    for message in reversed(messages):
        yield _fragment(message.pk, "message", message.author_name, thread.title, message.content, _thread_url(thread))


def _decisions(thread: Thread) -> Iterable[Fragment]:
    for decision in Decision.objects.filter(thread=thread, status="adopted").order_by("-id")[:DECISIONS]:
        yield _fragment(
            decision.pk, "decision", decision.adopted_by_name, thread.title, decision.statement, _thread_url(thread)
        )


def _items(intent: Intent, thread: Thread) -> Iterable[Fragment]:
    """What the sphere says about the words of the request, then its latest notes."""
    words = " or ".join(intent.keywords)
    columns = ("pk", "type", "title", "content")
    question = Question(words, thread.sphere, FOUND_ITEMS)
    about = best(Item.objects.alive(), question).values_list(*columns) if words else []
    latest = Item.objects.alive().filter(sphere=thread.sphere).order_by("-changed_at")
    for pk, kind, title, content in [*about, *latest.values_list(*columns)[:RECENT_ITEMS]]:
        yield _fragment(
            pk, kind, str(ItemType(kind).label), title, content or title, reverse("item-detail", args=[pk]),
        )  # fmt: skip


def _fragment(pk: object, kind: str, origin: str, title: str, text: str, url: str) -> Fragment:
    return Fragment(0, str(pk), kind, origin, title[:200], text[:LONGEST_FRAGMENT], url)


def _thread_url(thread: Thread) -> str:
    return reverse("thread-detail", args=[thread.pk])
