"""`Idempotency-Key`: the same request twice has one effect and one answer (design 4.1)."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import pytest

from governance.errors import BadInput
from governance.models import IdempotencyRecord as Record
from governance.models import Identity
from governance.registry.idempotency import Key
from tests.cast import Api, Person
from tests.governance.acts import entries_of
from tests.governance.isolation.walls import superuser
from tests.governance.people.racing import race

PATH = "auth/identities/"


def asked(name: str = "Studio") -> dict[str, str]:
    return {"kind": "creative", "name": name}


def made(person: Person) -> int:
    return Identity.objects.filter(owner=person.user, kind="creative").count()


@pytest.fixture
def key() -> str:
    return token_hex(16)


def post(person: Person, key: str, body: dict[str, Any], path: str = PATH, **extra: Any) -> Any:
    return person.api.post(path, body, HTTP_IDEMPOTENCY_KEY=key, **extra)


def test_the_same_request_twice_is_done_once_and_answered_alike(alice: Person, key: str) -> None:
    first = post(alice, key, asked())
    before = len(entries_of(alice))
    second = post(alice, key, asked())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert made(alice) == 1
    assert len(entries_of(alice)) == before


def test_the_order_of_the_fields_does_not_matter(alice: Person, key: str) -> None:
    body = asked()
    assert post(alice, key, body).json() == post(alice, key, dict(reversed(body.items()))).json()


def test_another_body_under_the_same_key_is_422(alice: Person, key: str) -> None:
    post(alice, key, asked())
    answer = post(alice, key, asked("Another"))
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert made(alice) == 1


def test_another_key_is_another_request(alice: Person, key: str) -> None:
    assert post(alice, key, asked("A")).status_code == 201
    assert post(alice, key[::-1], asked("B")).status_code == 201
    assert made(alice) == 2


def test_a_refusal_is_not_kept(alice: Person, key: str) -> None:
    assert post(alice, key, asked() | {"kind": "guild"}).status_code == 400
    assert post(alice, key, asked() | {"kind": "personal"}).status_code == 409
    assert post(alice, key, asked()).status_code == 201
    with alice.looking():
        assert Record.objects.count() == 1


def test_a_key_is_one_persons_own(alice: Person, charlie: Person, key: str) -> None:
    first, second = post(alice, key, asked()), post(charlie, key, asked())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_key_of_two_members_of_one_identity_is_two_keys(alice: Person, bob: Person, workshop: Any, key: str) -> None:
    answers = [Api(person.user, workshop).post(PATH, asked(), HTTP_IDEMPOTENCY_KEY=key) for person in (alice, bob)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_a_key_counts_for_one_path_and_one_method(alice: Person, key: str) -> None:
    assert post(alice, key, asked()).status_code == 201
    answer = alice.api.patch("auth/me/", {"theme": "dark"}, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.json()["theme"]) == (200, "dark")


def test_a_request_whose_first_is_still_running_is_409(alice: Person, key: str) -> None:
    with alice.acting():
        scope = Key.of_request(key, "POST", f"/api/v2/{PATH}", asked()).scope
    with superuser(autocommit=False) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [scope])
        answer = post(alice, key, asked())
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
        assert made(alice) == 0
        other.rollback()
    assert post(alice, key, asked()).status_code == 201


def test_eight_at_once_under_one_key_have_one_effect(alice: Person, key: str) -> None:
    api = alice.api
    answers = race(8, lambda _: api.post(PATH, asked(), HTTP_IDEMPOTENCY_KEY=key))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert all(answer.json()["code"] == "idempotency_in_flight" for answer in answers if answer.status_code == 409)
    assert made(alice) == 1


@pytest.mark.parametrize("value", ["short", "x" * 15, "x" * 256, "é" * 20, "tab\there and more text", "", " " * 3])
def test_an_unusable_key_is_400(value: str, alice: Person) -> None:
    answer = post(alice, value, asked())
    if value == "":
        assert answer.status_code == 201, "an empty header is no key"
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert made(alice) == 0


def test_the_kept_answer_is_sealed(alice: Person, key: str) -> None:
    post(alice, key, asked("Studio Nord"))
    with alice.looking():
        record = Record.objects.get()
    assert b"Studio" not in bytes(record.answer)
    assert key not in f"{record.scope}{record.fingerprint}"
    assert record.status == 201


@pytest.mark.parametrize("body", [{"n": 10**40}, {"t": "\ud800"}, {"\udfff": [1.5, None, {"a": []}]}])
def test_any_json_has_a_fingerprint(body: dict[str, Any], alice: Person, key: str) -> None:
    with alice.acting():
        first, second = (Key.of_request(key, "POST", "/x/", body) for _ in range(2))
        assert first == second
        assert first.fingerprint != Key.of_request(key, "POST", "/x/", {}).fingerprint
        with pytest.raises(BadInput):
            Key.of_request("x", "POST", "/x/", body)
