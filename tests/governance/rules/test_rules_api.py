"""`/api/v2/governance/rules/`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import Person, make_person, make_workshop
from tests.governance.access.doors import call, sign_in
from tests.governance.access.test_stepup import program_later
from tests.governance.rules.writing import CONTENT, make_task


class Program:
    def __init__(self, person: Person, identity: Any = None) -> None:
        self.token = sign_in(person)["access"]
        self.more = {"HTTP_X_IDENTITY_ID": str(identity.pk)} if identity else {}

    def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        where = path.removeprefix("../") if path.startswith("../") else f"rules/{path}"
        return call(method, f"governance/{where}", body, token=self.token, **self.more)


@pytest.fixture
def program(alice: Person) -> Program:
    return Program(alice)


def test_one_life_of_a_rule(program: Program, alice: Person) -> None:
    made = program.ask("POST", body=CONTENT)
    assert made.status_code == 201, made.content
    made = made.json()
    assert (made["state"], made["version"], made["draft"]["effect"]) == ("draft", 0, "deny")
    one = f"{made['id']}/"
    assert program.ask("GET", one).json() == made
    assert program.ask("GET").json()["results"] == [made]
    assert program.ask("POST", f"{one}publish/", {"draft_of": 0}).json()["state"] == "published"
    changed = program.ask("PATCH", one, {"effect": "log"}).json()
    assert (changed["effect"], changed["draft"]["effect"]) == ("deny", "log")
    assert program.ask("POST", f"{one}publish/", {"draft_of": 0}).status_code == 409
    assert program.ask("POST", f"{one}publish/", {}).json()["version"] == 2
    assert [each["version"] for each in program.ask("GET", f"{one}versions/").json()["results"]] == [2, 1]
    assert program.ask("POST", f"{one}restore/", {"version": 1}).json()["draft"]["effect"] == "deny"
    assert program.ask("POST", f"{one}restore/", {"version": 7}).status_code == 404
    assert program.ask("POST", f"{one}disable/").json()["state"] == "disabled"
    assert program.ask("DELETE", one).status_code == 204
    assert program.ask("GET").json()["results"] == []
    assert program.ask("GET", one).json()["state"] == "removed"


def test_what_is_wrong_is_a_problem_with_its_field(program: Program) -> None:
    wrong = CONTENT | {"conditions": [{"key": "hour", "op": "eq", "value": 2**70}]}
    answer = program.ask("POST", body=json.dumps(wrong).encode())
    assert answer.status_code == 400
    assert "conditions.0.value" in answer.json()["errors"]
    for body in ([], "x", {"name": "a"}, CONTENT | {"enabled": True}, CONTENT | {"conditions": {"a": 1}}):
        assert program.ask("POST", body=body).status_code == 400


def test_the_installations_rules_are_told(program: Program) -> None:
    found = program.ask("GET", "system/").json()["results"]
    assert {"system.identity_boundary", "default.large_request"} <= {each["code"] for each in found}


def test_force_needs_a_recent_proof(program: Program, alice: Person) -> None:
    row = program.ask("POST", body=CONTENT).json()
    program_later(program.token, 601)
    for method, what in (("POST", "publish/"), ("POST", "disable/"), ("DELETE", "")):
        answer = program.ask(method, f"{row['id']}/{what}", {} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert make_task(alice)


def test_members_read_and_do_not_write(alice: Person) -> None:
    bob = make_person("Bob")
    workshop = make_workshop(alice, bob)
    row = Program(alice, workshop).ask("POST", body=CONTENT).json()
    program = Program(bob, workshop)
    assert program.ask("GET", f"{row['id']}/").status_code == 200
    assert program.ask("POST", body=CONTENT | {"name": "B"}).status_code == 403
    assert program.ask("POST", f"{row['id']}/publish/", {}).status_code == 403
