"""The one way to act: policy, gate, change, audit, announce; a refusal leaves nothing but its entry (design 2.2)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from governance import uow as uow_module
from governance.audit.entries import Appended
from governance.errors import AuditUnavailable, BadInput, Conflict, NoIdentity, NotAllowed
from governance.isolation.context import reading
from governance.models import Event, Membership, User
from governance.models import IdempotencyRecord as Record
from governance.perform import perform
from governance.registry.actions import Params, all_actions
from tests.cast import PASSWORD, Person
from tests.governance.acts import Note, bodies_of, declared, entries_of, payload_of
from tests.governance.isolation.walls import database_name, planted, superuser, unsaved
from tests.ground import admin_dsn

REFUSED = "GRANT EXECUTE ON FUNCTION chenu.audit_append TO chenu_app, chenu_system"
NO_LOG = "REVOKE EXECUTE ON FUNCTION chenu.audit_append FROM chenu_app, chenu_system"


def keep(uow: Any, params: Note) -> Record:
    """A change that writes one row and says so."""
    row = unsaved()
    row.save(force_insert=True)
    uow.announce("test.kept", row.pk, text=params.text)
    return row


def rows(person: Person) -> int:
    with person.looking():
        return Record.objects.count()


def news(person: Person) -> list[str]:
    with person.looking():
        return list(Event.objects.after(0).values_list("kind", flat=True))


def test_an_act_leaves_its_row_its_entry_and_its_event(alice: Person) -> None:
    with declared("test.note.keep", keep) as name, alice.acting() as actor:
        row = perform(name, {"text": "Bonjour"})
    entry, body = entries_of(alice)[-1], bodies_of(alice)[-1]
    assert (body["action"], body["effect"], body["outcome"]) == ("test.note.keep", "UPDATE", "allowed")
    assert body["resource"] == {"type": "governance.idempotencyrecord", "id": str(row.pk), "version": None}
    assert body["actor"]["person"] == str(alice.user.pk)
    assert body["actor"]["identity"] == str(alice.identity.pk)
    assert body["request"] == str(actor.request_id)
    assert payload_of(alice, entry)["params"] == {"text": "Bonjour", "secret": "", "number": 0}
    assert (rows(alice), news(alice)[-1]) == (1, "test.kept")


def test_the_order_is_policy_change_audit_announce(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, bool]] = []

    def noting(step: str, plain: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            steps.append((step, connection.in_atomic_block))
            return plain(*args, **kwargs)

        return noted

    monkeypatch.setattr(uow_module, "append", noting("audit", uow_module.append))
    monkeypatch.setattr(uow_module, "notify", noting("announce", uow_module.notify))
    policy = noting("policy", lambda actor, params: True)
    with declared("test.note.keep", noting("change", keep), policy=policy) as name, alice.acting():
        perform(name, {})
    assert steps == [("policy", True), ("change", True), ("audit", True), ("announce", True)]


def test_the_policy_runs_where_nothing_can_be_written(alice: Person) -> None:
    def greedy(actor: Any, params: Any) -> bool:
        unsaved().save(force_insert=True)
        return True

    with (
        declared("test.note.keep", keep, policy=greedy) as name,
        alice.acting(),
        pytest.raises(Exception, match="read-only"),
    ):
        perform(name, {})
    assert rows(alice) == 0


def test_an_act_that_cannot_be_recorded_does_not_happen(alice: Person) -> None:
    before = (len(entries_of(alice)), rows(alice), news(alice))
    with (
        declared("test.note.keep", keep) as name,
        planted(NO_LOG, REFUSED),
        alice.acting(),
        pytest.raises(AuditUnavailable) as refusal,
    ):
        perform(name, {})
    assert (refusal.value.status, refusal.value.code) == (503, "audit_unavailable")
    assert (len(entries_of(alice)), rows(alice), news(alice)) == before


def test_the_api_answers_503_when_the_log_does_not_answer(alice: Person) -> None:
    api = alice.api
    with planted(NO_LOG, REFUSED):
        answer = api.patch("auth/me/", {"theme": "dark"})
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert User.objects.get(pk=alice.user.pk).theme == "auto"


def test_without_the_entry_the_change_would_stand(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: it is the append, inside the transaction, that takes the change back."""
    monkeypatch.setattr(uow_module, "append", lambda *_: Appended(0, 0, False))
    with declared("test.note.keep", keep) as name, planted(NO_LOG, REFUSED), alice.acting():
        perform(name, {})
    assert rows(alice) == 1


@pytest.mark.parametrize("role", ["viewer", "nobody", ""])
def test_a_refused_act_leaves_only_its_entry(role: str, alice: Person) -> None:
    before = (len(entries_of(alice)), rows(alice), news(alice))
    with declared("test.note.keep", keep) as name, alice.acting(role=role), pytest.raises(NotAllowed):
        perform(name, {"text": "Bonjour"})
    body = bodies_of(alice)[-1]
    assert (body["action"], body["outcome"], body["reason"]) == ("test.note.keep", "refused", "not_allowed")
    assert payload_of(alice, entries_of(alice)[-1])["params"]["text"] == "Bonjour"
    assert (len(entries_of(alice)), rows(alice), news(alice)) == (before[0] + 1, before[1], before[2])


def test_a_refusal_in_the_middle_takes_everything_back_but_its_entry(alice: Person) -> None:
    def half(uow: Any, params: Note) -> None:
        keep(uow, params)
        raise Conflict("taken")

    before = (rows(alice), news(alice))
    with declared("test.note.keep", half) as name, alice.acting(), pytest.raises(Conflict):
        perform(name, {})
    assert (rows(alice), news(alice)) == before
    assert [(body["outcome"], body["reason"]) for body in bodies_of(alice)][-1] == ("refused", "taken")


def test_a_fault_of_ours_takes_everything_back(alice: Person) -> None:
    def broken(uow: Any, params: Note) -> None:
        keep(uow, params)
        raise ZeroDivisionError

    before = (len(entries_of(alice)), rows(alice), news(alice))
    with declared("test.note.keep", broken) as name, alice.acting(), pytest.raises(ZeroDivisionError):
        perform(name, {})
    assert (len(entries_of(alice)), rows(alice), news(alice)) == before


def test_it_refuses_to_begin_inside_a_transaction(alice: Person) -> None:
    with alice.acting(), transaction.atomic(), pytest.raises(RuntimeError, match="leave reading"):
        perform("governance.person.update", {"theme": "dark"})
    with alice.acting(), reading(), pytest.raises(RuntimeError, match="leave reading"):
        perform("governance.person.update", {"theme": "dark"})
    assert User.objects.get(pk=alice.user.pk).theme == "auto"


def test_nobody_in_particular_cannot_act(alice: Person) -> None:
    with pytest.raises(NoIdentity):
        perform("governance.person.update", {"theme": "dark"})


def test_an_unknown_act_is_a_fault_and_wrong_parameters_are_named(alice: Person) -> None:
    before = len(entries_of(alice))
    with alice.acting(), pytest.raises(KeyError):
        perform("test.note.unheard", {})
    with alice.acting(), pytest.raises(BadInput) as refusal:
        perform("governance.person.update", {"theme": "pink", "colour": 1})
    assert set(refusal.value.errors) == {"theme", "colour"}
    assert len(entries_of(alice)) == before


def test_secrets_are_never_recorded_not_even_sealed(alice: Person) -> None:
    with declared("test.note.keep", keep, secret=frozenset({"secret"})) as name:
        with alice.acting():
            perform(name, {"secret": "hunter-two"})
        with alice.acting(role="viewer"), pytest.raises(NotAllowed):
            perform(name, {"secret": "hunter-two"})
    for entry in entries_of(alice)[-2:]:
        assert payload_of(alice, entry)["params"] == {"text": "x", "number": 0}


def test_a_registration_records_no_password_and_no_hash(alice: Person) -> None:
    payload = payload_of(alice, entries_of(alice)[0])
    assert set(payload["params"]) == {"email", "display_name", "language"}
    assert PASSWORD not in str(payload)
    assert "argon2" not in str(payload)


def test_every_parameter_that_holds_a_secret_is_declared_one() -> None:
    for name, action in all_actions().items():
        telling = {field for field in action.params.model_fields if any(w in field for w in ("password", "secret"))}
        assert telling <= action.secret, name


def test_every_action_is_named_typed_and_labelled() -> None:
    for name, action in all_actions().items():
        assert len(name.split(".")) in {2, 3}, name
        assert issubclass(action.params, Params)
        assert str(action.label)
        assert action.params.model_config["extra"] == "forbid", name


def test_a_removed_member_cannot_act_through_the_api(bob: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    answer = bob.api.patch("auth/me/", {"theme": "dark"}, HTTP_X_IDENTITY_ID=str(workshop.pk))
    assert answer.status_code == 403
    assert User.objects.get(pk=bob.user.pk).theme == "auto"


def test_the_announcement_is_heard_after_the_commit_with_the_last_number(alice: Person) -> None:
    with psycopg.connect(admin_dsn(database_name()), autocommit=True) as ear:
        ear.execute("LISTEN chenu")
        with declared("test.note.keep", keep) as name, alice.acting():
            perform(name, {})
            perform(name, {})
        heard = [note.payload for note in ear.notifies(timeout=5, stop_after=2)]
        visible = ear.execute(
            "SELECT max(seq) FROM governance_event WHERE identity_id = %s", [alice.identity.pk]
        ).fetchone()
    assert visible is not None
    last = visible[0]
    assert heard == [f"{alice.identity.pk} {last - 1}", f"{alice.identity.pk} {last}"]


def test_nothing_is_announced_when_it_did_not_happen(alice: Person) -> None:
    with superuser() as ear:
        ear.execute("LISTEN chenu")
        with declared("test.note.keep", keep) as name, alice.acting(role="viewer"), pytest.raises(NotAllowed):
            perform(name, {})
        assert [note for note in ear.notifies(timeout=0.3) if str(alice.identity.pk) in note.payload] == []
