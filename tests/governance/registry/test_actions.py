"""Parameters are strict, closed and storable; an action is declared once (design 3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from governance.registry.actions import Params, get_action
from tests.governance.acts import declared


class Sample(Params):
    text: str = Field(default="x", max_length=10)
    names: list[str] = []
    number: int = 0
    tree: dict[str, Any] = {}


@pytest.mark.parametrize("values", [{"number": 2**63}, {"number": "9" * 30}, {"tree": {"a": [{"b": -(10**40)}]}}])
def test_a_number_that_the_log_cannot_hold_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sample(**values)
    assert Sample(number=2**63 - 1, tree={"a": [-(2**63), True, 1.5]}).number == 2**63 - 1


def test_texts_are_trimmed_and_composed() -> None:
    assert Sample(text="  e\u0301 ").text == "é"
    assert Sample(names=["e\u0301"]).names == ["é"]
    assert Sample(tree={"a": {"b": ["e\u0301"]}}).tree == {"a": {"b": ["é"]}}


@pytest.mark.parametrize(
    "values",
    [
        {"text": "a\x00"}, {"text": "\ud800"}, {"names": ["\x00"]}, {"tree": {"a": ["\udc00"]}},
        {"tree": {"a\x00": 1}}, {"tree": {"\ud800": 1}}, {"colour": 1}, {"text": "x" * 11}, {"text": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_stored_or_is_not_known_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate(values)


@given(st.text())
def test_whatever_passes_can_be_stored(text: str) -> None:
    try:
        kept = Sample(tree={"a": [text]}).tree["a"][0]
    except ValidationError:
        assert "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
    else:
        assert "\x00" not in kept.encode().decode()


def test_parameters_cannot_be_altered() -> None:
    with pytest.raises(ValidationError):
        Sample().text = "y"


def test_an_action_is_declared_once() -> None:
    with declared("test.note.once", lambda uow, params: None):
        assert get_action("test.note.once").name == "test.note.once"
        with pytest.raises(ValueError, match="declared twice"), declared("test.note.once", lambda uow, params: None):
            pass
    with pytest.raises(KeyError):
        get_action("test.note.once")
