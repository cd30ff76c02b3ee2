"""Rows that every installation has: apps say how theirs are loaded, each time it is prepared."""

from __future__ import annotations

from collections.abc import Callable

Loader = Callable[[], object]
_loaders: list[Loader] = []


def register_reference(load: Loader) -> None:
    """`load()` follows every migration and every update; a second run must change nothing."""
    if load not in _loaders:
        _loaders.append(load)


def loaders() -> list[Loader]:
    """In the order they were registered."""
    return [*_loaders]
