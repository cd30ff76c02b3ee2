"""M5 at the door: refused with the seconds to wait, told before it hurts (limits/door.py)."""

from __future__ import annotations

import pytest

from governance.limits import kinds
from governance.limits.taking import Limit
from tests.spheres import makers

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def few(settings, monkeypatch):
    """Two of everything."""
    settings.LIMITS_SCALE = 1
    for name in ("READ", "WRITE"):
        monkeypatch.setattr(kinds, name, Limit(getattr(kinds, name).name, 2))
    monkeypatch.setattr(kinds, "_told", [(Limit(limit.name, 2), pattern) for limit, pattern in kinds._told])


def test_every_answer_says_what_is_left(alice, settings):
    settings.LIMITS_SCALE = 1
    answer = alice.api.get("spheres/")
    assert answer.headers["RateLimit-Policy"] == '"read";q=1000;w=60'
    assert answer.headers["RateLimit"] == '"read";r=999;t=61'


def test_one_too_many_is_a_429_with_the_seconds_to_wait_and_changes_nothing(alice, few):
    for _ in range(2):
        assert alice.api.post("captures/", {"content": "Vite", "sphere": "personal"}).status_code == 201
    refused = alice.api.post("captures/", {"content": "Trop vite", "sphere": "personal"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 59 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["RateLimit"].startswith('"write";r=0;')
    found = alice.api.get("captures/").json()["results"]
    assert [capture["content"] for capture in found] == ["Vite", "Vite"]


def test_reading_and_writing_are_counted_apart_and_each_person_for_themselves(alice, bob, few):
    for _ in range(2):
        assert alice.api.get("spheres/").status_code == 200
    assert alice.api.get("spheres/").status_code == 429
    assert alice.api.post("captures/", {"content": "Encore", "sphere": "personal"}).status_code == 201
    assert bob.api.get("spheres/").status_code == 200


def test_a_page_says_it_in_the_readers_language(alice, few):
    for _ in range(2):
        alice.browser.get("/s/")
    refused = alice.browser.get("/s/")
    assert refused.status_code == 429
    assert "Trop à la fois" in refused.content.decode()


def test_secrets_are_tried_by_address(client, few):
    body = '{"email": "nobody@example.com", "password": "guess"}'
    url = "/api/v2/auth/login/"
    for _ in range(2):
        assert client.post(url, body, "application/json", REMOTE_ADDR="192.0.2.77").status_code == 401
    assert client.post(url, body, "application/json", REMOTE_ADDR="192.0.2.77").status_code == 429
    assert client.post(url, body, "application/json", REMOTE_ADDR="192.0.2.78").status_code == 401


def test_tokens_are_guessed_by_address_as_often_as_passwords(client, alice, settings):
    settings.LIMITS_SCALE = 1
    wrong = {"REMOTE_ADDR": "192.0.2.81", "HTTP_AUTHORIZATION": "Bearer not-a-token"}
    codes = [client.get("/api/v2/spheres/", **wrong).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert client.get("/api/v2/spheres/", **wrong | {"REMOTE_ADDR": "192.0.2.82"}).status_code == 401
    assert alice.api.get("spheres/").status_code == 200


def test_whom_the_door_does_not_let_in_is_counted_by_address(client, few):
    asked = {"path": "/home/", "REMOTE_ADDR": "192.0.2.83"}
    assert [client.get(**asked).status_code for _ in range(3)] == [302, 302, 429]
    assert client.get("/home/", REMOTE_ADDR="192.0.2.84").status_code == 302


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_supervisor_may_ask_as_often_as_it_likes(client, few, path):
    for _ in range(4):
        answer = client.get(path, REMOTE_ADDR="192.0.2.90")
        assert answer.status_code != 429
        assert "RateLimit" not in answer.headers


KINDS = [
    ("POST", "/api/v2/auth/login/", "auth"),
    ("POST", "/api/v2/auth/login", "auth"),
    ("POST", "/api/v2/auth/password/reset/", "auth"),
    ("POST", "/accounts/login/", "auth"),
    ("POST", "/accounts/logout/", "write"),
    ("PATCH", "/api/v2/auth/me/", "write"),
    ("POST", "/api/v2/auth/identities/", "write"),
    ("POST", "/api/v2/nova/query/", "execution"),
    ("POST", "/t/0199f0c2-0000-7000-8000-000000000000/ask/", "execution"),
    ("POST", "/s/personal/ask/", "execution"),
    ("POST", "/api/v2/nova/runs/0199f0c2-0000-7000-8000-000000000000/cancel/", "write"),
    ("GET", "/api/v2/auth/me/", "read"),
    ("GET", "/accounts/login/", "read"),
    ("DELETE", "/api/v2/items/0199f0c2-0000-7000-8000-000000000000/", "write"),
]


@pytest.mark.parametrize(("method", "path", "name"), KINDS)
def test_each_request_has_its_limit(rf, method, path, name):
    assert kinds.limit_of(rf.generic(method, path)).name == name


def test_a_burst_from_a_tool_of_the_same_person_is_not_counted_at_the_door(alice, few):
    with alice.acting():
        for _ in range(4):
            makers.capture()
