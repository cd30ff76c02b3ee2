"""A real worker: an event leaves with its commit; a worker that is killed in the middle loses none."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from governance.models import Webhook
from governance.perform import perform
from tests.cast import Person
from tests.governance.jobs.conftest import started
from tests.governance.live.processes import eventually
from tests.governance.people.racing import race
from tests.governance.webhooks.conftest import deliver, deliveries, make_hook
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers


def may_reach(receiver: Receiver) -> dict[str, Any]:
    return {"CHENU_WEBHOOK_PRIVATE_HOSTS": f"127.0.0.1:{receiver.port}"}


def test_killed_while_the_receiver_hangs_the_next_one_delivers_everything(
    alice: Person, receiver: Receiver, tmp_path: Path
) -> None:
    _row, secret = make_hook(alice, receiver.url)
    hang = True

    def script(handler: Any, _one: Any) -> None:
        if hang:
            time.sleep(5)
        handler.send_response(204)
        handler.end_headers()

    receiver.script = script
    with started(tmp_path / "first.log", **may_reach(receiver)) as worker:
        with alice.acting():
            for title in ("a", "b", "c"):
                makers.task(title, sphere="personal")
        eventually(lambda: receiver.received)
        worker.kill()
    hang = False
    assert [one.state for one in deliveries(alice)] == ["pending"] * 3
    with started(tmp_path / "second.log", **may_reach(receiver)) as worker:
        eventually(lambda: {one.state for one in deliveries(alice)} == {"delivered"}, within=40)
        worker.stop()  # in order: nothing it had in hand is left to the tests that follow
    assert {one.id for one in receiver.received} == {str(one.event_id) for one in deliveries(alice)}
    assert [one.json["data"]["title"] for one in receiver.received[1:]] == ["a", "b", "c"]
    assert all(signed_by(secret, one) for one in receiver.received)


def test_an_event_leaves_at_once_and_a_refused_one_follows(alice: Person, receiver: Receiver, tmp_path: Path) -> None:
    make_hook(alice, receiver.url)
    receiver.statuses = [503, 204]
    with started(tmp_path / "worker.log", **may_reach(receiver)) as worker:
        with alice.acting():
            makers.task("a", sphere="personal")
        eventually(lambda: receiver.received, within=10)
        eventually(lambda: deliveries(alice)[0].state == "delivered", within=40)
        worker.stop()
    assert [one["status"] for one in deliveries(alice)[0].attempts] == [503, 204]


def test_who_makes_webhooks_at_once_does_not_make_more_than_ten(alice: Person) -> None:
    def make(number: int) -> Any:
        return make_hook(alice, f"https://8.8.8.8/{number}", "task.created")

    results = race(6, make) + race(6, make)
    assert sum(isinstance(result, tuple) for result in results) == 10
    with alice.looking():
        assert Webhook.objects.count() == 10


def test_many_who_change_at_once_lose_no_event(alice: Person, receiver: Receiver, tmp_path: Path) -> None:
    make_hook(alice, receiver.url, "task.created")

    def write(number: int) -> None:
        for step in range(5):
            with alice.acting():
                makers.task(f"{number} {step}", sphere="personal")

    with started(tmp_path / "worker.log", **may_reach(receiver)) as worker:
        assert race(4, write) == [None] * 4
        eventually(lambda: len(receiver.received) == 20, within=40)
        worker.stop()
    assert len({one.id for one in receiver.received}) == 20


def test_who_removes_it_and_who_notes_an_attempt_do_not_wait_for_each_other(alice: Person, receiver: Receiver) -> None:
    receiver.statuses = [500]
    for _ in range(6):
        row, _secret = make_hook(alice, receiver.url, "task.created")
        with alice.acting():
            makers.task("a", sphere="personal")

        def one(number: int, row: Webhook = row) -> None:
            if number:
                deliver(alice, row)
                return
            eventually(lambda: receiver.received)
            with alice.acting():
                perform("governance.webhook.remove", {"webhook": row.pk})

        receiver.received.clear()
        assert race(2, one) == [None, None]
