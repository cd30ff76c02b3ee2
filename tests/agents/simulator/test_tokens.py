from __future__ import annotations

import pytest

from agents.simulator import tokens


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("éé", 1), ("日本", 2)])
def test_a_text_is_one_token_per_four_bytes_rounded_up(text, count):
    assert tokens.of_text(text) == count


def test_json_is_counted_in_its_compact_form():
    assert tokens.of_json({"a": 1}) == 2


@pytest.mark.parametrize(
    ("text", "limit", "kept"), [("abcdef", 2, "abcdef"), ("abcdef", 1, "abcd"), ("abcé", 1, "abc")]
)
def test_clipping_keeps_what_fits_and_never_half_a_character(text, limit, kept):
    assert tokens.clip(text, limit) == kept
    assert tokens.of_text(tokens.clip(text, limit)) <= limit
