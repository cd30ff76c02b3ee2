"""What the tests of threads share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governance.perform import perform
from tests.cast import Person

MakeThread = Callable[..., Any]


@pytest.fixture
def make_thread() -> MakeThread:
    """Makes a thread of a person, in `identity` or their personal one."""

    def make(person: Person, identity: Any = None, **values: Any) -> Any:
        with person.acting(identity):
            return perform("threads.thread.create", {"title": "Bail, Fabre app. 4", "sphere": "business", **values})

    return make


@pytest.fixture
def thread(alice: Person, make_thread: MakeThread) -> Any:
    """A thread of Alice, in the sphere `business`."""
    return make_thread(alice)
