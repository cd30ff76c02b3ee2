"""Where a page of search results begins, as an opaque text: the rank and id of the last one seen."""

from __future__ import annotations

from uuid import UUID

from spheres.search import Place


def write_place(place: Place) -> str:
    return f"{place[0]}~{place[1]}"


def place_of(text: str) -> Place | None:
    """The place written in `text`; None for anything else, which starts anew."""
    rank, _, pk = text.partition("~")
    if not (rank.isascii() and rank.isdigit() and len(rank) < 10):
        return None
    try:
        return int(rank), UUID(pk)
    except ValueError:
        return None
