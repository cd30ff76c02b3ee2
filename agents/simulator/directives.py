"""``#sim`` lines: what a test orders in the last user text (design 5.1).

One order per line, several lines together; lines inside ``<context>…</context>`` are data and never orders.

==============================  ==============================================================
``#sim text WORDS``             answer these words; several lines make several lines
``#sim tool NAME {json}``       call this tool (dots or ``__``); several lines are several calls
``#sim error STATUS``           this HTTP error; ``once``: only the first time for that text;
                                ``late``: in a stream, after half of the answer
``#sim slow 2s`` / ``200ms``    wait before the first token
``#sim pace 20ms``              wait before each piece of a stream
``#sim cut``                    drop the connection in the middle
``#sim malformed``              broken JSON in the middle
``#sim hang``                   take the request and never answer
``#sim huge``                   an answer that does not end (16 MiB of it)
``#sim html``                   a page instead of an answer
``#sim empty``                  an answer that ends without having begun
``#sim redirect URL``           send the caller elsewhere
``#sim cached N``               N tokens of the input came from a cache
``#sim model NAME``             answer under another model's name
``#sim usage none``             no usage in the answer
``#sim long N``                 N words
``#sim then``                   what follows is for the next model turn
==============================  ==============================================================

Turns: without ``then`` all tool lines fire in the first answer; once their results are there, the same
lines without the tools answer (the ``text``, else a confirmation). With ``then`` each part is one turn, and
after the last part the last part answers without its tools. Everything but tools holds for every turn of
its part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from agents.simulator.turns import Faults

MAX_WORDS = 200_000
MAX_WAIT_SECONDS = 600.0
_LINE = re.compile(r"^[ \t]*#sim[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_FLAGS = {"once", "late"}


class DirectiveError(ValueError):
    """A ``#sim`` line that cannot be obeyed; the message names it."""


@dataclass(frozen=True, slots=True)
class Script:
    """The orders for one model turn; ``text`` None leaves the words to the tour."""

    text: str | None = None
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    model: str | None = None
    once: bool = False
    faults: Faults = field(default_factory=Faults)


def parse(request: str) -> tuple[Script, ...]:
    """The scripts of a text, one per model turn; empty without any ``#sim`` line.

    Raises DirectiveError when a line is not understood.
    """
    orders = _LINE.findall(request)
    if not orders:
        return ()
    scripts = [Script()]
    for order in orders:
        if order == "then":
            scripts.append(Script())
        else:
            scripts[-1] = _obey(scripts[-1], order)
    return tuple(scripts)


def without_directives(request: str) -> str:
    """The text that is left when its ``#sim`` lines are taken out."""
    return _LINE.sub("", request).strip()


def for_step(scripts: tuple[Script, ...], step: int) -> tuple[int, Script]:
    """The script that answers model turn ``step`` and its number; ``scripts`` is not empty."""
    if step < len(scripts):
        return step, scripts[step]
    return len(scripts) - 1, replace(scripts[-1], calls=())


def _obey(script: Script, order: str) -> Script:
    word, _, rest = order.partition(" ")
    rest = rest.strip()
    faults = script.faults
    match word, rest:
        case "text", _ if rest:
            return replace(script, text=rest if script.text is None else f"{script.text}\n{rest}")
        case "tool", _:
            return replace(script, calls=(*script.calls, _call(order, rest)))
        case "error", _:
            return _error(script, order, rest)
        case "slow", _:
            return replace(script, faults=replace(faults, delay=_seconds(order, rest)))
        case "pace", _:
            return replace(script, faults=replace(faults, pace=_seconds(order, rest)))
        case "cut", "":
            return replace(script, faults=replace(faults, cut=True))
        case "malformed", "":
            return replace(script, faults=replace(faults, malformed=True))
        case "hang", "":
            return replace(script, faults=replace(faults, hang=True))
        case "huge", "":
            return replace(script, faults=replace(faults, huge=True))
        case "html", "":
            return replace(script, faults=replace(faults, html=True))
        case "empty", "":
            return replace(script, faults=replace(faults, empty=True))
        case "redirect", _ if rest and " " not in rest:
            return replace(script, faults=replace(faults, redirect=rest))
        case "cached", _ if rest.isdecimal():
            return replace(script, faults=replace(faults, cached=int(rest)))
        case "usage", "none":
            return replace(script, faults=replace(faults, no_usage=True))
        case "model", _ if rest and " " not in rest:
            return replace(script, model=rest)
        case "long", _ if rest.isdecimal() and 0 < int(rest) <= MAX_WORDS:
            return replace(script, text=long_text(int(rest)))
    raise DirectiveError(f"#sim {order}: not understood")


def _call(order: str, rest: str) -> tuple[str, dict[str, Any]]:
    name, _, written = rest.partition(" ")
    if not name:
        raise DirectiveError(f"#sim {order}: the tool's name is missing")
    try:
        arguments = orjson.loads(written) if written.strip() else {}
    except orjson.JSONDecodeError as error:
        raise DirectiveError(f"#sim {order}: invalid JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise DirectiveError(f"#sim {order}: the arguments must be a JSON object")
    return name.replace(".", "__"), arguments


def _error(script: Script, order: str, rest: str) -> Script:
    status, *flags = rest.split() or [""]
    if not status.isdecimal() or not 400 <= int(status) <= 599 or set(flags) - _FLAGS:
        raise DirectiveError(f"#sim {order}: expected a status from 400 to 599, then once or late")
    faults = replace(script.faults, status=int(status), late="late" in flags)
    return replace(script, once="once" in flags, faults=faults)


def _seconds(order: str, rest: str) -> float:
    match = _DURATION.fullmatch(rest)
    if match is None:
        raise DirectiveError(f"#sim {order}: expected a duration such as 2s or 200ms")
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if seconds > MAX_WAIT_SECONDS:
        raise DirectiveError(f"#sim {order}: at most {MAX_WAIT_SECONDS:.0f}s")
    return seconds


_FILLER = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet")


def long_text(words: int) -> str:
    """Exactly ``words`` words, always the same."""
    rounds = -(-words // len(_FILLER))
    return " ".join((_FILLER * rounds)[:words])
