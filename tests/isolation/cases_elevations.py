"""The isolation matrix of elevations: a wider scope for a while."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import CheckpointRequired
from governance.perform import perform
from governance.rules.system import ELEVATE
from tests.cast import Person
from tests.isolation.case import MARK, Case

ASKED = {"kind": "cross_sphere", "sphere": "personal", "target_sphere": "business", "hours": 2, "reason": "Classement"}


def an_elevation(alice: Person) -> dict[str, Any]:
    """One that waits for approval: whoever decides may withdraw it."""
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform(ELEVATE, {**ASKED, "reason": MARK})
    return {"elevation": stopped.value.checkpoint["id"]}


def some(alice: Person) -> dict[str, Any]:
    an_elevation(alice)
    return {}


CASES = [
    Case("elevations", make=some, whole=True),
    Case("elevation-new", ("GET", "POST"), body=ASKED, whole=True),
    Case("elevation-end", ("POST",), an_elevation),
    Case("api-elevations", ("GET", "POST"), some, ASKED, whole=True, answers=(423,)),
    Case("api-elevation", ("GET", "DELETE"), an_elevation),
]
