"""MODE bounds the tools that a run may be offered (design 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.encoding.fields import Mode
from agents.pipeline.intent.kinds import Effect

_READ: Final = frozenset({Effect.READ})
_OFFERED: Final[dict[Mode, frozenset[Effect]]] = {
    Mode.ANA: _READ,
    Mode.CHECK: _READ,
    Mode.PREP: frozenset({Effect.READ, Effect.CREATE, Effect.UPDATE}),
    Mode.DRAFT: frozenset({Effect.READ, Effect.CREATE}),
    # The agent's contract decides alone: MODE adds no bound of its own.
    Mode.NONE: frozenset(Effect),
}


def effects_bound(mode: Mode) -> frozenset[Effect]:
    """The effect classes that `mode` lets through at most."""
    return _OFFERED[mode]


def effects_offered(mode: Mode, contract: Iterable[Effect]) -> frozenset[Effect]:
    """The effect classes offered to an agent whose contract grants `contract`: never more than either."""
    return _OFFERED[mode] & frozenset(contract)
