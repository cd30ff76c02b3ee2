"""When things go wrong: expiry, a worker lost at each commit, a stop in the middle (design 4.1, slice 11)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from agents.models import Attempt, Run, ToolCall
from agents.runtime import loop
from governance.checkpoints.tasks import sweep
from governance.models import Checkpoint, Job, OutboundMail
from governance.perform import perform
from tests.agents.runtime.test_loop import ask, decide, go_on, lanes, seen, whole
from tests.cast import Person

pytestmark = pytest.mark.usefixtures("simulator")

SEND = "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi"


class Killed(BaseException):
    """Stands for SIGKILL inside this process: nothing that is not committed survives it."""


def die(*_: Any, **__: Any) -> Any:
    raise Killed


def test_an_expired_question_ends_the_run_and_nothing_leaves(alice: Person) -> None:
    run = ask(alice, SEND)
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=run.checkpoint_id).update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep(None)
    assert Job.objects.filter(object_id=run.pk, kind="agents.run.execute").count() == 2
    run = go_on(alice, run)
    assert (run.status, lanes(alice, run)["E"]) == ("expired", "failed")
    with alice.looking():
        assert OutboundMail.objects.count() == 0
    assert "Rien n’a été envoyé" in run.result_text or "Nothing was sent" in run.result_text
    whole(alice)


def test_an_edited_mail_is_the_one_that_leaves(alice: Person) -> None:
    run = ask(alice, SEND)
    with alice.looking():
        old = Checkpoint.objects.get(pk=run.checkpoint_id)
    with alice.acting():
        perform(
            "governance.checkpoint.edit",
            {"checkpoint": old.pk, "parameters": {**old.params, "body": "À mardi, 14 h."}},
        )
    with alice.looking():
        new = Checkpoint.objects.get(status="pending")
        assert Checkpoint.objects.get(pk=old.pk).status == "superseded"
    run = go_on(alice, run)
    with alice.acting():
        perform(
            "governance.checkpoint.decide",
            {"checkpoint": new.pk, "decision": "approve", "envelope_digest": new.envelope_digest},
        )
    run = go_on(alice, run)
    assert run.status == "completed"
    with alice.looking():
        assert list(OutboundMail.objects.values_list("body", flat=True)) == ["À mardi, 14 h."]
    whole(alice)


def test_a_worker_lost_during_the_call_is_paid_in_full_and_asked_again(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(loop, "send", die)
    with pytest.raises(Killed):
        ask(alice, "Que contient ce fil ?")
    monkeypatch.undo()
    with alice.looking():
        run = Run.objects.get()
        held = Attempt.objects.get().held_credits
    run = go_on(alice, run)
    assert run.status == "completed"
    with alice.looking():
        first, second = Attempt.objects.order_by("id")
        assert (first.state, first.credits, second.state) == ("lost", held, "done")
    whole(alice)


@pytest.mark.parametrize("where", ["carry_out", "open_calls", "results_turn", "account_for"])
def test_a_worker_lost_between_commits_loses_nothing_and_doubles_nothing(
    alice: Person, monkeypatch: Any, where: str
) -> None:
    create = 'Crée une note « Lait »\n#sim tool spheres.item.create {"title": "Lait", "sphere": "personal"}'
    monkeypatch.setattr(loop, where, die)
    with pytest.raises(Killed):
        ask(alice, create)
    monkeypatch.undo()
    with alice.looking():
        run = Run.objects.get()
    run = go_on(alice, run)
    assert run.status == "completed"
    with alice.looking():
        from spheres.models import Item

        assert Item.objects.filter(title="Lait").count() == 1
        assert list(ToolCall.objects.values_list("status", flat=True)) == ["done"]
    whole(alice)


def test_a_worker_lost_after_the_act_does_not_act_again(alice: Person, monkeypatch: Any) -> None:
    create = 'Crée une note « Pain »\n#sim tool spheres.item.create {"title": "Pain", "sphere": "personal"}'
    acted = loop.carry_out

    def act_then_die(run: Run, call: ToolCall) -> None:
        acted(run, call)
        raise Killed

    monkeypatch.setattr(loop, "carry_out", act_then_die)
    with pytest.raises(Killed):
        ask(alice, create)
    monkeypatch.undo()
    with alice.looking():
        run = Run.objects.get()
    assert go_on(alice, run).status == "completed"
    with alice.looking():
        from spheres.models import Item

        assert Item.objects.filter(title="Pain").count() == 1


def test_a_worker_lost_during_the_effect_leaves_it_to_a_person(alice: Person, monkeypatch: Any) -> None:
    from dataclasses import replace

    from governance.registry import actions

    run = ask(alice, SEND)
    decide(alice, run)
    action = actions.get_action("governance.message.send")
    broken = replace(action, outside=actions.Outside(run=die, settle=action.outside.settle))
    monkeypatch.setitem(actions._actions, action.name, broken)
    with pytest.raises(Killed):
        go_on(alice, run)
    monkeypatch.undo()
    run = go_on(alice, run)
    assert run.status == "pending_effect"
    with alice.looking():
        assert list(OutboundMail.objects.values_list("status", flat=True)) == ["sending"]
    assert go_on(alice, run).status == "pending_effect"


def test_stop_reaches_a_call_that_is_under_way_and_keeps_what_was_said(alice: Person) -> None:
    with alice.acting():
        run = perform(
            "agents.run.start",
            {"text": "Que contient ce fil ?\n#sim pace 50ms\n#sim text " + "mot " * 200, "sphere": "personal"},
        )
    worker = threading.Thread(target=_work, args=(alice, run))
    worker.start()
    _until(lambda: seen(alice, run).status == "running")
    threading.Event().wait(0.6)
    with alice.acting():
        perform("agents.run.stop", {"run": run.pk})
    worker.join(10)
    assert not worker.is_alive()
    run = seen(alice, run)
    assert run.status == "cancelled"
    assert "mot" in run.result_text
    assert run.credits > 0
    whole(alice)


def _work(person: Person, run: Run) -> None:
    from django.db import connection

    go_on(person, run)
    connection.close()


def _until(holds: Any) -> None:
    for _ in range(200):
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen within ten seconds")
