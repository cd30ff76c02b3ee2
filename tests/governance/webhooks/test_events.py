"""Which events leave, in the commit of what they tell of, and for whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.audit import entries
from governance.errors import BadInput, CheckpointRequired
from governance.models import Job, WebhookDelivery
from governance.perform import perform
from governance.webhooks.events import offered, register_event
from tests.agents.pipeline.runs import QUESTION, SEND, asked
from tests.cast import Api, Person
from tests.governance.webhooks.conftest import deliver, deliveries, make_hook, waiting_jobs
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers

MAIL = {"to": ["paul@example.com"], "subject": "Clé du chalet", "body": "Le code est 4711."}
OFFERED = {
    "agent.execution.completed", "checkpoint.created", "checkpoint.decided", "dataspace.archived",
    "dataspace.created", "dataspace.updated", "payment.awaiting", "payment.cancelled", "payment.ordered",
    "payment.returned", "payment.settled", "task.completed", "task.created",
}  # fmt: skip


def test_only_events_that_have_a_source_are_offered() -> None:
    assert set(offered()) == OFFERED


def test_an_event_is_registered_once() -> None:
    register_event("task.completed", "x", lambda _pk: None)
    with pytest.raises(ValueError, match="twice"):
        register_event("task.completed", "x", lambda _pk: None, kinds=("other.kind",))


def test_a_task_is_told_of_as_the_api_tells_it(hook: Any, alice: Person, receiver: Receiver) -> None:
    row, secret = hook
    with alice.acting():
        task = makers.task("Appeler le notaire", sphere="personal", content="é" * 3000)
    deliver(alice, row)
    (one,) = receiver.received
    shown = alice.api.get(f"tasks/{task.pk}/").json()
    assert one.json["data"] == shown | {"content": "é" * 2000}
    assert one.json.keys() == {"id", "event", "timestamp", "identity_id", "data"}
    assert one.json["event"] == "task.created"
    assert one.json["identity_id"] == str(alice.identity.pk)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one.json["timestamp"])
    assert one.json["id"] == one.id
    assert signed_by(secret, one)
    assert one.headers["content-type"] == "application/json"
    assert not {"cookie", "authorization"} & one.headers.keys()


def test_each_event_of_tasks_and_dataspaces(hook: Any, alice: Person, receiver: Receiver) -> None:
    with alice.acting():
        space = makers.space("Chalet", sphere="personal")
        perform("spheres.dataspace.update", {"dataspace": space.pk, "name": "Le chalet"})
        task = makers.task("Balayer", sphere="personal")
        for complete in (True, True, False):
            perform("spheres.task.complete", {"task": task.pk, "complete": complete})
        perform("spheres.item.update", {"item": task.pk, "version": 3, "status": "complete"})
        perform("spheres.item.update", {"item": task.pk, "version": 4, "title": "Balayé"})
        makers.item("Une note, aucune tâche", sphere="personal")
        perform("spheres.dataspace.archive", {"dataspace": space.pk})
    deliver(alice, hook[0])
    assert receiver.events == [
        "dataspace.created", "dataspace.updated", "task.created", "task.completed", "task.completed",
        "dataspace.archived",
    ]  # fmt: skip
    assert [one.json["data"].get("name") for one in receiver.received][:2] == ["Chalet", "Le chalet"]
    assert receiver.received[3].json["data"]["status"] == "complete"
    assert receiver.received[-1].json["data"]["status"] == "archived"


def test_of_an_approval_nothing_but_that_it_waits(hook: Any, alice: Person, receiver: Receiver) -> None:
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", MAIL)
    shown = stopped.value.checkpoint
    with alice.acting():
        vote = {"checkpoint": shown["id"], "decision": "reject", "envelope_digest": shown["envelope_digest"]}
        perform("governance.checkpoint.decide", vote)
    deliver(alice, hook[0])
    assert receiver.events == ["checkpoint.created", "checkpoint.decided"]
    assert [one.json["data"] for one in receiver.received] == [
        {"id": shown["id"], "kind": "external_communication", "level": "medium", "status": status}
        for status in ("pending", "rejected")
    ]
    assert all(word not in one.body.decode() for one in receiver.received for word in ("4711", "chalet", "paul"))


@pytest.mark.usefixtures("simulator")
def test_a_run_that_ended_without_its_words(alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url, "agent.execution.completed")
    run = asked(alice, QUESTION)
    asked(alice, SEND)  # waits: has not ended
    deliver(alice, row)
    (one,) = receiver.received
    shown = alice.api.get(f"nova/runs/{run.pk}/").json()
    assert one.json["data"] == {name: shown[name] for name in one.json["data"]}
    assert one.json["data"]["status"] == "completed"
    assert not {"text", "result", "checkpoint", "encoding"} & one.json["data"].keys()


def test_only_what_was_chosen_leaves_each_webhook(alice: Person, receiver: Receiver) -> None:
    tasks, _ = make_hook(alice, f"{receiver.url}/tasks", "task.created")
    spaces, _ = make_hook(alice, f"{receiver.url}/spaces", "dataspace.created", "task.created")
    with alice.acting():
        makers.space("Chalet", sphere="personal")
        makers.task("Balayer", sphere="personal")
    assert [one.event for one in deliveries(alice, tasks)] == ["task.created"]
    assert [one.event for one in deliveries(alice, spaces)] == ["dataspace.created", "task.created"]
    same = {one.event_id for one in deliveries(alice) if one.event == "task.created"}
    assert len(same) == 1


def test_nobody_else_s_events(alice: Person, bob: Person, workshop: Any, receiver: Receiver) -> None:
    mine, _ = make_hook(alice, f"{receiver.url}/mine")
    ours, _ = make_hook(alice, f"{receiver.url}/ours", identity=workshop)
    with bob.acting():
        makers.task("À Bob", sphere="personal")
    with bob.acting(workshop):
        makers.task("À l’atelier", sphere="business")
    with alice.acting():
        makers.task("À Alice", sphere="personal")
    deliver(alice, mine)
    deliver(alice, ours, identity=workshop)
    told = {one.path: one.json["data"]["title"] for one in receiver.received}
    assert told == {"/mine": "À Alice", "/ours": "À l’atelier"}
    assert {one.json["identity_id"] for one in receiver.received} == {str(alice.identity.pk), str(workshop.pk)}


def test_what_is_rolled_back_tells_nobody(hook: Any, alice: Person) -> None:
    with alice.acting(), pytest.raises(BadInput):
        perform("spheres.task.create", {"title": "x", "sphere": "personal", "assignee": alice.identity.pk})
    assert (deliveries(alice), waiting_jobs(hook[0])) == ([], [])


@pytest.mark.parametrize("enabled", [True, False])
def test_a_paused_one_is_told_nothing(hook: Any, enabled: bool, alice: Person) -> None:
    with alice.acting():
        perform("governance.webhook.update", {"webhook": hook[0].pk, "enabled": enabled})
        makers.task("Balayer", sphere="personal")
    assert len(deliveries(alice)) == enabled


def test_many_changes_make_one_job(hook: Any, alice: Person) -> None:
    with alice.acting():
        for number in range(60):  # more than may wait as ordinary jobs
            makers.task(f"Tâche {number}", sphere="personal")
    assert len(deliveries(alice)) == 60
    assert len(waiting_jobs(hook[0])) == 1
    assert Job.objects.get(pk=waiting_jobs(hook[0])[0].pk).person_id == alice.user.pk


def sent(person: Person, title: str) -> list[str]:
    with person.acting():
        makers.task(title, sphere="personal")
        with CaptureQueriesContext(connection) as seen:
            makers.task(title, sphere="personal")
    return [re.sub(r"'[^']*'", "?", query["sql"])[:60] for query in seen]


def test_who_has_no_webhook_sends_not_one_message_more(
    alice: Person, bob: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = sent(alice, "Balayer")
    monkeypatch.setattr(entries, "WITH_NEWS", entries.APPEND.format(heard="%s::uuid IS NULL"))
    before = sent(alice, "Balayer")
    monkeypatch.undo()
    assert len(now) == len(before)
    make_hook(bob, receiver.url, "dataspace.created")
    assert len(sent(bob, "Balayer")) == len(now) + 1  # which events, is asked of those who have one


def test_a_webhook_changes_nothing_about_the_answer(hook: Any, alice: Person) -> None:
    answer = Api(alice.user).post("tasks/", {"title": "Balayer", "sphere": "personal"}, HTTP_IDEMPOTENCY_KEY="a" * 20)
    same = Api(alice.user).post("tasks/", {"title": "Balayer", "sphere": "personal"}, HTTP_IDEMPOTENCY_KEY="a" * 20)
    assert (answer.status_code, same.status_code) == (201, 201)
    assert same.json() == answer.json()
    with alice.looking():
        assert WebhookDelivery.objects.count() == 1
