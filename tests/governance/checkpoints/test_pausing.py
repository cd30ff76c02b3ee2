"""An agent with ten questions waiting asks no eleventh (design 3.4)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.checkpoints.models import Checkpoint
from governance.checkpoints.pausing import MOST_PENDING
from governance.errors import CheckpointRequired, TooMany
from governance.perform import perform
from tests.agents.pipeline.runs import SECRET, started
from tests.cast import Person
from tests.governance.checkpoints.asking import MAIL, ask, make_overdue, vote

pytestmark = pytest.mark.security


def asks(person: Person, word: str, agent: str = "nova") -> dict[str, Any]:
    with person.acting(agent=agent, run_id=uuid7()), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", MAIL | {"subject": word})
    shown: dict[str, Any] = stopped.value.checkpoint
    return shown


@pytest.fixture
def full(alice: Person) -> list[dict[str, Any]]:
    return [asks(alice, f"n° {n}") for n in range(MOST_PENDING)]


def test_the_eleventh_is_not_asked_until_one_is_decided(alice: Person, full: list[dict[str, Any]]) -> None:
    with alice.acting(agent="nova", run_id=uuid7()), pytest.raises(TooMany):
        perform("governance.message.send", MAIL | {"subject": "onze"})
    with alice.looking():
        assert Checkpoint.objects.waiting().count() == MOST_PENDING
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": full[0]["id"], **vote(full[0], "reject")})
    assert asks(alice, "onze")["status"] == "pending"


def test_an_overdue_one_takes_no_place(alice: Person, full: list[dict[str, Any]]) -> None:
    make_overdue(alice, full[3])
    assert asks(alice, "onze")["status"] == "pending"


def test_the_same_question_again_is_the_same_one(alice: Person) -> None:
    run = uuid7()
    seen = set()
    for _ in range(2):
        with alice.acting(agent="nova", run_id=run), pytest.raises(CheckpointRequired) as stopped:
            perform("governance.message.send", MAIL)
        seen.add(stopped.value.checkpoint["id"])
    assert len(seen) == 1


def test_people_other_agents_and_other_identities_are_not_paused(
    alice: Person, workshop: Any, full: list[dict[str, Any]]
) -> None:
    assert ask(alice)["status"] == "pending"
    assert asks(alice, "onze", agent="another")["status"] == "pending"
    with alice.acting(workshop, agent="nova", run_id=uuid7()), pytest.raises(CheckpointRequired):
        perform("governance.message.send", MAIL)


@pytest.mark.usefixtures("simulator")
def test_a_run_that_would_ask_is_not_started(alice: Person, full: list[dict[str, Any]]) -> None:
    with pytest.raises(TooMany):
        started(alice, SECRET)
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=full[0]["id"]).update(status="cancelled")
    assert started(alice, SECRET).status == "awaiting_approval"
