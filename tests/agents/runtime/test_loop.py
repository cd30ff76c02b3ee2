"""A request travels its seven lanes, stops where a person must look, and ends on the record."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from typing import Any

import pytest
from django.db import connection

from agents.models import Attempt, LaneResult, Run, ToolCall
from agents.runtime.loop import execute
from governance.audit.verify import verify_chain
from governance.errors import GovernanceError
from governance.ledger import budget
from governance.models import Account, Checkpoint, OutboundMail
from governance.perform import perform
from spheres.models import Item
from tests.cast import Person
from threads.models import Message, Thread

pytestmark = pytest.mark.usefixtures("simulator")


def ask(person: Person, text: str, **more: Any) -> Run:
    """Starts a run and lets a worker take it as far as it goes."""
    with person.acting():
        run = perform("agents.run.start", {"text": text, "sphere": "personal", **more})
    return go_on(person, run)


def go_on(person: Person, run: Run) -> Run:
    from governance.isolation.context import Channel

    with person.acting(channel=Channel.TASK):
        execute(run.pk)
    return seen(person, run)


def seen(person: Person, run: Run) -> Run:
    with person.looking():
        return Run.objects.get(pk=run.pk)


def lanes(person: Person, run: Run) -> dict[str, str]:
    with person.looking():
        return dict(LaneResult.objects.filter(run=run).values_list("lane", "status"))


def decide(person: Person, run: Run, decision: str = "approve", comment: str = "") -> None:
    with person.looking():
        row = Checkpoint.objects.get(pk=run.checkpoint_id)
    with person.acting():
        perform(
            "governance.checkpoint.decide",
            {"checkpoint": row.pk, "decision": decision, "envelope_digest": row.envelope_digest, "comment": comment},
        )


def note(person: Person, title: str, content: str = "") -> Item:
    with person.acting():
        return perform("spheres.item.create", {"title": title, "content": content or title, "sphere": "personal"})


def whole(person: Person) -> None:
    """What must be true after any run: no hold is open, the balance is the sum, the chain is intact."""
    with person.looking():
        assert set(Account.objects.values_list("tokens_held", "pico_usd_held")) <= {(0, 0)}
        assert verify_chain(person.identity.pk, open_payloads=True).first_bad is None


def test_a_question_completes_in_seven_lanes_without_a_checkpoint(alice: Person) -> None:
    note(alice, "Jardin", "Les tomates sont plantées le 12 mai.")
    run = ask(alice, "Que contient ma note Jardin ?")
    assert run.status == "completed"
    assert lanes(alice, run) == dict.fromkeys("ABCD", "completed") | {
        "E": "skipped",
        "F": "completed",
        "G": "completed",
    }
    assert "tomates" in run.result_text
    assert run.cost_pico_usd > 0
    whole(alice)


def test_the_result_is_a_message_that_cites_what_it_used(alice: Person) -> None:
    for day in ("lundi", "mardi", "mercredi"):
        note(alice, f"Note de {day}", f"Le {day} on range le garage.")
    run = ask(alice, "Résume mes trois dernières notes")
    with alice.looking():
        message = Message.objects.get(pk=run.message_id)
        assert (message.author_kind, message.kind, message.run_id) == ("nova", "result", run.pk)
        assert len(message.sources) >= 1
        assert message.sources[0]["url"].startswith("/i/")


def test_a_send_stops_with_the_exact_mail_and_leaves_once_after_approval(alice: Person) -> None:
    run = ask(alice, "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi")
    assert run.status == "awaiting_approval"
    assert lanes(alice, run) == dict.fromkeys("ABCD", "completed") | {"E": "blocked", "F": "blocked", "G": "pending"}
    with alice.looking():
        shown = Checkpoint.objects.get(pk=run.checkpoint_id)
        assert shown.preview["to"] == ["paul@example.com"]
        assert OutboundMail.objects.count() == 0
    decide(alice, run)
    run = go_on(alice, run)
    assert (run.status, lanes(alice, run)["E"]) == ("completed", "completed")
    with alice.looking():
        mail = OutboundMail.objects.get()
        assert (mail.status, mail.body, mail.run_id) == ("sent", shown.preview["body"], run.pk)
    assert run.artefacts[0]["action"] == "governance.message.send"
    whole(alice)


def test_a_refused_send_ends_politely_and_nothing_leaves(alice: Person) -> None:
    run = ask(alice, "Envoie un courriel à paul@example.com pour confirmer mardi")
    decide(alice, run, "reject", "Je préfère appeler")
    run = go_on(alice, run)
    assert run.status == "rejected"
    assert "Rien n’a été envoyé" in run.result_text or "Nothing was sent" in run.result_text
    with alice.looking():
        assert OutboundMail.objects.count() == 0
    whole(alice)


@pytest.mark.parametrize(
    ("directive", "error"),
    [
        ("#sim error 400", "refused"),
        ("#sim model claude-other", "wrong_model"),
        ("#sim error 500", "provider_error"),
        ("#sim error 429", "rate_limited"),
    ],
)
def test_a_scripted_fault_ends_clearly_and_settled(alice: Person, directive: str, error: str) -> None:
    run = ask(alice, f"Que contient ce fil ?\n{directive}")
    assert (run.status, run.error) == ("failed", error)
    with alice.looking():
        assert Message.objects.filter(run_id=run.pk).count() == 1
        states = set(Attempt.objects.filter(run_id=run.pk).values_list("state", flat=True))
    assert states == {"failed"}
    whole(alice)


def test_an_answer_of_another_model_is_paid_and_thrown_away(alice: Person) -> None:
    run = ask(alice, "Que contient ce fil ?\n#sim model claude-other")
    assert run.cost_pico_usd > 0
    assert run.result_text.count("claude-other") == 0


def test_a_cut_stream_keeps_its_text_and_is_never_free(alice: Person) -> None:
    run = ask(alice, "Que contient ce fil ?\n#sim text " + "mot " * 40 + "\n#sim cut")
    assert (run.status, run.error) == ("failed", "cut")
    assert "mot mot" in run.result_text
    assert run.credits > 0
    whole(alice)


def test_a_provider_that_recovers_is_asked_again(alice: Person) -> None:
    run = ask(alice, f"Que contient ce fil ? {alice.user.pk}\n#sim error 500 once\n#sim text Voilà.")
    assert (run.status, run.result_text) == ("completed", "Voilà.")
    with alice.looking():
        assert list(Attempt.objects.order_by("id").values_list("state", flat=True)) == ["failed", "done"]


def test_usage_that_the_provider_omits_is_estimated_and_flagged(alice: Person) -> None:
    run = ask(alice, "Que contient ce fil ?\n#sim usage none\n#sim text Bonjour.")
    with alice.looking():
        attempt = Attempt.objects.get(run_id=run.pk)
    assert attempt.usage_estimated is True
    assert attempt.credits > 0


def test_a_tool_that_was_not_offered_is_refused_and_told(alice: Person) -> None:
    run = ask(alice, 'Que contient ce fil ?\n#sim tool governance.message.send {"to": ["x@example.com"]}')
    with alice.looking():
        call = ToolCall.objects.get(run=run)
        assert (call.status, call.outcome["bad"]) == ("refused", True)
        assert OutboundMail.objects.count() == 0
    assert run.status == "completed"


def test_a_note_is_created_without_a_question(alice: Person) -> None:
    run = ask(
        alice, 'Crée une note « Courses »\n#sim tool spheres.item.create {"title": "Courses", "sphere": "personal"}'
    )
    assert run.status == "completed"
    with alice.looking():
        assert Item.objects.get(title="Courses").sphere == "personal"


def test_a_write_into_another_sphere_stops(alice: Person) -> None:
    run = ask(alice, 'Crée une note « Bail »\n#sim tool spheres.item.create {"title": "Bail", "sphere": "business"}')
    assert run.status == "awaiting_approval"
    with alice.looking():
        assert Checkpoint.objects.get(pk=run.checkpoint_id).kind == "cross_sphere"


def test_a_deletion_stops_and_names_what_it_deletes(alice: Person) -> None:
    old = note(alice, "Facture")
    run = ask(alice, f'Supprime la note « Facture »\n#sim tool spheres.item.delete {{"item": "{old.pk}"}}')
    assert run.status == "awaiting_approval"
    decide(alice, run)
    assert go_on(alice, run).status == "completed"
    with alice.looking():
        assert Item.objects.get(pk=old.pk).deleted_at is not None


def test_a_deletion_of_everything_is_asked_back(alice: Person) -> None:
    run = ask(alice, "Supprime toutes mes notes")
    assert (run.status, lanes(alice, run)["F"]) == ("needs_clarification", "pending")
    assert run.question


def test_a_request_far_above_its_usual_budget_waits_in_lane_d(alice: Person) -> None:
    run = ask(alice, "Résume ceci : " + "é" * 19_900)
    assert run.status == "awaiting_approval"
    with alice.looking():
        assert Checkpoint.objects.get(pk=run.checkpoint_id).kind == "budget_approval"


def test_restricted_data_waits_in_lane_d_and_the_run_is_what_is_approved(alice: Person) -> None:
    run = ask(alice, "Résume mon dossier médical, c’est top secret")
    assert run.status == "awaiting_approval"
    with alice.looking():
        shown = Checkpoint.objects.get(pk=run.checkpoint_id)
        assert (shown.action, shown.preview["request"]) == ("agents.run.execute", run.text)
        assert Attempt.objects.filter(run_id=run.pk).count() == 0
    decide(alice, run)
    run = go_on(alice, run)
    assert run.status == "completed"
    whole(alice)


def test_a_stopped_run_is_cancelled_and_settled(alice: Person) -> None:
    with alice.acting():
        run = perform("agents.run.start", {"text": "Que contient ce fil ?", "sphere": "personal"})
        stopped = perform("agents.run.stop", {"run": run.pk})
    assert stopped.status == "cancelled"
    assert go_on(alice, run).status == "cancelled"
    whole(alice)


def test_a_run_waiting_for_approval_can_be_stopped(alice: Person) -> None:
    run = ask(alice, "Envoie un courriel à paul@example.com pour confirmer mardi")
    with alice.acting():
        perform("agents.run.stop", {"run": run.pk})
    with alice.looking():
        assert Checkpoint.objects.get(pk=run.checkpoint_id).status == "cancelled"
    assert seen(alice, run).status == "cancelled"


def test_an_empty_budget_refuses_before_anything_is_called(alice: Person) -> None:
    from governance.errors import BudgetExceeded

    with alice.acting():
        from django.db import transaction

        with transaction.atomic():
            root = budget.identity_account()
            budget.settle(budget.hold(root, 100_000, 0).id, 100_000, 0)
        with pytest.raises(BudgetExceeded):
            perform("agents.run.start", {"text": "Que contient ce fil ?", "sphere": "personal"})
    with alice.looking():
        assert Run.objects.count() == 0
        assert Thread.objects.count() == 0


def test_a_budget_that_is_spent_before_the_worker_comes_ends_the_run(alice: Person) -> None:
    with alice.acting():
        from django.db import transaction

        run = perform("agents.run.start", {"text": "Que contient ce fil ?", "sphere": "personal"})
        with transaction.atomic():
            root = budget.identity_account()
            budget.settle(budget.hold(root, 99_000, 0).id, 99_900, 0)
    ended = go_on(alice, run)
    assert (ended.status, ended.error) == ("failed", "budget_exceeded")
    with alice.looking():
        assert Attempt.objects.filter(run_id=run.pk).count() == 0
    whole(alice)


def test_stopping_a_run_while_its_question_is_edited_does_not_dead_lock(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both lock the question before the run; the other way round one of them would wait for the other for ever."""
    from governance.checkpoints import runs
    from governance.errors import Conflict
    from governance.isolation.context import bind

    run = ask(alice, "Envoie un courriel à paul@example.com pour confirmer mardi")
    replaced, context, ended = runs._replaced, alice.context(), []

    def stop() -> None:
        try:
            with bind(context):
                ended.append(perform("agents.run.stop", {"run": run.pk}))
        except GovernanceError as refusal:
            ended.append(refusal)
        finally:
            connection.close()

    stopping = threading.Thread(target=stop)

    def slowly(uow: Any, old: Any, new: Any) -> None:
        stopping.start()
        wait_for_a_lock()
        assert replaced is not None
        replaced(uow, old, new)

    monkeypatch.setattr(runs, "_replaced", slowly)
    changed = {"checkpoint": run.checkpoint_id, "parameters": {"subject": "Mardi"}}
    with alice.acting():
        new = perform("governance.checkpoint.edit", changed)
    stopping.join(30)
    assert [type(outcome) for outcome in ended] == [Conflict]
    assert (ended[0].code, seen(alice, run).checkpoint_id) == ("run_moved_on", new.pk)
    with alice.acting():
        assert perform("agents.run.stop", {"run": run.pk}).status == "cancelled"
    whole(alice)


def wait_for_a_lock() -> None:
    """Until another backend of this database waits for a lock that somebody holds."""
    from tests.governance.isolation.walls import superuser

    with superuser() as watching:
        for _ in range(200):
            waiting = watching.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
            if waiting and waiting[0]:
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_a_thread_of_another_sphere_is_refused(alice: Person) -> None:
    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Bail", "sphere": "business"})
        with pytest.raises(GovernanceError) as refused:
            perform("agents.run.start", {"text": "Bonjour", "sphere": "personal", "thread": thread.pk})
    assert (refused.value.status, refused.value.code) == (422, "sphere_mismatch")


@pytest.mark.security
@pytest.mark.parametrize("other", ["gpt-6-sol", "openrouter"])
def test_nova_asks_nobody_but_claude(alice: Person, settings: Any, simulator: str, other: str) -> None:
    with urllib.request.urlopen(f"{simulator}/healthz") as reply:
        before = json.loads(reply.read())["requests"]
    settings.NOVA_MODEL = {"openrouter": "anthropic/claude-sonnet-5.5"}.get(other, other)
    run = ask(alice, "Que contient ma note Jardin ?")
    assert (run.status, run.error, run.cost_pico_usd) == ("failed", "locked", 0)
    assert "Claude" in run.result_text
    with alice.looking():
        [attempt] = Attempt.objects.filter(run_id=run.pk)
        assert (attempt.state, attempt.error, attempt.pico_usd) == ("failed", "locked", 0)
    with urllib.request.urlopen(f"{simulator}/healthz") as reply:
        assert json.loads(reply.read())["requests"] == before
    whole(alice)
