"""A viewer of an identity: every page and API of the site × what may change something (design 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from governance.access.public import is_for_programs
from governance.models import Membership
from tests.cast import Person, make_person
from tests.isolation import cases_governance as governance
from tests.isolation.case import MARK, Case, code_of
from tests.isolation.test_matrix import NAMES, SEALED, Stage, text_of, visitor
from tests.isolation.urls import all_cases

pytestmark = pytest.mark.security

# What is a person's own: their session, their look, the identities they act for.
OWN_AFFAIRS = {
    "account-delete",
    "account-keep",
    "api-auth-me-erase",
    "api-auth-identities",
    "api-auth-identity-activate",
    "api-auth-identity-restore",
    "api-auth-join",
    "api-auth-logout",
    "api-auth-me",
    "api-notification-read",
    "api-notification-unread",
    "api-notifications-read-all",
    "api-notifications-undo",
    "notification-read",
    "notification-unread",
    "notifications-read-all",
    "notifications-undo",
    "people:identity-activate",
    "people:identity-list",
    "people:identity-restore",
    "people:theme",
    "team-leave",
}
# Reads that are asked by POST, and addresses whose other method is covered by a line of its own.
READS = {"api-search", "api-statements", "statement-csv", "statement-pdf"}
UNSAFE = [
    (case, method)
    for case, method in SEALED
    if method != "GET" and not case.of_person and not case.staff and case.name not in OWN_AFFAIRS | READS
]
PREVIEWS = (governance.traces, governance.a_checkpoint, governance.an_entry)
TOLD = [case for case in governance.CASES if case.make in PREVIEWS and "GET" in case.methods]
_house: list[tuple[Stage, Person]] = []


@pytest.fixture
def house(db: None) -> tuple[Stage, Person]:
    """Alice's workshop, full of her objects, and a viewer of it."""
    if not _house:
        stage = Stage()
        workshop = stage.workshop
        stage.alice = Person(stage.alice.user, workshop)
        other, viewer = make_person("Victor"), make_person("Vera")
        for who in (other, viewer):  # the first is whom the URLs of members name
            Membership.objects.create(user=who.user, identity=workshop, role="viewer")
        _house.append((stage, viewer))
    return _house[0]


def ask(house: tuple[Stage, Person], case: Case, method: str) -> Any:
    stage, viewer = house
    path, body = stage.target(case, method)
    return path, visitor(viewer, stage.alice.identity).ask(method, path, body)


@pytest.mark.parametrize(("case", "method"), UNSAFE, ids=[f"{case.name} {method}" for case, method in UNSAFE])
def test_a_viewer_changes_nothing(case: Case, method: str, house: tuple[Stage, Person]) -> None:
    path, answer = ask(house, case, method)
    assert answer.status_code == 403, text_of(answer)[:500]
    if is_for_programs(path):
        assert code_of(answer) == "not_allowed"


@pytest.mark.parametrize("case", TOLD, ids=[case.name for case in TOLD])
def test_a_viewer_sees_that_something_waits_but_not_what(case: Case, house: tuple[Stage, Person]) -> None:
    _, answer = ask(house, case, "GET")
    assert answer.status_code in {200, 403}
    assert MARK not in text_of(answer)


def test_a_member_does_see_it(house: tuple[Stage, Person]) -> None:
    """Twin: the mark is there for whoever may decide."""
    stage, _ = house
    case = next(case for case in TOLD if case.name == "approval-detail")
    path, body = stage.target(case, "GET")
    assert MARK in text_of(visitor(stage.alice, stage.alice.identity).ask("GET", path, body))


def test_every_exception_is_an_address_of_the_site() -> None:
    assert {case.name for case in all_cases()} >= OWN_AFFAIRS | READS
    assert len(UNSAFE) > len(NAMES) // 4
