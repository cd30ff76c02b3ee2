"""Whatever is sent to what governs: an answer or a clear refusal, never a fault of ours."""

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
    "\x00", "9" * 30, "-1", "9999-12-31", "0001-01-01T00:00:00+14:00", FOREIGN, f"identity:{FOREIGN}", "x" * 200_000,
]  # fmt: skip
OTHERS: list[Any] = [None, [None], {"a": {"b": [10**40]}}, 10**40, "\ud800"]
PAGES = ("order", "paying-account", "memory-", "transfer-", "kill", "approval-batch", "audit-export", "laws")
PROGRAMS = ("api-order", "api-paying", "api-memor", "api-transfer", "api-kill", "api-checkpoint-batch", "api-audit")
SENDS = [
    (case, method)
    for case in all_cases()
    for method in case.methods
    if method in {"POST", "PATCH", "PUT"} and case.name.startswith(PAGES + PROGRAMS)
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


@pytest.mark.parametrize(
    "case", [case for case, _method in SENDS if case.name.startswith(PAGES)], ids=lambda case: case.name
)
def test_no_page_takes_a_form_from_elsewhere(case: Case, alice: Person, settings: Any) -> None:
    """The session is there and it is the right one; the token of the form is not."""
    settings.STEP_UP_SECONDS = 24 * 3600
    with alice.acting():
        perform("governance.person.update", {"display_name": NAME})
    kwargs = case.make(alice)
    asks = visitor(alice, alice.identity)
    asks.browser.handler.enforce_csrf_checks = True
    sent = asks.ask("POST", reverse(case.name, kwargs=kwargs), case.sent(alice, kwargs))
    assert sent.status_code == 403
