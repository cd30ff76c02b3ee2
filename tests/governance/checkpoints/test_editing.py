"""Edit, then approve: new words are a new envelope, and the old one is dead."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.checkpoints import runs
from governance.checkpoints.carrying import carry_out_approved
from governance.checkpoints.envelope import Binding
from governance.checkpoints.models import Checkpoint
from governance.errors import BadInput, CheckpointRequired, Conflict, Gone, NotAllowed
from governance.models import AuditEntry, Membership, OutboundMail
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import MAIL, ask, make_overdue, make_rule, status_of, vote


def edit(shown: dict[str, Any], **parameters: Any) -> Checkpoint:
    row: Checkpoint = perform("governance.checkpoint.edit", {"checkpoint": shown["id"], "parameters": parameters})
    return row


def decide(row: Checkpoint, digest: str = "") -> Checkpoint:
    params = {"checkpoint": row.pk, "decision": "approve", "envelope_digest": digest or row.envelope_digest}
    decided: Checkpoint = perform("governance.checkpoint.decide", params)
    return decided


def test_new_words_supersede_the_old_question_and_only_they_leave(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting():
        new = edit(shown, subject="Mercredi")
        assert (new.status, new.params) == ("pending", MAIL | {"subject": "Mercredi"})
        assert new.preview["subject"] == "Mercredi"
        decide(new)
        carry_out_approved(new.pk)
    with alice.looking():
        old = Checkpoint.objects.get(pk=shown["id"])
        assert (old.status, old.superseded_by_id) == ("superseded", new.pk)
        assert list(OutboundMail.objects.values_list("subject", "status")) == [("Mercredi", "sent")]


def test_the_old_digest_is_dead_everywhere(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting():
        new = edit(shown, subject="Mercredi")
        with pytest.raises(Conflict) as stale:
            decide(new, digest=shown["envelope_digest"])
        with pytest.raises(Conflict) as over:
            perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        with pytest.raises(NotAllowed):
            perform("governance.message.send", MAIL, approval=shown["id"])
    assert (stale.value.code, over.value.code) == ("stale_checkpoint", "already_decided")
    with alice.looking():
        assert not OutboundMail.objects.exists()


def test_without_new_words_the_same_act_is_sealed_anew(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting():
        new = edit(shown)
    assert new.params == MAIL
    assert new.envelope_digest != shown["envelope_digest"]


def test_a_rebuilt_envelope_is_the_way_out_when_the_rules_have_changed(alice: Person) -> None:
    shown = ask(alice)
    make_rule(alice, effect="log")
    with alice.acting():
        new = edit(shown)
        decide(new)
        carry_out_approved(new.pk)
    assert status_of(alice, {"id": new.pk}) == "executed"


@pytest.mark.parametrize("wrong", [{"to": ["no address"]}, {"subject": "a\r\nBcc: x@example.com"}, {"unknown": 1}])
def test_words_the_act_does_not_take_change_nothing(alice: Person, wrong: dict[str, Any]) -> None:
    shown = ask(alice)
    with alice.acting(), pytest.raises(BadInput) as refused:
        edit(shown, **wrong)
    assert [name.split(".")[:2] for name in refused.value.errors] == [["parameters", *wrong]]
    assert status_of(alice, shown) == "pending"


def test_a_decided_or_expired_question_cannot_be_changed(alice: Person) -> None:
    shown, late = ask(alice), ask(alice, subject="Mercredi")
    make_overdue(alice, late)
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown, "reject")})
        with pytest.raises(Conflict):
            edit(shown, subject="Jeudi")
        with pytest.raises(Gone):
            edit(late, subject="Jeudi")


@pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}, {"role": "viewer"}])
def test_only_who_may_decide_may_change(alice: Person, change: dict[str, Any]) -> None:
    shown = ask(alice)
    with alice.acting(**change), pytest.raises(NotAllowed):
        edit(shown, subject="Mercredi")
    assert status_of(alice, shown) == "pending"


def test_a_member_changes_what_another_asked_and_it_is_still_that_persons_act(
    alice: Person, bob: Person, workshop: Any
) -> None:
    shown = ask(alice, workshop)
    with bob.acting(workshop):
        new = edit(shown, subject="Mercredi")
    assert (new.requester_id, new.envelope["person"]) == (alice.user.pk, str(alice.user.pk))


def test_where_the_requester_is_excluded_nobody_approves_their_own_words(
    alice: Person, bob: Person, workshop: Any
) -> None:
    make_rule(alice, workshop, exclude_requester=True)
    shown = ask(alice, workshop)
    with bob.acting(workshop), pytest.raises(NotAllowed):
        edit(shown, subject="À moi")
    with alice.acting(workshop):
        new = edit(shown, subject="Mercredi")
        assert new.exclude_requester is True
        with pytest.raises(NotAllowed):
            decide(new)
    with bob.acting(workshop):
        assert decide(new).status == "approved"


def test_a_change_never_asks_for_less_than_before(alice: Person, bob: Person, workshop: Any) -> None:
    only_paul = [{"key": "recipient_domain", "op": "eq", "value": "example.com"}]
    make_rule(alice, workshop, quorum=2, level="high", conditions=only_paul)
    shown = ask(alice, workshop)
    with alice.acting(workshop):
        new = edit(shown, to=["paul@example.org"])
    assert (new.quorum, new.level) == (2, "high")
    assert set(shown["why"]) <= set(new.why)


def test_votes_on_the_old_words_do_not_count_for_the_new_ones(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    shown = ask(alice, workshop)
    with alice.acting(workshop):
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
    with bob.acting(workshop):
        new = edit(shown, subject="Mercredi")
        assert decide(new).status == "pending"


def test_what_a_former_member_asked_cannot_be_changed(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(bob, workshop)
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    with alice.acting(workshop), pytest.raises(Conflict) as gone:
        edit(shown, subject="Mercredi")
    assert gone.value.code == "requester_gone"


def test_the_log_tells_the_change_and_the_new_question(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting():
        new = edit(shown, subject="Mercredi")
    with alice.looking():
        last = AuditEntry.objects.latest_first().values_list("action", "outcome", "resource_id")[:2]
        assert list(last) == [
            ("governance.message.send", "stopped", new.pk),
            ("governance.checkpoint.edit", "allowed", new.pk),
        ]


def test_a_runs_question_keeps_its_run_agent_and_binding(alice: Person, monkeypatch: Any) -> None:
    told: list[tuple[Any, Any]] = []
    monkeypatch.setattr(runs, "_replaced", lambda _uow, old, new: told.append((old.pk, new.pk)))
    run, thread = uuid7(), uuid7()
    bound = Binding(
        sphere="personal", thread=thread, lane="E", agent_version="3", models=("claude-sonnet-4-5",),
        max_tokens=1024, price_version="p1", resume_job="governance.checkpoint.execute",
    )  # fmt: skip
    with alice.acting(agent="nova", run_id=run), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", MAIL, binding=bound)
    shown = stopped.value.checkpoint
    with alice.acting():
        new = edit(shown, subject="Mercredi")
    assert (new.run_id, new.agent, new.sphere, new.thread_id) == (run, "nova", "personal", thread)
    with alice.looking():
        old = Checkpoint.objects.get(pk=shown["id"])
    changed = {name for name in old.envelope if old.envelope[name] != new.envelope[name]}
    assert changed == {"params", "preview", "nonce", "not_before", "expires_at"}
    assert told == [(old.pk, new.pk)]


def test_two_changes_of_one_question_have_one_winner(alice: Person) -> None:
    shown = ask(alice)
    with alice.acting():
        edit(shown, subject="Mercredi")
        with pytest.raises(Conflict):
            edit(shown, subject="Jeudi")
    with alice.acting(), transaction.atomic():
        assert Checkpoint.objects.waiting().count() == 1
