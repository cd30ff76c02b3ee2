"""What leaves waits for a person; what was approved is what runs, once (design 3.4)."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.models import Checkpoint, Execution
from governance.checkpoints.tasks import sweep
from governance.errors import CheckpointRequired, Conflict, Gone, GovernanceError, NotAllowed
from governance.isolation.context import bind
from governance.models import AuditEntry, Job, OutboundMail, Verdict
from governance.perform import perform
from tests.cast import Person

MAIL = {"to": ["paul@example.com"], "subject": "Mardi", "body": "À mardi, 10 h."}


def ask(person: Person, mail: dict[str, Any] | None = None) -> Any:
    """Requests a SEND and returns the checkpoint's public form."""
    with pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", mail or MAIL)
    return stopped.value.checkpoint


def decide(shown: dict[str, Any], decision: str = "approve", **changes: Any) -> Any:
    params = {"checkpoint": shown["id"], "decision": decision, "envelope_digest": shown["envelope_digest"]}
    return perform("governance.checkpoint.decide", params | changes)


def outbox_of(person: Person) -> list[str]:
    with person.looking():
        return list(OutboundMail.objects.values_list("status", flat=True))


def test_a_send_stops_and_nothing_leaves(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
    assert (shown["kind"], shown["level"], shown["status"]) == ("external_communication", "medium", "pending")
    assert shown["preview"]["body"] == "À mardi, 10 h."
    assert shown["options"] == ["approve", "reject"]
    assert outbox_of(alice) == []
    with alice.looking():
        entry = AuditEntry.objects.latest_first().first()
        assert (entry.outcome, str(entry.checkpoint_id)) == ("stopped", shown["id"])
        assert Verdict.objects.get(action="governance.message.send").decision == "checkpoint"


def test_asking_the_same_again_is_the_same_question(alice: Person) -> None:
    with alice.acting():
        assert ask(alice)["id"] == ask(alice)["id"]
        assert ask(alice)["id"] != ask(alice, MAIL | {"subject": "Mercredi"})["id"]


def test_an_approval_sends_exactly_one_mail(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        assert decide(shown).status == "approved"
        assert Job.objects.filter(object_id=shown["id"], kind="governance.checkpoint.execute").count() == 1
        carry_out_approved(shown["id"])
        carry_out_approved(shown["id"])
    assert outbox_of(alice) == ["sent"]
    with alice.looking():
        row = OutboundMail.objects.get()
        files = [p for p in Path(settings.OUTBOX_DIR).glob("*.eml") if row.message_id in p.read_text(errors="replace")]
        assert len(files) == 1
        assert Checkpoint.objects.get(pk=shown["id"]).status == "executed"
        outcomes = AuditEntry.objects.in_order().filter(action="governance.message.send")
        assert list(outcomes.values_list("outcome", flat=True)) == ["stopped", "unknown", "allowed"]


def test_a_refusal_ends_it(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown, "reject", comment="pas maintenant")
        carry_out_approved(shown["id"])
        with pytest.raises(Conflict) as late:
            decide(shown)
    assert late.value.code == "already_decided"
    assert outbox_of(alice) == []


def test_another_digest_than_the_one_shown_is_stale(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        with pytest.raises(Conflict) as stale:
            decide(shown, envelope_digest="0" * 64)
    assert stale.value.code == "stale_checkpoint"


def test_nobody_outside_the_identity_can_decide(alice: Person, charlie: Person) -> None:
    with alice.acting():
        shown = ask(alice)
    with charlie.acting(), pytest.raises(GovernanceError) as refused:
        decide(shown)
    assert refused.value.status == 403


@pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}, {"role": "viewer"}])
def test_a_token_an_agent_and_a_viewer_cannot_decide(alice: Person, change: dict[str, Any]) -> None:
    with alice.acting():
        shown = ask(alice)
    with alice.acting(**change), pytest.raises(NotAllowed):
        decide(shown)


def test_an_overdue_question_counts_as_refused(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        overdue(alice, shown["id"])
        with pytest.raises(Gone):
            decide(shown)
        sweep(None)
    with alice.looking():
        assert Checkpoint.objects.get(pk=shown["id"]).status == "expired"


def test_an_approval_that_was_not_used_in_time_is_gone(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown)
        overdue(alice, shown["id"])
        carry_out_approved(shown["id"])
    assert outbox_of(alice) == []


def overdue(person: Person, checkpoint: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        Checkpoint.objects.filter(pk=checkpoint).update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Autre"},
        {"body": "Autre"},
        {"to": ["mallory@example.com"]},
    ],
)
def test_what_was_not_approved_to_the_letter_does_not_run(alice: Person, change: dict[str, Any]) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown)
        with pytest.raises(Conflict) as stale:
            perform("governance.message.send", MAIL | change, approval=shown["id"])
    assert stale.value.code == "stale_checkpoint"
    assert outbox_of(alice) == []


@pytest.mark.parametrize("field", sorted(["params", "nonce", "expires_at", "agent", "person", "rule_set", "preview"]))
def test_an_envelope_altered_after_the_approval_is_refused(alice: Person, field: str) -> None:
    from django.db import transaction

    with alice.acting():
        shown = ask(alice)
        decide(shown)
        with transaction.atomic():
            row = Checkpoint.objects.get(pk=shown["id"])
            row.envelope[field] = {"to": ["mallory@example.com"]} if field == "params" else "altered"
            row.save()
        carry_out_approved(shown["id"])
    assert outbox_of(alice) == []
    with alice.looking():
        assert Checkpoint.objects.get(pk=shown["id"]).status == "failed"


def test_two_persons_are_needed_where_a_rule_says_so(alice: Person, bob: Person, workshop: Any) -> None:
    from django.db import transaction

    from governance.models import Rule

    with alice.acting(workshop):
        with transaction.atomic():
            Rule.objects.create(
                name="Deux personnes",
                effect="checkpoint",
                quorum=2,
                conditions=[{"key": "effect", "op": "eq", "value": "SEND"}],
                author_id=alice.user.pk,
            )
        shown = ask(alice)
        assert shown["quorum"] == 2
        assert decide(shown).status == "pending"
        with pytest.raises(Conflict):
            decide(shown)
    with bob.acting(workshop):
        assert decide(shown).status == "approved"


def test_forty_racing_executions_of_one_approval_send_once(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown)
    context, barrier = alice.context(), threading.Barrier(8)
    codes: list[str] = []

    def race() -> None:
        barrier.wait()
        for _ in range(5):
            with bind(context):
                try:
                    perform("governance.message.send", MAIL, approval=shown["id"])
                    codes.append("sent")
                except GovernanceError as refusal:
                    codes.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(codes)) == ["checkpoint_consumed", "sent"]
    assert codes.count("sent") == 1
    assert outbox_of(alice) == ["sent"]


def test_a_crash_between_claim_and_effect_is_visible_and_never_repeated(alice: Person, monkeypatch: Any) -> None:
    class Killed(BaseException):
        pass

    def die(_row: Any) -> Any:
        raise Killed

    from governance.registry import actions

    action = actions.get_action("governance.message.send")
    with alice.acting():
        shown = ask(alice)
        decide(shown)
        broken = actions.Outside(run=die, settle=action.outside.settle)
        monkeypatch.setitem(actions._actions, action.name, _with(action, broken))
        with pytest.raises(Killed):
            carry_out_approved(shown["id"])
        monkeypatch.undo()
        carry_out_approved(shown["id"])
    assert outbox_of(alice) == ["sending"]
    with alice.looking():
        assert Execution.objects.get().state == "pending_effect"
        assert Checkpoint.objects.get(pk=shown["id"]).status == "pending_effect"


def _with(action: Any, outside: Any) -> Any:
    from dataclasses import replace

    return replace(action, outside=outside)


def test_an_execution_that_was_thought_lost_says_what_became_of_it(alice: Person, monkeypatch: Any) -> None:
    from governance.registry import actions

    action = actions.get_action("governance.message.send")
    with alice.acting():
        shown = ask(alice)
        decide(shown)

        def slow(row: Any) -> Any:
            with bind(alice.context()):
                carry_out_approved(shown["id"])  # a second worker finds it begun and nobody's
            return action.outside.run(row)

        monkeypatch.setitem(actions._actions, action.name, _with(action, actions.Outside(slow, action.outside.settle)))
        perform("governance.message.send", MAIL, approval=shown["id"])
    assert outbox_of(alice) == ["sent"]
    with alice.looking():
        assert Execution.objects.get().state == "done"
        assert Checkpoint.objects.get(pk=shown["id"]).status == "executed"
