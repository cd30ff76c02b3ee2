"""The bytes of an entry: canonical, exact, and the same for everybody who recomputes them (format v1)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.entries import Draft, News, body, sealed_payload
from governance.audit.entries import _event as event
from governance.audit.vault import SALT, unseal
from governance.canonical import canonical, exact
from governance.isolation.context import Channel, IdentityContext
from tests.cast import Person

NOBODY = UUID(int=0)
ACTOR = IdentityContext(UUID(int=1), UUID(int=2), "owner", Channel.AGENT, UUID(int=3), agent="NOVA", run_id=UUID(int=4))


def test_a_body_is_canonical_json_of_exactly_these_members() -> None:
    draft = Draft("threads.thread.create", "CREATE", "allowed", "why", "threads.thread", UUID(int=5), 7, UUID(int=6))
    raw = body(draft, ACTOR, b"\xab" * 32)
    told = orjson.loads(raw)
    assert rfc8785.dumps(told) == raw
    assert (told.pop("id"), told.pop("at")) != ("", "")
    assert told == {
        "v": 1,
        "actor": {
            "person": str(UUID(int=1)), "identity": str(UUID(int=2)), "agent": "NOVA", "run": str(UUID(int=4)),
            "channel": "agent",
        },
        "action": "threads.thread.create",
        "effect": "CREATE",
        "outcome": "allowed",
        "reason": "why",
        "resource": {"type": "threads.thread", "id": str(UUID(int=5)), "version": 7},
        "verdict": str(UUID(int=6)),
        "checkpoint": None,
        "request": str(UUID(int=3)),
        "commit": "ab" * 32,
    }  # fmt: skip


def test_a_body_without_an_actor_is_the_systems() -> None:
    told = orjson.loads(body(Draft("governance.chain.sign", "UPDATE", "allowed"), None, b""))
    assert told["actor"] == {"person": None, "identity": None, "agent": None, "run": None, "channel": "system"}


def test_times_are_utc_to_the_microsecond_and_ids_in_order() -> None:
    first, second = (orjson.loads(body(Draft("a.b", "READ", "allowed"), ACTOR, b"")) for _ in range(2))
    assert first["at"].endswith("Z")
    assert len(first["at"]) == len("2026-11-20T09:51:49.413953Z")
    assert datetime.fromisoformat(first["at"]) <= datetime.fromisoformat(second["at"])
    assert UUID(first["id"]).version == 7
    assert first["id"] < second["id"]


ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(-(2**40), 2**40) | ANY_TEXT | st.uuids(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_an_entry_holds_has_the_bytes_of_the_standard(value: Any) -> None:
    raw = canonical(value)
    assert raw == rfc8785.dumps(exact(value))
    assert rfc8785.dumps(json.loads(raw)) == raw


@pytest.mark.parametrize(
    "value",
    [
        {"\ue000": 1, "\U0001f600": 2, "b": 3},
        {"n": 1.0, "m": 1e21, "e": 5e-324},
        {"t": '\x00\x1f\x7f\u2028"\\/é😀'},
        {"B": [True, None, -1, 2**53 - 1], "a": {}},
    ],
)
def test_order_fractions_and_controls_follow_the_standard(value: Any) -> None:
    """Twin of the fast way: keys are ordered by UTF-16, fractions are written as ECMAScript does."""
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [(2**53 - 1, 2**53 - 1), (2**53, str(2**53)), (-(2**53), str(-(2**53))), (10**30, "1" + "0" * 30), (True, True)],
)
def test_integers_that_a_double_cannot_hold_are_text(value: Any, told: Any) -> None:
    assert exact({"n": [value]}) == {"n": [told]}


def test_a_commit_binds_the_payload_and_its_salt(alice: Person) -> None:
    with alice.looking():
        (first, commit), (_, other) = (sealed_payload(alice.identity.pk, {"name": "Zoé"}) for _ in range(2))
        opened = unseal(alice.identity.pk, "audit", first)
    assert hashlib.sha256(opened).digest() == commit
    assert orjson.loads(opened[SALT:]) == {"name": "Zoé"}
    assert commit != other, "the salt keeps equal payloads from being recognised"


def test_news_is_small_and_exact() -> None:
    assert event(News("message.created", UUID(int=9), None, {"size": 2**60})) == {
        "kind": "message.created", "id": str(UUID(int=9)), "run": None, "data": {"size": str(2**60)},
    }  # fmt: skip
