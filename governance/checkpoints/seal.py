"""The seal: a picture of a digest that a person can recognise. The digest beside it is the proof."""

from __future__ import annotations

QUADRANT = 5
SIDE = 2 * QUADRANT - 1


def seal_path(digest: str) -> str:
    """The path of a 9 × 9 SVG for a SHA-256 in hexadecimal.

    Its first 25 bits fill a 5 × 5 quadrant row by row, the centre cell always on, mirrored both ways.
    """
    bits = f"{int(digest, 16):0{4 * len(digest)}b}"
    last = QUADRANT - 1
    cells = (
        f"M{x} {y}h1v1h-1z"
        for y in range(SIDE)
        for x in range(SIDE)
        if x == y == last or bits[min(y, SIDE - 1 - y) * QUADRANT + min(x, SIDE - 1 - x)] == "1"
    )
    return "".join(cells)
