"""A conversation as every wire tells it: who said what, which tools were called, and what came of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.simulator import tokens
from agents.simulator.turns import ToolResult

_SIM_LINE = re.compile(r"^[ \t]*#sim[ \t]", re.MULTILINE)


@dataclass(slots=True)
class Message:
    """One turn; ``uses`` maps the ids of its tool calls to the tools' names."""

    role: str
    texts: list[str] = field(default_factory=list)
    uses: dict[str, str] = field(default_factory=dict)
    results: list[ToolResult] = field(default_factory=list)
    size: int = tokens.PER_MESSAGE


def last_words(messages: list[Message]) -> tuple[int, int, tuple[ToolResult, ...]]:
    """Where the user's last words are, how many rounds of results came after, and the last round.

    Words that ride along with tool results only count as new when they hold a ``#sim`` line: a caller may
    add a remark to the results without starting over.
    """
    source = 0
    for index, message in enumerate(messages):
        if message.role != "user" or not message.texts:
            continue
        if not message.results or any(_SIM_LINE.search(text) for text in message.texts):
            source = index
    rounds = [message.results for message in messages[source + 1 :] if message.results]
    return source, len(rounds), tuple(rounds[-1]) if rounds else ()
