"""Canonical JSON (RFC 8785): the bytes that are hashed and sealed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import rfc8785

LARGEST_PLAIN_INTEGER = 2**53


def canonical(value: Any) -> bytes:
    """The canonical bytes of `exact(value)`.

    For texts, whole numbers and keys of ASCII the fast serialiser writes the same bytes (proved by a test);
    anything else (fractions, keys whose order depends on UTF-16) goes the long way.
    """
    plain = exact(value)
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS) if _is_simple(plain) else rfc8785.dumps(plain)


def exact(value: Any) -> Any:
    """The value as canonical JSON can carry it: ids as text, integers of 2⁵³ and more as text."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LARGEST_PLAIN_INTEGER:
        return str(value)
    return value


def _is_simple(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and key.isascii() and _is_simple(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_simple, value))
    return value is None or isinstance(value, str | int)
