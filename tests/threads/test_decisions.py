"""threads/actions/decisions.py: proposed by anybody, adopted by people, superseded and never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection
from uuid_utils.compat import uuid7

from governance.errors import BadInput, Conflict, GovernanceError, IdentityBoundary, NotAllowed, NotThere
from governance.isolation.context import Channel
from governance.live.models import Event
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person, make_workshop
from tests.threads.conftest import MakeThread
from threads.models import Decision, Message

AGENT = {"channel": Channel.AGENT, "agent": "nova", "run_id": uuid7()}


def propose(person: Person, thread: Any, identity: Any = None, **values: Any) -> Decision:
    with person.acting(identity):
        return perform("threads.decision.propose", {"thread": thread.pk, "statement": "Renouveler 12 mois", **values})


def adopt(person: Person, decision: Decision, identity: Any = None, **context: Any) -> Decision:
    with person.acting(identity, **context):
        return perform("threads.decision.adopt", {"decision": decision.pk})


def supersede(person: Person, decision: Decision, statement: str = "Renouveler 6 mois", **context: Any) -> Decision:
    with person.acting(**context):
        return perform("threads.decision.supersede", {"decision": decision.pk, "statement": statement})


def kinds_about(person: Person, decision: Decision) -> list[str]:
    with person.looking():
        return list(Event.objects.filter(object_id=decision.pk).order_by("seq").values_list("kind", flat=True))


def test_a_proposal_waits_in_the_log_and_stands_in_the_conversation(alice: Person, thread: Any) -> None:
    decision = propose(alice, thread, type="direction", options=["Ne rien faire"])
    with alice.looking():
        row = Decision.objects.get(pk=decision.pk)
        assert (row.status, row.type, row.options) == ("proposed", "direction", ["Ne rien faire"])
        assert (row.proposed_by, row.proposed_by_name, row.proposed_by_agent) == (alice.user.pk, "Alice", "")
        assert (row.adopted_by, row.adopted_at) == (None, None)
        message = Message.objects.get(decision=row)
        assert (message.kind, message.content) == ("decision", "Renouveler 12 mois")
    assert kinds_about(alice, decision) == ["decision.proposed"]


def test_a_person_adopts_it(alice: Person, thread: Any) -> None:
    decision = adopt(alice, propose(alice, thread))
    assert (decision.status, decision.adopted_by, decision.adopted_by_name) == ("adopted", alice.user.pk, "Alice")
    assert decision.adopted_at is not None
    assert kinds_about(alice, decision) == ["decision.proposed", "decision.adopted"]


def test_a_decision_is_adopted_once(alice: Person, thread: Any) -> None:
    decision = adopt(alice, propose(alice, thread))
    with pytest.raises(Conflict) as refused:
        adopt(alice, decision)
    assert refused.value.code == "decision_state"


def test_superseding_adopts_the_new_and_keeps_the_old(alice: Person, thread: Any) -> None:
    old = adopt(alice, propose(alice, thread, type="policy"))
    new = supersede(alice, old)
    with alice.looking():
        kept = Decision.objects.get(pk=old.pk)
        assert (kept.status, kept.statement) == ("superseded", "Renouveler 12 mois")
        assert kept.superseded_at is not None
        row = Decision.objects.get(pk=new.pk)
        assert (row.status, row.statement, row.supersedes_id, row.type, row.adopted_by) == (
            "adopted",
            "Renouveler 6 mois",
            old.pk,
            "policy",
            alice.user.pk,
        )
    assert kinds_about(alice, new) == ["decision.adopted"]


def test_only_what_is_in_force_is_superseded(alice: Person, thread: Any) -> None:
    proposal = propose(alice, thread)
    with pytest.raises(Conflict):
        supersede(alice, proposal)
    supersede(alice, adopt(alice, proposal))
    with pytest.raises(Conflict):
        supersede(alice, proposal)
    with alice.looking():
        assert Decision.objects.filter(thread=thread.pk).count() == 2


def test_an_agent_proposes_and_never_adopts(alice: Person, thread: Any) -> None:
    with alice.acting(**AGENT):
        decision = perform("threads.decision.propose", {"thread": thread.pk, "statement": "Suivre la fiche"})
    assert (decision.proposed_by_name, decision.proposed_by_agent) == ("Nova", "nova")
    with pytest.raises(NotAllowed):
        adopt(alice, decision, **AGENT)
    adopted = adopt(alice, decision)
    with pytest.raises(NotAllowed):
        supersede(alice, adopted, **AGENT)


def test_a_programs_token_never_adopts(alice: Person, thread: Any) -> None:
    decision = propose(alice, thread)
    with pytest.raises(NotAllowed):
        adopt(alice, decision, token_id=uuid7())
    adopted = adopt(alice, decision)
    with pytest.raises(NotAllowed):
        supersede(alice, adopted, token_id=uuid7())


def test_a_viewer_decides_nothing(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    thread = make_thread(alice, firm)
    decision = propose(alice, thread, firm)
    for name, params in [
        ("propose", {"thread": thread.pk, "statement": "x"}),
        ("adopt", {"decision": decision.pk}),
        ("supersede", {"decision": decision.pk, "statement": "x"}),
    ]:
        with bob.acting(firm), pytest.raises(NotAllowed):
            perform(f"threads.decision.{name}", params)


def test_another_identity_decides_nothing(alice: Person, charlie: Person, thread: Any) -> None:
    decision = propose(alice, thread)
    with pytest.raises(IdentityBoundary):
        propose(charlie, thread)
    with pytest.raises(IdentityBoundary):
        adopt(charlie, decision)
    with pytest.raises(IdentityBoundary):
        supersede(charlie, decision)


def test_a_decision_of_nobody_is_not_there(alice: Person) -> None:
    with alice.acting(), pytest.raises(NotThere):
        perform("threads.decision.adopt", {"decision": uuid7()})


def test_an_archived_thread_decides_nothing(alice: Person, thread: Any) -> None:
    proposal, adopted = propose(alice, thread), adopt(alice, propose(alice, thread))
    with alice.acting():
        perform("threads.thread.archive", {"thread": thread.pk})
    for step in (
        lambda: propose(alice, thread),
        lambda: adopt(alice, proposal),
        lambda: supersede(alice, adopted),
    ):
        with pytest.raises(Conflict) as refused:
            step()
        assert refused.value.code == "thread_archived"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"statement": " "}, "statement"),
        ({"statement": "x" * 2_001}, "statement"),
        ({"type": "wish"}, "type"),
        ({"options": ["x"] * 11}, "options"),
        ({"options": [""]}, "options.0"),
        ({"options": ["x" * 501]}, "options.0"),
    ],
)
def test_wrong_fields_are_named(alice: Person, thread: Any, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        propose(alice, thread, **wrong)
    assert list(refused.value.errors) == [field]


def race(*steps: Any) -> list[str]:
    """Runs the steps at the same moment, each on its own connection; says what became of each."""
    barrier = Barrier(len(steps))

    def run(step: Any) -> str:
        try:
            barrier.wait()
            step()
        except GovernanceError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(len(steps)) as pool:
        return sorted(pool.map(run, steps))


def test_of_two_who_adopt_at_once_one_wins(alice: Person, thread: Any) -> None:
    decision = propose(alice, thread)
    assert race(*[lambda: adopt(alice, decision)] * 2) == ["decision_state", "won"]
    assert kinds_about(alice, decision) == ["decision.proposed", "decision.adopted"]


def test_of_two_who_supersede_at_once_one_wins(alice: Person, thread: Any) -> None:
    decision = adopt(alice, propose(alice, thread))
    assert race(*[lambda: supersede(alice, decision)] * 3) == ["decision_state", "decision_state", "won"]
    with alice.looking():
        assert Decision.objects.filter(supersedes=decision.pk).count() == 1


def test_the_database_keeps_the_words_of_a_decision(alice: Person, thread: Any) -> None:
    decision = propose(alice, thread)
    for words in ({"statement": "x"}, {"options": ["x"]}, {"proposed_by_name": "x"}, {"type": "policy"}):
        with pytest.raises(DatabaseError, match="never change"), alice.acting(), unit_of_work():
            Decision.objects.filter(pk=decision.pk).update(**words)


def test_the_database_knows_who_adopted(alice: Person, thread: Any) -> None:
    decision = propose(alice, thread)
    with pytest.raises(DatabaseError, match="decision_adopted_by_somebody"), alice.acting(), unit_of_work():
        Decision.objects.filter(pk=decision.pk).update(status="adopted")
