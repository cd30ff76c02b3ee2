"""The models that the simulator lists. Any other id is answered too: an operator may configure any."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of the list; sizes are tokens, ``line`` is the family."""

    id: str
    name: str
    line: str
    context: int
    max_output: int


ANTHROPIC: tuple[ListedModel, ...] = (
    ListedModel("claude-fable-5-1", "Claude Fable 5.1", "fable", 1_000_000, 128_000),
    ListedModel("claude-opus-5-5", "Claude Opus 5.5", "opus", 1_000_000, 128_000),
    ListedModel("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", 1_000_000, 128_000),
    ListedModel("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", 1_000_000, 128_000),
    ListedModel("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "haiku", 200_000, 64_000),
    ListedModel("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "sonnet", 200_000, 64_000),
)
