"""MODE bounds the tools offered (design 4.2)."""

from __future__ import annotations

import pytest

from agents.encoding.fields import Mode
from agents.encoding.tools import effects_bound, effects_offered
from agents.pipeline.intent.kinds import Effect
from governance.registry.actions import Effect as GovernedEffect

READ, CREATE, UPDATE = Effect.READ, Effect.CREATE, Effect.UPDATE


@pytest.mark.parametrize(
    ("mode", "effects"),
    [
        (Mode.ANA, {READ}),
        (Mode.CHECK, {READ}),
        (Mode.PREP, {READ, CREATE, UPDATE}),
        (Mode.DRAFT, {READ, CREATE}),
        (Mode.NONE, set(Effect)),
    ],
)
def test_each_mode_lets_through_what_is_published(mode: Mode, effects: set[Effect]) -> None:
    assert effects_bound(mode) == effects


def test_an_agent_is_offered_no_more_than_its_contract() -> None:
    contract = {READ, CREATE, Effect.SEND}
    assert effects_offered(Mode.NONE, contract) == contract
    assert effects_offered(Mode.PREP, contract) == {READ, CREATE}
    assert effects_offered(Mode.ANA, contract) == {READ}
    assert effects_offered(Mode.NONE, ()) == set()


def test_the_effects_are_those_of_the_gate_and_interchangeable_with_them() -> None:
    assert list(Effect) == list(GovernedEffect)
    assert effects_offered(Mode.NONE, GovernedEffect) == set(GovernedEffect)
