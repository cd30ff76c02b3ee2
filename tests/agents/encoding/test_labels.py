"""What people read of the coded values."""

from __future__ import annotations

import pytest
from django.utils.functional import Promise

from agents.encoding.fields import FIELD_ENUMS, FIELD_LABELS, FIELD_ORDER, Act, Flag
from agents.encoding.labels import Labelled
from agents.encoding.presets import Origin
from agents.encoding.quality import Band
from agents.pipeline.intent.decide import Reason
from agents.pipeline.intent.kinds import IntentType, Sensitivity

ALL = [*FIELD_ENUMS.values(), Flag, Band, Origin, IntentType, Sensitivity, Reason]


@pytest.mark.parametrize("values", ALL)
def test_every_value_has_a_label_that_is_still_lazy(values: type[Labelled]) -> None:
    assert [value for value in values if not isinstance(value.label, Promise)] == []


def test_every_field_has_a_label() -> None:
    assert set(FIELD_LABELS) == set(FIELD_ORDER)


def test_a_value_is_its_code_as_text_key_and_member() -> None:
    assert f"{Act.SUM}" == "SUM"
    assert {Act.SUM: 1}["SUM"] == 1
    assert Act("SUM") is Act.SUM
