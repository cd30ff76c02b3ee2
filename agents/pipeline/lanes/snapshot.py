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
    """One piece of context: `n` is how the answer cites it, `url` where a person finds it.

    `untrusted`: it holds words of others than the person who asks.
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

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return len(self.text.encode()) + len(self.title.encode())


def freeze(intent: Intent, thread: Thread, reader: UUID, *, new: bool = False) -> list[Fragment]:
    """The fragments a run of `reader` may see: its thread first (a `new` one is empty), then the sphere about it."""
    window, chosen = SNAPSHOT_TOKENS * BYTES_PER_TOKEN, []
    seen: set[str] = set()
    for fragment in _candidates(intent, thread, by_others(reader), new):
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


def _candidates(intent: Intent, thread: Thread, others: Others, new: bool) -> Iterable[Fragment]:
    """What may be quoted, the most important first."""
    if not new:
        yield from _decisions(thread, others)
        yield from _tail(thread, others)
    yield from _items(intent, thread, others)


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
