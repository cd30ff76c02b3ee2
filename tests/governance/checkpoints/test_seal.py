"""The seal is the picture of a digest."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from governance.checkpoints.seal import seal_path

DIGEST = "a7b44718c4fb3f19cedecdd1d1c93c9b9123477e7ff1b1d4dfdf67b6ca571630"
DRAWN = """
#.#...#.#
####.####
##.#.#.##
..#...#..
.#######.
..#...#..
##.#.#.##
####.####
#.#...#.#
"""


def cells(digest: str) -> set[tuple[int, int]]:
    found = re.findall(r"M(\d) (\d)h1v1h-1z", seal_path(digest))
    assert "".join(f"M{x} {y}h1v1h-1z" for x, y in found) == seal_path(digest)
    return {(int(x), int(y)) for x, y in found}


def test_the_first_25_bits_fill_a_quadrant_that_is_mirrored() -> None:
    drawn = {(x, y) for y, line in enumerate(DRAWN.split()) for x, mark in enumerate(line) if mark == "#"}
    assert cells(DIGEST) == drawn


@given(st.binary(min_size=32, max_size=32))
def test_every_seal_is_symmetric_around_its_centre(digest: bytes) -> None:
    found = cells(digest.hex())
    assert (4, 4) in found
    assert found == {(8 - x, y) for x, y in found} == {(x, 8 - y) for x, y in found}


def test_another_digest_is_another_seal() -> None:
    assert seal_path(DIGEST) != seal_path("b" + DIGEST[1:])
