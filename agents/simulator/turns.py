"""What a wire asks and what the simulator answers, in words that belong to no wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the caller offers; ``schema`` is its JSON Schema."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the caller says a call gave; ``name`` is the wire's name of the tool."""

    call_id: str
    name: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a model.

    ``source`` is the last text written by the user (quoted context included), ``results`` the tool results
    of the last step after it, and ``step`` how many rounds of tool results came after it: 0 is a first
    answer. ``earlier`` holds the system text and the user texts before ``source``. ``fingerprint`` is equal
    for equal requests.
    """

    model: str
    source: str
    earlier: tuple[str, ...] = ()
    results: tuple[ToolResult, ...] = ()
    step: int = 0
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    max_output: int = 4096
    stop_sequences: tuple[str, ...] = ()
    stream: bool = False
    input_tokens: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call, ``id`` being the same for the same request."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose; ``delay`` (before the first token) ``pace`` (each piece) are seconds.

    ``cached``: so many input tokens are said to come from a cache.
    """

    status: int = 0
    late: bool = False
    delay: float = 0.0
    pace: float = 0.0
    cut: bool = False
    malformed: bool = False
    no_usage: bool = False
    hang: bool = False
    huge: bool = False
    html: bool = False
    empty: bool = False
    redirect: str = ""
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer. ``stop`` is ``end``, ``tool``, ``length`` or ``sequence``; tokens are those of `tokens`."""

    text: str
    calls: tuple[Call, ...]
    model: str
    stop: str
    input_tokens: int
    output_tokens: int
    fingerprint: str
    stop_sequence: str | None = None
    faults: Faults = Faults()
