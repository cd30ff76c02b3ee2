"""governance/redis/cache: guards are kept there, so a server that is away lets nobody pass."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache

from governance.errors import CacheUnavailable
from tests.cast import PASSWORD, Person
from tests.redis_server import RedisServer

USES: list[Callable[[], Any]] = [
    lambda: cache.add("a", 1),
    lambda: cache.get("a"),
    lambda: cache.set("a", 1),
    lambda: cache.touch("a"),
    lambda: cache.delete("a"),
    lambda: cache.get_many(["a"]),
    lambda: cache.set_many({"a": 1}),
    lambda: cache.delete_many(["a"]),
    lambda: cache.has_key("a"),
    lambda: cache.incr("a"),
    lambda: cache.clear(),
]


def test_what_is_kept_is_found_and_clearing_takes_nothing_of_others(cached: RedisServer) -> None:
    cache.set_many({"a": [1, 2], "b": 2})
    with redis.Redis.from_url(cached.url) as others:
        others.rpush("chenu:1:chenu.jobs", "a message")
        assert cache.get_many(["a", "b"]) == {"a": [1, 2], "b": 2}
        assert (cache.add("a", 3), cache.incr("b"), cache.has_key("c")) == (False, 3, False)
        cache.clear()
        assert (cache.get("a"), others.llen("chenu:1:chenu.jobs")) == (None, 1)


def test_a_server_that_is_gone_is_said_by_every_use_and_its_return_is_noticed_at_once(cached: RedisServer) -> None:
    cache.set("a", 1)
    cached.kill()
    for use in USES:
        with pytest.raises(CacheUnavailable):
            use()
    cached.start()
    assert cache.get("a") is None
    assert cache.add("a", 2) is True


def test_a_server_that_hangs_is_not_waited_for(cached: RedisServer) -> None:
    cache.set("a", 1)
    cached.pause()
    with pytest.raises(CacheUnavailable):
        cache.get("a")
    cached.go_on()
    assert cache.get("a") == 1


def test_what_somebody_else_has_written_there_is_not_run(cached: RedisServer, tmp_path: Path) -> None:
    class Planted:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "run",))

    cache.set("a", 1)
    with redis.Redis.from_url(cached.url) as others:
        (key,) = others.keys("*")
        others.set(key, pickle.dumps(Planted()))
    with pytest.raises(CacheUnavailable):
        cache.get("a")
    assert not (tmp_path / "run").exists()


class TestDoors:
    """What asks the cache is closed while it is away; what does not ask it goes on."""

    def test_nobody_signs_in_unguarded(self, cached: RedisServer, alice: Person, stranger: Any) -> None:
        entered = {"login": alice.email, "password": PASSWORD}
        assert stranger.post("/accounts/login/", {**entered, "password": "wrong"}).status_code == 200
        cached.kill()
        refused = stranger.post("/accounts/login/", entered)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
        assert "sessionid" not in stranger.cookies or "_auth_user_id" not in stranger.session
        assert stranger.get("/accounts/login/").status_code == 200
        cached.start()
        assert stranger.post("/accounts/login/", entered).status_code == 302

    def test_a_program_is_told_in_its_own_form(self, cached: RedisServer, alice: Person, stranger: Any) -> None:
        entered = {"email": alice.email, "password": PASSWORD}
        cached.kill()
        refused = stranger.post("/api/v2/auth/login/", entered, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (503, "cache_unavailable")
        assert refused.headers["Content-Type"] == "application/problem+json"
        cached.start()
        assert stranger.post("/api/v2/auth/login/", entered, content_type="application/json").status_code == 200

    def test_who_is_signed_in_reads_and_writes_on(self, cached: RedisServer, alice: Person) -> None:
        assert alice.browser.get("/home/").status_code == 200
        program = alice.api
        cached.kill()
        assert alice.browser.get("/home/").status_code == 200
        assert program.get("auth/me/").status_code == 200
        assert program.post("threads/", {"title": "Jardin", "sphere": "personal"}).status_code == 201
        cached.start()
