"""agents/pipeline/api: the pipeline for programs, in its pinned shapes (design 6.2, 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from agents.models import Run
from governance.models import Violation
from governance.perform import perform
from tests.agents.pipeline.runs import QUESTION, SECRET, SEND, UNCLEAR, asked, decided, started, worked
from tests.cast import Person
from tests.governance.live.processes import Running, forget_waiting
from tests.governance.live.processes import worker as worker_processes

pytestmark = pytest.mark.usefixtures("simulator")

ASYNC = {"HTTP_PREFER": "respond-async", "HTTP_ACCEPT_LANGUAGE": "en"}
ASK = {"text": QUESTION, "sphere": "personal"}
SEVEN = [
    ("A", "Intent analysis"),
    ("B", "Context snapshot"),
    ("C", "Semantic encoding"),
    ("D", "Governance check"),
    ("E", "Checkpoint"),
    ("F", "Agent execution"),
    ("G", "Audit and tracking"),
]


def query(person: Person, body: dict[str, Any], key: str = "", status: int = 202) -> dict[str, Any]:
    """Asks without waiting; the answer's body."""
    more = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    answer = person.api.post("nova/query/", body, **ASYNC, **more)
    assert answer.status_code == status, answer.content
    return answer.json()


def run_of(person: Person, run_id: str) -> Run:
    with person.looking():
        return Run.objects.get(pk=UUID(run_id))


def read(person: Person, run_id: Any, path: str = "nova/runs") -> dict[str, Any]:
    answer = person.api.get(f"{path}/{run_id}/")
    assert answer.status_code == 200
    return answer.json()


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


# --- Asking --------------------------------------------------------------------------------------------
def test_an_accepted_query_has_every_field_and_seven_lanes(alice: Person) -> None:
    body = query(alice, ASK)
    assert {
        "id", "status", "intent", "encoding", "lanes", "estimate", "usage", "result", "checkpoint", "thread", "sphere",
    } <= body.keys()  # fmt: skip
    assert body["status"] == "pending"
    assert body["intent"].keys() == {"type", "effect", "confidence"}
    assert body["encoding"]["fields"]["ACT"] == "EXT"
    assert [(lane["lane"], lane["name"]) for lane in body["lanes"]] == SEVEN
    assert [lane["status"] for lane in body["lanes"]] == [*["completed"] * 4, "skipped", "pending", "pending"]
    assert body["estimate"].keys() == {"expected", "worst_case", "cost_pico_usd"}
    assert {"input_tokens", "output_tokens", "cost_pico_usd"} <= body["usage"].keys()
    assert body["result"] == {"text": "", "message_id": None, "artefacts": []}


def test_a_finished_run_tells_its_result_and_what_it_used(alice: Person) -> None:
    body = query(alice, ASK)
    worked(alice, run_of(alice, body["id"]))
    done = read(alice, body["id"])
    assert done == read(alice, body["id"], "nova/status")
    assert (done["status"], bool(done["result"]["text"]), bool(done["result"]["message_id"])) == (
        "completed",
        True,
        True,
    )
    assert done["usage"]["cost_pico_usd"] > 0
    assert {lane["status"] for lane in done["lanes"]} == {"completed", "skipped"}


def test_query_is_another_name_of_text_but_not_both(alice: Person) -> None:
    body = query(alice, {"query": QUESTION, "sphere": "personal"})
    assert body["text"] == QUESTION
    assert refused(alice.api.post("nova/query/", ASK | {"query": QUESTION})) == (400, "invalid")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "a\x00b"}, None),
        ({"sphere": "kitchen"}, "sphere"),
        ({"sphere": None}, "sphere"),
        ({"thread": "not-an-id"}, "thread"),
        ({"agent": "somebody"}, "agent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_understood_is_a_400_naming_the_field(alice: Person, changes: dict, field: str | None) -> None:
    answer = alice.api.post("nova/query/", ASK | changes)
    assert refused(answer) == (400, "invalid")
    assert field is None or field in answer.json()["errors"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"text": NaN}', b'{"text": "a", "text": "b"}'])
def test_what_is_no_json_object_is_a_400(alice: Person, body: bytes) -> None:
    assert refused(alice.api.post("nova/query/", body)) == (400, "invalid")


def test_nobody_asks_without_a_name() -> None:
    from tests.cast import Api

    answer = Api(None).post("nova/query/", ASK)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_thread_of_another_sphere_is_a_mismatch_and_starts_nothing(alice: Person) -> None:
    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Bail", "sphere": "business"})
    assert refused(alice.api.post("nova/query/", ASK | {"thread": str(thread.pk)})) == (422, "sphere_mismatch")
    assert alice.api.get("nova/runs/").json()["results"] == []


def test_an_encoding_that_breaks_a_rule_is_named(alice: Person) -> None:
    answer = alice.api.post("nova/query/", ASK | {"encoding": "ACT:DEC SRC:WS SCOPE:LOCK MODE:NONE"})
    assert refused(answer) == (422, "invalid_encoding")
    assert len(answer.json()["errors"]["encoding"]) == 1


def test_an_encoding_of_ones_own_is_taken(alice: Person) -> None:
    written = "ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA FOCUS:FACT+NEXT OUT:MD LEN:S TRACE:1"
    encoding = query(alice, ASK | {"encoding": written})["encoding"]
    assert (encoding["text"], encoding["fields"]["FOCUS"]) == (written, ["FACT", "NEXT"])
    assert encoding["score"] >= 90


def test_somebody_elses_thread_is_refused_before_the_body_is_looked_at(alice: Person, charlie: Person) -> None:
    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Bail", "sphere": "personal"})
    for body in ({"thread": str(thread.pk)}, ASK | {"thread": str(thread.pk)}):
        assert refused(charlie.api.post("nova/query/", body)) == (403, "identity_boundary_violation")
    with charlie.looking():
        assert Violation.objects.count() == 2
        assert Run.objects.count() == 0


def test_another_identity_in_the_body_is_a_violation(alice: Person, charlie: Person) -> None:
    spoofed = ASK | {"identity_id": str(alice.identity.pk)}
    assert refused(charlie.api.post("nova/query/", spoofed)) == (403, "identity_boundary_violation")
    with charlie.looking():
        assert Violation.objects.get().kind == "spoofed_identity"
    assert query(alice, spoofed)["status"] == "pending"


def test_the_sixth_run_at_once_is_told_to_wait(alice: Person) -> None:
    for _ in range(5):
        query(alice, ASK)
    answer = alice.api.post("nova/query/", ASK, **ASYNC)
    assert refused(answer) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0


# --- The same query again ------------------------------------------------------------------------------
def test_the_same_key_gives_the_same_run_in_its_present_state(alice: Person) -> None:
    key = f"key-{uuid7()}"
    first = query(alice, ASK, key)
    assert query(alice, ASK, key)["id"] == first["id"]
    worked(alice, run_of(alice, first["id"]))
    done = query(alice, ASK, key, status=200)
    assert (done["id"], done["status"]) == (first["id"], "completed")
    assert len(alice.api.get("nova/runs/").json()["results"]) == 1


def test_the_same_key_with_other_words_is_a_mismatch(alice: Person) -> None:
    key = f"key-{uuid7()}"
    query(alice, ASK, key)
    other = alice.api.post("nova/query/", ASK | {"text": "Et la cave ?"}, HTTP_IDEMPOTENCY_KEY=key, **ASYNC)
    assert refused(other) == (422, "idempotency_mismatch")


def test_a_query_that_stops_at_a_checkpoint_is_423_until_it_is_decided(alice: Person) -> None:
    key, body = f"key-{uuid7()}", ASK | {"text": SEND}
    run = run_of(alice, query(alice, body, key)["id"])
    worked(alice, run)
    answer = alice.api.post("nova/query/", body, HTTP_IDEMPOTENCY_KEY=key, **ASYNC)
    problem = answer.json()
    assert refused(answer) == (423, "checkpoint_required")
    assert problem["run_id"] == str(run.pk)
    assert {
        "id",
        "kind",
        "level",
        "question",
        "preview",
        "envelope_digest",
        "quorum",
        "expires_at",
        "why",
        "options",
    } <= (problem["checkpoint"].keys())
    assert read(alice, run.pk)["checkpoint"]["id"] == problem["checkpoint"]["id"]
    decision = {"decision": "approve", "envelope_digest": problem["checkpoint"]["envelope_digest"]}
    decided_answer = alice.api.post(f"governance/checkpoints/{problem['checkpoint']['id']}/decision/", decision)
    assert decided_answer.status_code == 200
    assert decided_answer.json()["run"] == {"id": str(run.pk), "status": "awaiting_approval"}
    worked(alice, run)
    done = query(alice, body, key, status=200)
    assert done["result"]["artefacts"][0]["action"] == "governance.message.send"


def test_a_query_that_asks_in_lane_d_is_423_at_once(alice: Person) -> None:
    answer = alice.api.post("nova/query/", ASK | {"text": SECRET})
    assert refused(answer) == (423, "checkpoint_required")
    assert answer.json()["checkpoint"]["options"] == ["approve", "reject"]


def test_a_refused_query_is_403_for_whoever_asks_again(alice: Person) -> None:
    key, body = f"key-{uuid7()}", ASK | {"text": SEND}
    run = run_of(alice, query(alice, body, key)["id"])
    decided(alice, worked(alice, run), "reject")
    assert worked(alice, run).status == "rejected"
    again = alice.api.post("nova/query/", body, HTTP_IDEMPOTENCY_KEY=key, **ASYNC)
    assert refused(again) == (403, "checkpoint_rejected")
    assert read(alice, run.pk)["status"] == "rejected"


def test_a_question_back_is_a_complete_answer(alice: Person) -> None:
    body = query(alice, ASK | {"text": UNCLEAR}, status=200)
    assert (body["status"], len(body["lanes"]), bool(body["question"])) == ("needs_clarification", 7, True)


# --- Lists and single runs -----------------------------------------------------------------------------
def test_the_list_is_newest_first_filtered_and_paged(alice: Person) -> None:
    done, waiting = asked(alice), asked(alice, UNCLEAR)
    body = alice.api.get("nova/runs/").json()
    assert [row["id"] for row in body["results"]] == [str(waiting.pk), str(done.pk)]
    assert body == alice.api.get("nova/history/").json() | {"next": body["next"], "previous": body["previous"]}
    for filters, run in (("status=completed", done), (f"thread={waiting.thread_id}", waiting)):
        assert [row["id"] for row in alice.api.get(f"nova/runs/?{filters}").json()["results"]] == [str(run.pk)]
    assert alice.api.get("nova/runs/?sphere=business").json()["results"] == []
    following = alice.api.get("nova/runs/?limit=1").json()["next"].partition("/api/v2/")[2]
    assert [row["id"] for row in alice.api.get(following).json()["results"]] == [str(done.pk)]


@pytest.mark.parametrize("asked_for", ["colour=red", "thread=x", "limit=0", "limit=101", "cursor=x"])
def test_unknown_or_wrong_parameters_of_the_list_are_a_400(alice: Person, asked_for: str) -> None:
    assert refused(alice.api.get(f"nova/runs/?{asked_for}")) == (400, "invalid")


def test_stopping_answers_with_the_stopped_run_and_only_once(alice: Person) -> None:
    run = started(alice)
    answer = alice.api.post(f"nova/runs/{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert refused(alice.api.post(f"nova/runs/{run.pk}/cancel/")) == (409, "run_over")


def test_an_answer_takes_a_run_on(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    answer = alice.api.post(f"nova/runs/{run.pk}/continue/", {"answer": "Dis-moi lesquelles sont anciennes."}, **ASYNC)
    assert answer.status_code in {200, 202}
    assert answer.json()["text"] == f"{UNCLEAR}\nDis-moi lesquelles sont anciennes."


def test_an_answer_is_words_or_an_encoding(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    url = f"nova/runs/{run.pk}/continue/"
    for body in ({}, {"answer": "Oui", "encoding": "ACT:DEC"}):
        assert refused(alice.api.post(url, body)) == (400, "invalid")
    assert refused(alice.api.post(url, {"encoding": "ACT:DEC"})) == (422, "invalid_encoding")


def test_the_encoding_of_a_run_that_asks_can_be_changed(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    written = "ACT:DEC SRC:DOC SCOPE:LOCK MODE:NONE SENS:1 TRACE:1"
    answer = alice.api.patch(f"nova/runs/{run.pk}/encoding/", {"encoding": written}, **ASYNC)
    assert (answer.status_code in {200, 202}, answer.json()["encoding"]["text"]) == (True, written)


def test_a_run_that_asks_nothing_takes_neither(alice: Person) -> None:
    run = asked(alice)
    assert refused(alice.api.post(f"nova/runs/{run.pk}/continue/", {"answer": "Oui"})) == (409, "not_asking")
    body = {"encoding": "ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA"}
    assert refused(alice.api.patch(f"nova/runs/{run.pk}/encoding/", body)) == (409, "not_asking")


def test_a_foreign_run_is_403_whatever_is_sent_and_an_unknown_one_404(alice: Person, charlie: Person) -> None:
    run = asked(alice, UNCLEAR)
    for method, path in (
        ("GET", ""), ("POST", "continue/"), ("PATCH", "encoding/"), ("POST", "cancel/"),
    ):  # fmt: skip
        for body in (None, b"{", {"answer": "x"}):
            answer = charlie.api.request(method, f"nova/runs/{run.pk}/{path}", body)
            assert refused(answer) == (403, "identity_boundary_violation")
        assert refused(charlie.api.request(method, f"nova/runs/{uuid7()}/{path}")) == (404, "not_found")
    assert alice.api.get("nova/runs/not-an-id/").status_code == 404


def test_intent_types_name_their_effect(alice: Person) -> None:
    rows = alice.api.get("nova/intent-types/").json()["results"]
    assert len(rows) == 16
    assert {"type": "send", "effect": "SEND"} in rows


# --- Waiting for a worker ------------------------------------------------------------------------------
@pytest.fixture
def worker(simulator: str, db: None, tmp_path: Any) -> Iterator[Running]:
    """A real worker whose Nova is the simulator."""
    forget_waiting()
    with worker_processes(tmp_path / "worker.log", CHENU_SIMULATOR_PORT=simulator.rpartition(":")[2]) as running:
        yield running


def test_a_query_waits_for_the_worker_and_answers_with_the_result(alice: Person, worker: Running) -> None:
    answer = alice.api.post("nova/query/", ASK, HTTP_PREFER="wait=30")
    assert answer.status_code == 200, worker.log()
    assert answer.json()["status"] == "completed"
    stopped = alice.api.post("nova/query/", ASK | {"text": SEND}, HTTP_PREFER="wait=30")
    assert refused(stopped) == (423, "checkpoint_required")
