"""Role × action, from the registry: every declared action is in the table and keeps to it (roles.py)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel, bind
from governance.people.policies import MANAGERS, READERS, WRITERS
from governance.registry.actions import Effect, all_actions
from tests.cast import Person
from tests.governance.members.roles import (
    ACT,
    AGENTS_ONLY,
    EVERYBODY,
    IN_PERSON,
    MANAGE,
    NO_AGENT,
    NO_TOKEN,
    READ,
    ROLES,
)

pytestmark = pytest.mark.security
DECLARED = {name: one for name, one in all_actions().items() if not name.startswith("tests.")}


def may(person: Person, name: str, role: str, **context: Any) -> bool:
    """Does the policy let this role pass? Parameters only matter where a run names itself."""
    actor = person.context(role=role, channel=Channel.PAGE, **context) if "channel" not in context else None
    actor = actor or person.context(role=role, **context)
    with bind(actor):
        return DECLARED[name].policy(actor, SimpleNamespace(run=uuid7()))


def test_every_action_has_its_line_and_no_line_is_left_over() -> None:
    assert sorted(DECLARED) == sorted(ROLES)
    assert set(ROLES) >= IN_PERSON


@pytest.mark.parametrize("name", sorted(ROLES))
def test_a_role_does_what_the_table_says_and_nothing_else(name: str, alice: Person) -> None:
    assert {role for role in EVERYBODY if may(alice, name, role)} == ROLES[name]


@pytest.mark.parametrize("name", sorted(ROLES))
@pytest.mark.parametrize("role", ["", "system", "staff", "looking", "guest", "Owner"])
def test_what_is_no_role_does_nothing(name: str, role: str, alice: Person) -> None:
    assert may(alice, name, role) is False


@pytest.mark.parametrize("name", sorted(ROLES))
def test_neither_an_agent_nor_a_token_acts_in_person(name: str, alice: Person) -> None:
    expected = bool(ROLES[name]) and name not in IN_PERSON
    assert may(alice, name, "owner", token_id=uuid7()) is (expected and name not in NO_TOKEN)
    if name not in AGENTS_ONLY:
        by_agent = may(alice, name, "owner", channel=Channel.AGENT, agent="nova", run_id=uuid7())
        assert by_agent is (expected and name not in NO_AGENT)


def test_a_viewer_changes_nothing_of_the_identity() -> None:
    """Whatever a viewer may do that writes is about the person themselves."""
    nouns = ("account", "factor", "identity", "member", "notification", "outside", "person", "session", "token")
    own = tuple(f"governance.{noun}." for noun in nouns)
    open_ = [name for name, roles in ROLES.items() if "viewer" in roles and DECLARED[name].effect is not Effect.READ]
    assert all(name.startswith(own) for name in open_), open_


def test_the_policies_know_the_same_roles() -> None:
    assert (READERS, WRITERS, MANAGERS) == (READ, ACT, MANAGE)
