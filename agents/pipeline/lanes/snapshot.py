"""Lane B: what the run may see, frozen, hashed, and small enough (design 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.urls import reverse

from agents.pipeline.intent.analyse import Intent
from governance.canonical import canonical
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


@dataclass(frozen=True, slots=True)
class Fragment:
    """One piece of context: `n` is how the answer cites it, `url` where a person finds it."""

    n: int
    id: str
    kind: str
    origin: str
    title: str
    text: str
    url: str
    sensitivity: str = "internal"

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode()) + len(self.title.encode())


def freeze(intent: Intent, thread: Thread, *, new: bool = False) -> list[Fragment]:
    """The fragments a run may see: its thread first (a `new` one is empty), then what the sphere holds about it."""
    window, chosen = SNAPSHOT_TOKENS * BYTES_PER_TOKEN, []
    seen: set[str] = set()
    for fragment in _candidates(intent, thread, new):
        if fragment.id in seen or fragment.size > window:
            continue
        seen.add(fragment.id)
        window -= fragment.size
        chosen.append(fragment)
    return [replace(fragment, n=number) for number, fragment in enumerate(chosen, 1)]


def digest(frozen: list[dict[str, Any]]) -> str:
    """SHA-256 over the canonical form of all fragments."""
    return hashlib.sha256(b"chenu.snapshot.v1\x00" + canonical(frozen)).hexdigest()


def as_json(fragments: Iterable[Fragment]) -> list[dict[str, Any]]:
    return [asdict(fragment) for fragment in fragments]


def _candidates(intent: Intent, thread: Thread, new: bool) -> Iterable[Fragment]:
    """What may be quoted, the most important first."""
    if not new:
        yield from _decisions(thread)
        yield from _tail(thread)
    yield from _items(intent, thread)


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
