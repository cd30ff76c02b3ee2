"""Whatever is sent to any URL that takes something: an answer or a clear refusal, never a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from governance.access.public import is_for_programs
from governance.perform import perform
from tests.cast import Person
from tests.isolation.case import NAME, Case
from tests.isolation.test_matrix import visitor
from tests.isolation.urls import all_cases

pytestmark = pytest.mark.security

FOREIGN = "11111111-1111-7111-8111-111111111111"
TEXTS: list[Any] = [
    "", "\x00", "a\x00b", "\u202e", "9" * 30, "-1", "1e400", "NaN", "9999-12-31", "0001-01-01",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", FOREIGN, "sphere:",
    f"identity:{FOREIGN}", "٣", "x" * 200_000,
]  # fmt: skip
OTHERS: list[Any] = [None, True, [], {}, [[]], [None], {"a": {"b": [10**40]}}, 10**40, -(10**40), 2**63, 1.5, "\ud800"]
# Who sends these is refused at the door or signed out; none of them takes what a form or an action takes.
SPARED = {"api-logout", "account_logout"}
SENDS = [
    (case, method)
    for case in all_cases()
    for method in case.methods
    if method in {"POST", "PATCH", "PUT"} and not case.public and not case.staff and case.name not in SPARED
]


def hostile(body: dict[str, Any], for_programs: bool) -> Iterator[dict[str, Any]]:
    """The body with each part in turn replaced, and with one that nobody asked for."""
    values = TEXTS + (OTHERS if for_programs else [])
    for name in body:
        yield from ({**body, name: value} for value in values)
    yield from ({**body, "version": value} for value in values if "version" not in body)
    yield {}


@pytest.mark.parametrize(("case", "method"), SENDS, ids=[f"{case.name} {method}" for case, method in SENDS])
def test_nothing_that_is_sent_is_a_fault_of_ours(case: Case, method: str, alice: Person, settings: Any) -> None:
    settings.STEP_UP_SECONDS = 24 * 3600
    with alice.acting():
        perform("governance.person.update", {"display_name": NAME})  # the mark holds the name she has
    kwargs = case.make(alice)
    path = reverse(case.name, kwargs=kwargs)
    asks = visitor(alice, alice.identity)
    asks.browser.raise_request_exception = False
    body = case.sent(alice, kwargs)
    for sent in hostile(body, is_for_programs(path)):
        raw: Any = json.dumps(sent).encode() if is_for_programs(path) else sent
        answer = asks.ask(method, path, raw)
        assert answer.status_code < 500, (path, {name: str(value)[:60] for name, value in sent.items()})
