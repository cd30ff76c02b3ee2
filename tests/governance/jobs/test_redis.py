"""With Redis: the worker claims, `celery -A chenu worker` executes; the rows stay the truth."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from governance.models import Job, WorkerBeat
from tests.governance.jobs.conftest import KINDS, all_done, states
from tests.governance.jobs.kinds import effects
from tests.governance.live.processes import claimer, eventually, executor, forget_waiting
from tests.redis_server import PROGRAM, RedisServer

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
AWAY = "the broker does not answer"


@pytest.fixture
def server(tmp_path):
    """A running Redis of this test's own, to be killed and started again."""
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.kill()


@pytest.fixture
def start(db, tmp_path, server):
    """`start.claimer()`, `start.executor()`: processes that speak with the test's Redis."""
    forget_waiting()
    started = []

    class Start:
        def claimer(self):
            started.append(claimer(tmp_path / f"claimer{len(started)}.log", *KINDS, REDIS_URL=server.url))
            return started[-1]

        def executor(self, **more):
            more = {"REDIS_URL": server.url, **more}
            started.append(executor(tmp_path / f"executor{len(started)}.log", **more))
            return started[-1]

    yield Start()
    for each in started:
        each.kill()


def keys(server: RedisServer, pattern: str) -> list[str]:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        return sorted(client.scan_iter(pattern))


def sent(server: RedisServer) -> set[str]:
    """The ids of the jobs whose messages wait in Redis; the schedule's are there, too."""
    with redis.Redis.from_url(server.url) as client:
        messages = [raw for key in client.scan_iter("chenu:*:chenu.jobs") for raw in client.lrange(key, 0, -1)]
    return {json.loads(b64decode(json.loads(raw)["body"]))[0][0] for raw in messages}


def are_sent(server: RedisServer, jobs: list[Job]) -> bool:
    return {str(job.pk) for job in jobs} <= sent(server)


def test_a_killed_executor_and_a_lost_redis_lose_no_job(start, server, put, alice):
    claiming = start.claimer()
    executing = start.executor()
    jobs = [put(alice, "tests.slow") for _ in range(4)]
    eventually(lambda: "running" in states(jobs), within=90)
    executing.kill()
    start.executor()
    eventually(lambda: all_done(jobs), within=150)
    assert all("done" in effects(job.object_id) for job in jobs)
    server.kill()
    eventually(lambda: AWAY in claiming.log(), within=30)
    late = put(alice, "tests.write")
    server.start()
    eventually(lambda: all_done([late]), within=50)
    assert len(effects(late.object_id)) == 1
    assert claiming.log().count(AWAY) == 1
    assert not claiming.ended()


def test_a_redis_lost_while_jobs_run_is_nothing_to_them(start, server, put, alice):
    start.claimer()
    executing = start.executor()
    jobs = [put(alice, "tests.slow") for _ in range(3)]
    eventually(lambda: all(effects(job.object_id) for job in jobs), within=90)
    server.kill()
    eventually(lambda: all_done(jobs), within=30)
    assert [effects(job.object_id) for job in jobs] == [["begun", "done"]] * 3
    eventually(lambda: AWAY in executing.log(), within=30)
    assert executing.log().count(AWAY) == len(executing.log().splitlines()) == 1, executing.log()


def test_what_waits_in_a_redis_that_forgets_is_sent_again_before_its_lease_ends(start, server, put, alice):
    start.claimer()
    jobs = [put(alice, "tests.write") for _ in range(3)]
    eventually(lambda: are_sent(server, jobs), within=30)
    server.kill()
    server.start()
    start.executor()
    eventually(lambda: all_done(jobs), within=50)
    assert [len(effects(job.object_id)) for job in jobs] == [1, 1, 1]


def test_a_claimer_that_starts_again_sends_what_nobody_has_begun(start, server, put, alice):
    first = start.claimer()
    (job,) = jobs = [put(alice, "tests.write")]
    eventually(lambda: are_sent(server, jobs), within=30)
    first.kill()
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    start.claimer()
    start.executor()
    eventually(lambda: all_done(jobs), within=50)
    assert len(effects(job.object_id)) == 1


def test_nothing_is_sent_while_nobody_reads(start, server, put, alice):
    """A lease ends after a minute and its job is sent again: without an end to that, Redis would fill up overnight."""
    start.claimer()
    (binding,) = eventually(lambda: _binding_after_one_job(server, put, alice), within=30)
    key = binding.replace("_kombu.binding.", "")
    with redis.Redis.from_url(server.url) as client:
        client.rpush(key, *["{}"] * 100)
        job = put(alice, "tests.write")
        beat = timezone.now()
        eventually(lambda: WorkerBeat.objects.filter(seen_at__gt=beat + timedelta(seconds=4)).exists(), within=20)
        assert states([job]) == ["pending"]
        client.delete(key)
    eventually(lambda: states([job]) == ["queued"], within=30)


def _binding_after_one_job(server, put, alice):
    if not Job.objects.filter(identity_id=alice.identity.pk).exists():
        put(alice, "tests.write")
    return keys(server, "*_kombu.binding.chenu.jobs")


def test_a_redis_that_hangs_holds_nothing_else_up(start, server, put, alice):
    claiming = start.claimer()
    start.executor()
    job = put(alice, "tests.write")
    eventually(lambda: all_done([job]), within=90)
    server.pause()
    late = put(alice, "tests.write")
    eventually(lambda: AWAY in claiming.log(), within=30)
    beat = timezone.now()
    eventually(lambda: WorkerBeat.objects.filter(seen_at__gt=beat + timedelta(seconds=2)).exists(), within=20)
    server.go_on()
    eventually(lambda: all_done([late]), within=30)
    assert len(effects(late.object_id)) == 1


def test_a_stopped_executor_finishes_what_is_short_and_gives_back_the_rest(start, put, alice):
    start.claimer()
    executing = start.executor()
    short, endless = put(alice, "tests.slow"), put(alice, "tests.endless")
    eventually(lambda: effects(short.object_id) and effects(endless.object_id), within=90)
    assert executing.stop() == 0
    assert states([short])[0] == "done"
    endless.refresh_from_db()
    assert (endless.state in {"pending", "queued"}, endless.tries) == (True, 0)
    Job.objects.filter(pk=endless.pk).update(state="dead")


def test_two_installations_may_share_a_redis(start, server, put, alice):
    """Without a name of its own each would take the other's messages, and find no such job."""
    start.claimer()
    job = put(alice, "tests.write")
    eventually(lambda: are_sent(server, [job]), within=30)
    start.executor(CHENU_MASTER_KEY="of another installation, long enough")
    eventually(lambda: len(keys(server, "*_kombu.binding.chenu.jobs")) == 2, within=60)
    assert are_sent(server, [job])
    assert states([job]) == ["queued"]
