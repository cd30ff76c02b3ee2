"""An identity is erased a week after it was asked for: whole, with proof, and nothing of anybody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from governance.audit.verify import verify_chain
from governance.errors import AuditUnavailable, BadInput, Conflict, NotAllowed
from governance.isolation.catalogue import scoped_models
from governance.isolation.context import SYSTEM_CHAIN, Why, bind, reading, system_scope
from governance.isolation.inspect import findings
from governance.live.door import Close, Pass, still_admitted
from governance.models import AuditEntry, DataKey, Erasure, Identity, Job, Membership, OutboundMail
from governance.perform import perform
from governance.rights.erasing import close_identity, end_due, erase_identity
from governance.rights.sweeping import nobody_in
from spheres.models import Item
from tests.cast import Person, make_person, make_workshop
from tests.governance.audit.chains import verified, whole
from tests.governance.isolation.walls import superuser
from tests.governance.rights.archives import exported, file_of
from tests.governance.rights.endings import NOW, carried_out, erasure_of, overdue
from tests.spheres import makers

State = Erasure.State
KEPT = {"governance_auditentry", "governance_chainhead", "governance_signedhead"}


def rows_of(identity_id: Any) -> dict[str, int]:
    """How many rows each table that names an identity holds of this one, as the superuser counts them."""
    with superuser() as admin:
        tables = admin.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name = 'identity_id'"
        ).fetchall()
        return {
            name: admin.execute(f'SELECT count(*) FROM "{name}" WHERE identity_id = %s', [identity_id]).fetchone()[0]
            for (name,) in tables
        }


def test_it_waits_for_a_week_and_can_be_undone(alice: Person, workshop: Any) -> None:
    row = erasure_of(alice, workshop)
    assert (row.state, (row.due_at - row.requested_at).days) == (State.WAITING, 7)
    end_due(NOW)
    row.refresh_from_db()
    assert row.state == State.WAITING
    with alice.acting(workshop):
        makers.item("Encore là")
        perform("governance.identity.keep", {})
    overdue(row)
    end_due(NOW)
    row.refresh_from_db()
    assert row.state == State.UNDONE
    with alice.looking(workshop):
        assert Item.objects.count() == 1


def test_the_name_must_be_typed_and_only_an_owner_may(alice: Person, bob: Person, workshop: Any) -> None:
    for wrong in ("", "atelier roy", "Atelier"):
        with alice.acting(workshop), pytest.raises(BadInput) as refused:
            perform("governance.identity.erase", {"name": wrong})
        assert list(refused.value.errors) == ["name"]
    for role in ("admin", "member", "viewer"):
        Membership.objects.filter(user=bob.user, identity=workshop).update(role=role)
        with bob.acting(workshop), pytest.raises(NotAllowed):
            perform("governance.identity.erase", {"name": workshop.name})
    with alice.acting(workshop, agent="nova"), pytest.raises(NotAllowed):
        perform("governance.identity.erase", {"name": workshop.name})
    assert not Erasure.objects.of_identity(workshop.pk).exists()


def test_a_personal_identity_ends_with_its_account_only(alice: Person) -> None:
    with pytest.raises(Conflict) as refused:
        erasure_of(alice, alice.identity)
    assert refused.value.code == "personal_stays"


def test_it_cannot_be_asked_for_twice_nor_undone_without_need(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop), pytest.raises(Conflict):
        perform("governance.identity.keep", {})
    erasure_of(alice, workshop)
    with pytest.raises(Conflict) as refused:
        erasure_of(alice, workshop)
    assert refused.value.code == "erasure_waits"


def test_all_its_rows_go_but_the_log_and_the_proof_counts_them(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        makers.item("Bail")
        makers.capture("Appeler")
        thread = perform("threads.thread.create", {"title": "Assurance", "sphere": "business"})
        perform("threads.message.add", {"thread": thread.pk, "content": "Où est la police ?"})
    exported(alice, workshop)
    row = erasure_of(alice, workshop)
    before = rows_of(workshop.pk)
    done = carried_out(row)
    after = rows_of(workshop.pk)
    assert done.state == State.DONE
    assert {name for name, count in after.items() if count} == KEPT
    assert after["governance_auditentry"] == before["governance_auditentry"] + 1
    told = done.proof["tables"]
    assert {name: counts[1] for name, counts in told.items()} == after
    assert {model._meta.db_table for model in scoped_models()} <= set(told)
    for name in ("spheres_item", "spheres_itemversion", "threads_message", "governance_event", "governance_membership"):
        assert told[name] == [before[name], 0], name
        assert before[name] > 0, name
    assert not Identity.objects.filter(pk=workshop.pk).exists()
    assert done.rows_erased > 10


def test_its_chain_still_verifies_and_its_payloads_open_for_nobody(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        makers.item("Bail")
    done = carried_out(erasure_of(alice, workshop))
    with bind(nobody_in(workshop.pk)), reading():
        report = verify_chain(workshop.pk)
        entry = AuditEntry.objects.latest_first()[0]
        assert (report.ok, report.entries, report.head) == (True, *done.proof["chain"].values())
        assert entry.action == "governance.identity.erased"
        assert not DataKey.objects.exists()
        with pytest.raises(AuditUnavailable):
            from governance.audit.vault import unseal

            unseal(workshop.pk, "audit", bytes(entry.payload))
    assert whole(workshop.pk)


def test_the_proof_is_in_the_systems_chain(alice: Person, workshop: Any) -> None:
    carried_out(erasure_of(alice, workshop))
    with system_scope(Why.VERIFY):
        entry = AuditEntry.objects.filter(identity_id=SYSTEM_CHAIN, resource_id=workshop.pk).latest_first()[0]
    assert (entry.action, entry.effect, entry.outcome) == ("governance.identity.erased", "DELETE", "allowed")


def test_nothing_of_another_identity_is_touched(alice: Person, bob: Person, workshop: Any) -> None:
    other = make_workshop(bob)
    for person, identity in ((alice, None), (bob, other)):
        with person.acting(identity):
            makers.item("Reste")
        exported(person, identity)
    before = [rows_of(identity.pk) for identity in (alice.identity, other, bob.identity)]
    carried_out(erasure_of(alice, workshop))
    assert [rows_of(identity.pk) for identity in (alice.identity, other, bob.identity)] == before
    assert verified(alice, payloads=True).ok
    assert verified(bob, other, payloads=True).ok
    assert findings() == []


def test_its_files_go_and_nobody_elses(alice: Person, bob: Person, workshop: Any) -> None:
    from tests.governance.rights.test_archive import _sent

    mine = exported(alice, workshop)
    bobs = exported(bob)
    folder = Path(settings.DATA_DIR) / "files" / str(workshop.pk)
    folder.mkdir(parents=True)
    (folder / "bail.txt").write_text("x")
    _sent(bob, "de Bob")
    house = Person(alice.user, workshop)
    with house.acting(workshop), transaction.atomic():
        OutboundMail.objects.create(
            to=["paul@example.com"], subject="x", body="x", message_id=f"<{workshop.pk}@chenu.invalid>",
            person_id=alice.user.pk, recipients=1, created_at=timezone.now(),
        )  # fmt: skip
    outbox = Path(settings.OUTBOX_DIR)
    (outbox / f"{workshop.pk}.eml").write_text(f"Message-ID: <{workshop.pk}@chenu.invalid>\r\n\r\nx")
    others = {path for path in outbox.glob("*.eml") if path.stem != str(workshop.pk)}
    carried_out(erasure_of(alice, workshop))
    assert not file_of(mine).parent.exists()
    assert not folder.exists()
    assert set(outbox.glob("*.eml")) == others
    assert file_of(bobs).is_file()


def test_when_the_grace_is_over_nobody_gets_in_and_nothing_new_begins(
    alice: Person, bob: Person, workshop: Any
) -> None:
    from tests.governance.rights.archives import requested

    assert bob.api.request("GET", "items/", HTTP_X_IDENTITY_ID=str(workshop.pk)).status_code == 200
    requested(alice, workshop)
    assert close_identity(overdue(erasure_of(alice, workshop)))
    assert bob.api.request("GET", "items/", HTTP_X_IDENTITY_ID=str(workshop.pk)).status_code == 403
    assert bob.api.get("items/").status_code == 200
    assert not Job.objects.filter(identity_id=workshop.pk).exists()


def test_open_sockets_of_all_members_no_longer_hold(alice: Person, bob: Person, workshop: Any) -> None:
    passes = [socket_of(person, identity) for person, identity in ((alice, workshop), (bob, workshop), (bob, None))]
    assert still_admitted(passes) == {}
    close_identity(overdue(erasure_of(alice, workshop)))
    assert still_admitted(passes) == {passes[0]: Close.FOREIGN, passes[1]: Close.FOREIGN}


def socket_of(person: Person, identity: Any) -> Pass:
    """A browser's socket that was let in."""
    person.browser.get("/api/v2/auth/me/")
    session = person.browser.session
    context = person.context(identity, epoch=session["epoch"])
    return Pass(context, session.session_key, person.user.get_session_auth_hash(), by_token=False)


def test_it_waits_for_jobs_that_still_run_and_for_requests_that_were_let_in(alice: Person, workshop: Any) -> None:
    row = overdue(erasure_of(alice, workshop))
    end_due()
    row.refresh_from_db()
    assert row.state == State.ERASING
    job = Job.objects.create(kind="x", identity_id=workshop.pk, person_id=alice.user.pk, state=Job.State.RUNNING)
    assert not erase_identity(row)
    assert Identity.objects.filter(pk=workshop.pk).exists()
    job.delete()
    end_due(NOW)
    row.refresh_from_db()
    assert row.state == State.DONE


def test_a_crash_in_the_middle_changes_nothing_and_the_next_round_goes_on(
    alice: Person, workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with alice.acting(workshop):
        makers.item("Bail")
    row = overdue(erasure_of(alice, workshop))
    close_identity(row)
    before = rows_of(workshop.pk)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("governance.rights.erasing._keep_a_default", _dies)
        erase_identity(row)
    assert rows_of(workshop.pk) == before
    end_due(NOW)
    row.refresh_from_db()
    assert row.state == State.DONE


def _dies(_: Any) -> None:
    raise KeyboardInterrupt


def test_a_persons_default_falls_back_on_the_personal_identity(alice: Person, workshop: Any) -> None:
    with transaction.atomic():
        Identity.objects.filter(pk=alice.identity.pk).update(is_default=False)
        Identity.objects.filter(pk=workshop.pk).update(is_default=True)
    carried_out(erasure_of(alice, workshop))
    assert Identity.objects.get(owner=alice.user).is_default


def call_erase(target: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chenu.erase_identity(%s)", [target])


def test_the_function_obeys_the_system_and_a_due_mark_only(alice: Person, workshop: Any) -> None:
    row = erasure_of(alice, workshop)
    with pytest.raises(DatabaseError, match="not due to be erased"), system_scope(Why.ACCOUNTS):
        call_erase(workshop.pk)
    Erasure.objects.filter(pk=row.pk).update(state=State.ERASING)
    with pytest.raises(DatabaseError, match="not due to be erased"), system_scope(Why.ACCOUNTS):
        call_erase(workshop.pk)  # its grace is not over
    overdue(row)
    with alice.acting(workshop), pytest.raises(DatabaseError, match="by the system only"), transaction.atomic():
        call_erase(workshop.pk)
    with pytest.raises(DatabaseError, match="not due to be erased"), system_scope(Why.ACCOUNTS):
        call_erase(alice.identity.pk)
    assert Identity.objects.filter(pk__in=[workshop.pk, alice.identity.pk]).count() == 2


@pytest.mark.parametrize("role", ["chenu_app", "chenu_system"])
def test_naming_an_identity_does_not_open_a_table_that_only_grows(alice: Person, role: str) -> None:
    """The mark that lets `erase_identity` delete is worth nothing in other hands; the log never goes at all."""
    with alice.acting():
        makers.item("Bail")
    with superuser() as admin:
        admin.execute("SELECT set_config('chenu.erasing', %s, false)", [str(alice.identity.pk)])
        with pytest.raises(Exception, match="only grows"):
            admin.execute("DELETE FROM spheres_itemversion WHERE identity_id = %s", [alice.identity.pk])
        admin.execute(f"SET ROLE {role}")
        admin.execute("SELECT set_config('chenu.identity', %s, false)", [str(alice.identity.pk)])
        with pytest.raises(Exception, match="permission denied"):
            admin.execute("DELETE FROM spheres_itemversion WHERE identity_id = %s", [alice.identity.pk])
    with superuser() as admin:
        admin.execute("SET ROLE chenu_owner")
        admin.execute("SELECT set_config('chenu.erasing', %s, false)", [str(alice.identity.pk)])
        with pytest.raises(Exception, match="only grows"):
            admin.execute("DELETE FROM governance_auditentry WHERE identity_id = %s", [alice.identity.pk])


def test_what_was_reserved_is_free_for_the_others_again(db: None) -> None:
    from governance.ledger.models import InstallationAccount

    owner = make_person("Alice")
    house = make_workshop(owner)
    month = timezone.now().date().replace(day=1)

    def held() -> int:
        row = InstallationAccount.objects.filter(month=month).first()
        return row.pico_usd_held if row else 0

    before = held()
    with superuser() as admin:
        _reserve(admin, house.pk, month)
    assert held() == before + 7
    carried_out(erasure_of(owner, house))
    assert held() == before


def _reserve(admin: Any, identity: Any, month: Any) -> None:
    """A hold of 7 pico-dollars that nobody will end, as a lost run leaves it."""
    admin.execute(
        "INSERT INTO governance_installationaccount (month, pico_usd_cap, pico_usd_held, pico_usd_spent) "
        "VALUES (%s, 1000, 7, 0) ON CONFLICT (month) DO UPDATE SET "
        "pico_usd_held = governance_installationaccount.pico_usd_held + 7",
        [month],
    )
    (account,) = admin.execute(
        "INSERT INTO governance_account (id, identity_id, kind, ref, depth, tokens_held, tokens_spent, tokens_balance, "
        "pico_usd_held, pico_usd_spent) VALUES (gen_random_uuid(), %s, 'identity', '', 0, 0, 0, 0, 7, 0) RETURNING id",
        [identity],
    ).fetchone()
    admin.execute(
        "INSERT INTO governance_hold (id, identity_id, account_id, tokens, pico_usd, month, state, created_at) "
        "VALUES (gen_random_uuid(), %s, %s, 0, 7, %s, 'held', now())",
        [identity, account, month],
    )
