"""What is sealed opens again, and nothing else does (chenu/backup/sealed.py)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.backup import sealed
from chenu.backup.sealed import MAGIC, BackupProblem, SealedReader, SealedWriter

KEY = "k" * 48
PIECE = 64


@pytest.fixture(autouse=True, scope="module")
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "PIECE", PIECE)
        yield


def seal(plain: bytes) -> bytes:
    target = io.BytesIO()
    with SealedWriter(target, KEY) as writer:
        for start in range(0, len(plain), 7):
            writer.write(plain[start : start + 7])
    return target.getvalue()


def unseal(data: bytes, key: str = KEY) -> bytes:
    return SealedReader(io.BytesIO(data), key).read()


@given(st.binary(max_size=5 * PIECE), st.integers(1, 100))
def test_what_was_written_is_read_in_any_portions(plain, portion):
    reader = SealedReader(io.BytesIO(seal(plain)), KEY)
    assert b"".join(iter(lambda: reader.read(portion), b"")) == plain


@given(st.binary(min_size=1, max_size=3 * PIECE), st.data())
def test_a_flipped_bit_anywhere_is_noticed(plain, data):
    changed = bytearray(seal(plain))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BackupProblem):
        unseal(bytes(changed))


@given(st.binary(min_size=1, max_size=3 * PIECE), st.data())
def test_a_missing_end_is_noticed(plain, data):
    whole = seal(plain)
    with pytest.raises(BackupProblem):
        unseal(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_two_pieces_cannot_change_places():
    whole = seal(b"a" * PIECE + b"b" * PIECE + b"c")
    head, piece = len(MAGIC) + sealed.SALT, 4 + PIECE + sealed.TAG
    swapped = whole[:head] + whole[head + piece : head + 2 * piece] + whole[head : head + piece]
    with pytest.raises(BackupProblem):
        unseal(swapped + whole[head + 2 * piece :])


def test_another_master_key_opens_nothing():
    with pytest.raises(BackupProblem, match="another master key"):
        unseal(seal(b"secret"), "x" * 48)


def test_the_sealed_file_shows_no_text():
    assert b"Camille" not in seal(b"Camille Roy")
