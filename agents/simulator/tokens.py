"""The simulator's own count of tokens: integer, documented, equal for equal input.

The rule: a text is one token per four bytes of UTF-8, rounded up; a message adds 4; a tool offered adds 8
and one per four bytes of its compact JSON; an image or a document is 1600; a call or its result adds 8.
"""

from __future__ import annotations

from typing import Any

import orjson

PER_MESSAGE = 4
PER_TOOL = 8
PER_CALL = 8
PER_MEDIA = 1600
BYTES_PER_TOKEN = 4


def of_text(text: str) -> int:
    """Tokens of a text; 0 only for an empty one."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // BYTES_PER_TOKEN)


def of_json(value: Any) -> int:
    """Tokens of a value written as compact JSON."""
    return -(-len(orjson.dumps(value)) // BYTES_PER_TOKEN)


def clip(text: str, limit: int) -> str:
    """The longest start of ``text`` that holds at most ``limit`` tokens, never half a character."""
    if of_text(text) <= limit:
        return text
    return text.encode("utf-8", "surrogatepass")[: limit * BYTES_PER_TOKEN].decode("utf-8", "ignore")
