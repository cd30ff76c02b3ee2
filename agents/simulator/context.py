"""The quoted context of a prompt: fragments to answer from, and passages that match a request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from agents.simulator.language import fold, keywords, sentences

_CONTEXT = re.compile(r"<context\b.*</context>", re.DOTALL)
_FRAGMENT = re.compile(r"<fragment\b([^>]*)>(.*?)</fragment>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_REQUEST = re.compile(r"<request\b[^>]*>(.*)</request>", re.DOTALL)
_CONTENT = re.compile(r"\b(contient|contenu|contain|contains|content|there is in|what is in|qu'y a-t-il)\b")
_THREAD = re.compile(r"\b(fil|thread|conversation)\b")
MAX_PASSAGES = 3
MAX_BULLETS = 12


@dataclass(frozen=True, slots=True)
class Fragment:
    """One quoted piece: its id, where it comes from, what it is, its text; `number` when the prompt numbers it."""

    id: str
    origin: str
    kind: str
    text: str
    title: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence and the fragment it is in; ``score`` counts the words shared with the request."""

    fragment: Fragment
    sentence: str
    score: int


def request_of(source: str) -> str:
    """What the person asks: the ``<request>`` if there is one, else all that is not quoted context.

    The quote runs to the *last* closing tag: text inside it cannot pose as the request by closing it early.
    """
    bare = _CONTEXT.sub("", source) if "<context" in source else source
    if "<request" in bare and (inner := _REQUEST.search(bare)):
        return unescape(inner[1]).strip()
    return bare.strip()


def fragments(texts: Iterable[str]) -> tuple[Fragment, ...]:
    """The fragments quoted in some texts, in order, each id once."""
    found: dict[str, Fragment] = {}
    for text in texts:
        if "<context" not in text:
            continue
        for attributes, content in _FRAGMENT.findall(" ".join(_CONTEXT.findall(text))):
            named = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
            key = named.get("id", str(len(found)))
            number = int(named["n"]) if named.get("n", "").isdecimal() else None
            found.setdefault(
                key,
                Fragment(
                    key,
                    named.get("origin", ""),
                    named.get("kind", ""),
                    unescape(content).strip(),
                    named.get("title", ""),
                    number,
                ),
            )
    return tuple(found.values())


def best_passages(request: str, quoted: tuple[Fragment, ...]) -> list[Passage]:
    """The sentences that share most words with the request, best first; none when nothing is shared."""
    wanted = keywords(request)
    found = [
        Passage(fragment, sentence, score)
        for fragment in quoted
        for sentence in sentences(fragment.text)
        if (score := len(wanted & keywords(sentence)) + len(wanted & keywords(fragment.title)))
    ]
    found.sort(key=lambda passage: -passage.score)
    best = found[0].score if found else 0
    return [passage for passage in found[:MAX_PASSAGES] if passage.score * 2 > best]


def first_sentences(request: str, quoted: tuple[Fragment, ...]) -> list[Passage]:
    """The first sentence of each fragment that the request is about, of all when it names none."""
    wanted = keywords(request)
    found = []
    for fragment in quoted:
        lines = sentences(fragment.text)
        if len(lines) > 1 and lines[0] == fragment.title:
            del lines[0]  # a note that begins with its title: what it says comes after
        if lines:
            score = len(wanted & keywords(f"{fragment.origin} {fragment.kind} {fragment.title} {fragment.text}"))
            found.append(Passage(fragment, lines[0], score))
    about = [passage for passage in found if passage.score]
    return (about or found)[:MAX_BULLETS]


def cite(passages: list[Passage]) -> list[tuple[int, Passage]]:
    """Number the passages as the prompt numbers its fragments, else [1] is the first fragment used, and so on."""
    numbers: dict[str, int] = {}
    return [
        (passage.fragment.number or numbers.setdefault(passage.fragment.id, len(numbers) + 1), passage)
        for passage in passages
    ]


def asks_for_content(request: str) -> bool:
    """“Que contient ce fil ?”: the question names the container, not what is in it."""
    return _CONTENT.search(fold(request)) is not None


def in_container(request: str, quoted: tuple[Fragment, ...]) -> tuple[Fragment, ...]:
    """The fragments of the thread that the request names, all of them when it names none."""
    said = tuple(fragment for fragment in quoted if fragment.kind in {"message", "decision"})
    return said or quoted if _THREAD.search(fold(request)) else quoted
