"""The hash tree over all chain heads: RFC 6962 §2.1, so that a head can be shown to be in it without the others.

A leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right); a last one without a neighbour rises as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaves (at least one) to its root, each level a list."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        paired = [node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        found.append(paired + below[len(paired) * 2 :])
    return found


def path(tree: list[list[bytes]], index: int) -> list[bytes]:
    """The neighbours on the way from leaf `index` to the root."""
    found = []
    for level in tree[:-1]:
        if (beside := index ^ 1) < len(level):
            found.append(level[beside])
        index //= 2
    return found


def root_of(leaf_hash: bytes, index: int, size: int, neighbours: Sequence[bytes]) -> bytes:
    """The root that leaf `index` of `size` leads to by its path. Raises ValueError for an impossible path."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in a tree of this size")
    left, at = list(neighbours), leaf_hash
    while size > 1:
        if index ^ 1 < size:
            if not left:
                raise ValueError("the path is too short")
            beside = left.pop(0)
            at = node(beside, at) if index & 1 else node(at, beside)
        index, size = index // 2, (size + 1) // 2
    if left:
        raise ValueError("the path is too long")
    return at
