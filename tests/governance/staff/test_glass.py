"""Break-glass: told to the owners at once, in their chain, for half an hour, and without a way to write."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone

from chenu.frame import read
from governance.audit.checking import work_out
from governance.errors import BadInput, Conflict, Gone, NotAllowed
from governance.isolation.context import Channel, Why, bind, reading, system_scope
from governance.models import AuditEntry, BreakGlass, Membership, Notification
from governance.notifications.own import LOOKED
from governance.perform import perform
from governance.registry.actions import all_actions
from governance.staff import contexts
from governance.staff.contexts import looking_into, machine_context
from governance.staff.looks import WORDS, all_looks, register_look
from governance.staff.tasks import sweep
from governance.uow import unit_of_work
from tests.cast import Person, make_person, make_workshop
from tests.governance.access.test_stepup import later
from tests.governance.checkpoints.asking import ask
from tests.governance.staff.staff import REASON, a_look, acting, at_work, hire, submit, system_entries, told_to
from tests.spheres import makers

pytestmark = pytest.mark.security
SECRET = "zzq-a-secret-of-alice"


@pytest.fixture
def seen(alice: Person, sam: Person) -> tuple[Client, BreakGlass]:
    """Sam, who looks into Alice's identity, where a capture and a note are."""
    with alice.acting():
        perform("spheres.capture.create", {"content": SECRET, "sphere": "personal"})
        makers.item(SECRET, sphere="personal")
    browser = at_work(hire(sam))
    answer = submit(browser, f"/admin/glass/open/{alice.identity.pk}/", {"reason": REASON})
    assert answer.status_code == 302, answer.content.decode()
    return browser, BreakGlass.objects.get(person=sam.user)


def actions_of(person: Person) -> list[str]:
    with person.looking():
        return list(AuditEntry.objects.in_order().values_list("action", flat=True))


def test_a_look_is_in_the_owners_chain_and_inbox_at_once(seen: Any, alice: Person, sam: Person) -> None:
    _, glass = seen
    assert actions_of(alice)[-1] == "governance.glass.open"
    (told,) = told_to(alice, "governance.glass.open")
    assert (told["said"], told["by"]) == (REASON, "Sam")
    with alice.looking():
        (told_alice,) = Notification.objects.filter(event=LOOKED)
        assert (told_alice.person_id, told_alice.about, told_alice.type) == (alice.user.pk, str(glass.pk), "alert")
        assert read().unread == 1
    assert f"/notifications/{told_alice.pk}/read/" in alice.browser.get("/notifications/").content.decode()
    log = alice.browser.get("/audit/").content.decode()
    assert REASON in log
    assert "Sam" in log
    assert system_entries("governance.glass.open")[-1].resource_id == glass.pk


def test_every_owner_is_told_each_time_and_nobody_else(sam: Person) -> None:
    owner, second, member = (make_person(name) for name in ("Odile", "Omar", "Max"))
    firm = make_workshop(owner, second, role="owner")
    Membership.objects.create(user=member.user, identity=firm, role="member")
    hire(sam)
    for count in (1, 2):
        row = a_look(sam, firm)
        with owner.looking(firm):
            found = Counter(Notification.objects.filter(event=LOOKED).values_list("person_id", flat=True))
        assert found == {owner.user.pk: count, second.user.pk: count}
        with acting(sam):
            perform("governance.glass.end", {"glass": row.pk})


def test_a_page_of_rows_is_on_record_before_it_is_sent(seen: Any, alice: Person) -> None:
    browser, glass = seen
    page = browser.get(f"/admin/glass/{glass.pk}/captures/")
    assert SECRET in page.content.decode()
    (told,) = told_to(alice, "governance.glass.look")
    assert (told["table"], told["said"], told["rows"]) == ("spheres.capture", "look:captures", 1)
    with alice.looking():
        row = apps.get_model("spheres.Capture").objects.get()
    assert SECRET in browser.get(f"/admin/glass/{glass.pk}/captures/{row.pk}/").content.decode()
    assert told_to(alice, "governance.glass.look")[-1]["row"] == str(row.pk)
    assert len(system_entries("governance.glass.look")) >= 2


def test_what_cannot_be_recorded_is_not_shown(seen: Any, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.staff import gate

    browser, glass = seen
    real = gate.perform

    def ended_meanwhile(name: str, params: Any) -> Any:
        BreakGlass.objects.filter(pk=glass.pk).update(ended_at=timezone.now(), ending="ended")
        return real(name, params)

    monkeypatch.setattr(gate, "perform", ended_meanwhile)
    answer = browser.get(f"/admin/glass/{glass.pk}/captures/")
    assert answer.status_code == 410
    assert SECRET not in answer.content.decode()


def test_every_table_can_be_looked_at_and_names_its_columns(seen: Any) -> None:
    browser, glass = seen
    assert {look.slug for look in all_looks()} >= {
        "threads", "messages", "captures", "items", "runs", "checkpoints", "ledger", "log",
    }  # fmt: skip
    for look in all_looks():
        assert set(look.columns) <= set(WORDS)
        assert browser.get(f"/admin/glass/{glass.pk}/{look.slug}/").status_code == 200
    assert browser.get(f"/admin/glass/{glass.pk}/keys/").status_code == 404


def test_switches_sights_and_verifications_are_shown_without_words(seen: Any, alice: Person) -> None:
    browser, glass = seen
    question = ask(alice)
    alice.browser.get(f"/approvals/{question['id']}/")
    with alice.acting():
        perform("governance.kill.pull", {"scope": "sphere", "id": "social", "reason": "zzq-why"})
        check = perform("governance.audit.verify", {})
    with alice.acting(channel=Channel.TASK):
        work_out(check.pk)
    shown = {}
    for table in ("switches", "sights", "verifications"):
        shown[table] = browser.get(f"/admin/glass/{glass.pk}/{table}/").content.decode()
        assert told_to(alice, "governance.glass.look")[-1]["said"] == f"look:{table}"
    assert "social" in shown["switches"]
    assert str(alice.user.pk) in shown["switches"]
    assert "zzq-why" not in shown["switches"]
    assert question["id"] in shown["sights"]
    assert "oui" in shown["verifications"]
    row = browser.get(f"/admin/glass/{glass.pk}/verifications/{check.pk}/").content.decode()
    assert str(alice.user.pk) in row


def test_nothing_sealed_or_secret_may_be_registered_by_chance() -> None:
    hidden = {"payload", "body", "params", "preview", "envelope", "wrapped", "answer", "secret", "digest", "receipt"}
    assert not [look.slug for look in all_looks() if hidden & set(look.columns)]
    with pytest.raises(ValueError):
        register_look(AuditEntry, "sealed", "Sealed", "payload")


def test_a_look_shows_one_identity_only(seen: Any, alice: Person, charlie: Person) -> None:
    browser, glass = seen
    with charlie.acting():
        perform("spheres.capture.create", {"content": "zzq-of-charlie", "sphere": "personal"})
    with charlie.looking():
        other = apps.get_model("spheres.Capture").objects.get()
    assert "zzq-of-charlie" not in browser.get(f"/admin/glass/{glass.pk}/captures/").content.decode()
    assert browser.get(f"/admin/glass/{glass.pk}/captures/{other.pk}/").status_code == 404


def test_a_colleague_may_end_it_but_not_look_through_it(seen: Any, bob: Person) -> None:
    browser, glass = seen
    other = at_work(hire(bob))
    for path in ("", "captures/"):
        assert other.get(f"/admin/glass/{glass.pk}/{path}").status_code == 404
    assert submit(other, f"/admin/glass/{glass.pk}/end/").status_code == 302
    assert browser.get(f"/admin/glass/{glass.pk}/captures/").status_code == 410


def test_it_ends_by_hand_and_by_time_and_the_chain_says_so(seen: Any, alice: Person, sam: Person) -> None:
    browser, glass = seen
    submit(browser, f"/admin/glass/{glass.pk}/end/")
    assert told_to(alice, "governance.glass.end")[-1]["said"] == "ending:ended"
    again = a_look(sam, alice.identity)
    assert again.ends_at - again.opened_at == timedelta(minutes=30)
    BreakGlass.objects.filter(pk=again.pk).update(ends_at=timezone.now())
    assert browser.get(f"/admin/glass/{again.pk}/captures/").status_code == 410, "before any sweep"
    sweep(None)
    sweep(None)
    assert [each["said"] for each in told_to(alice, "governance.glass.end")] == ["ending:ended", "ending:expired"]


def test_one_at_a_time_and_never_into_ones_own(seen: Any, sam: Person, charlie: Person) -> None:
    with pytest.raises(Conflict) as refused:
        a_look(sam, charlie.identity)
    assert refused.value.code == "looking_already"
    BreakGlass.objects.filter(person=sam.user).update(ends_at=timezone.now())
    with pytest.raises(Conflict) as refused:
        a_look(sam, sam.identity)
    assert refused.value.code == "own_identity"
    assert a_look(sam, charlie.identity).is_open, "what is over does not stand in the way"


@pytest.mark.parametrize("reason", ["", "too short", " " * 40, "x" * 501])
def test_a_reason_is_asked_for_and_nothing_is_opened_without(reason: str, alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    answer = submit(browser, f"/admin/glass/open/{alice.identity.pk}/", {"reason": reason})
    assert answer.status_code == 400
    with acting(sam), pytest.raises(BadInput):
        perform("governance.glass.open", {"identity": alice.identity.pk, "reason": reason})
    assert not BreakGlass.objects.filter(identity=alice.identity).exists()
    with alice.looking():
        assert not Notification.objects.filter(event=LOOKED).exists()


def test_opening_asks_for_a_fresh_second_factor(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    later(browser, 601)
    for answer in (
        browser.get(f"/admin/glass/open/{alice.identity.pk}/"),
        submit(browser, f"/admin/glass/open/{alice.identity.pk}/", {"reason": REASON}),
    ):
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not BreakGlass.objects.filter(person=sam.user).exists()


def test_a_look_writes_to_no_table(seen: Any, alice: Person, sam: Person) -> None:
    """Not by SQL, not by the ORM, not of the identity, not of the installation."""
    _, glass = seen
    with acting(sam), looking_into(glass):
        assert apps.get_model("spheres.Capture").objects.count() == 1
    for model in apps.get_models(include_auto_created=True):
        table, column = model._meta.db_table, model._meta.pk.column
        for sql in (f'UPDATE "{table}" SET "{column}" = "{column}"', f'DELETE FROM "{table}"'):
            with acting(sam), pytest.raises(DatabaseError, match="read-only"), looking_into(glass):
                with connection.cursor() as cursor:
                    cursor.execute(sql)
    for sql in ("SET TRANSACTION READ WRITE", "CREATE TABLE x (i int)", "SELECT nextval('django_admin_log_id_seq')"):
        with acting(sam), pytest.raises(DatabaseError), looking_into(glass), connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.execute("DELETE FROM spheres_capture")


def test_no_action_passes_under_a_look(seen: Any, sam: Person) -> None:
    _, glass = seen
    for name, action in all_actions().items():
        with acting(sam), looking_into(glass):
            from governance.isolation.context import current

            if not name.startswith("tests."):
                assert not _allows(action, current()), name
            with pytest.raises(RuntimeError):
                perform(name, {})
            with pytest.raises(RuntimeError), unit_of_work():
                pass


def _allows(action: Any, actor: Any) -> bool:
    from types import SimpleNamespace

    from uuid_utils.compat import uuid7

    return bool(action.policy(actor, SimpleNamespace(run=uuid7())))


def test_a_look_is_bound_inside_a_transaction_that_cannot_write_only(seen: Any, alice: Person, sam: Person) -> None:
    _, glass = seen
    with acting(sam):
        with looking_into(glass):
            from governance.isolation.context import current

            look = current()
            for escape in (lambda: bind(alice.context()), lambda: system_scope(Why.VERIFY)):
                with pytest.raises(RuntimeError), escape():
                    pass
        with pytest.raises(RuntimeError), bind(look):
            pass
        with transaction.atomic(), pytest.raises(RuntimeError), bind(look):
            pass
        with transaction.atomic(), pytest.raises(RuntimeError), looking_into(glass):
            pass
        with reading(), bind(look):
            pass


def test_who_is_no_staff_breaks_no_glass(alice: Person, charlie: Person) -> None:
    params = {"identity": alice.identity.pk, "reason": REASON}
    for changes in ({}, {"role": "staff"}, {"channel": "admin"}, {"role": "staff", "channel": "admin"}):
        with charlie.acting(**changes), pytest.raises(NotAllowed):
            perform("governance.glass.open", params)
    with bind(machine_context()), pytest.raises(NotAllowed):
        perform("governance.glass.open", params)


def test_it_ends_with_the_staff_and_with_the_account(seen: Any, alice: Person, sam: Person, bob: Person) -> None:
    _, glass = seen
    hire(bob)
    with acting(bob):
        perform("governance.person.suspend", {"person": sam.user.pk, "reason": "a good reason"})
    glass.refresh_from_db()
    assert (glass.ending, glass.is_open) == ("withdrawn", False)
    assert told_to(alice, "governance.glass.end")[-1]["said"] == "ending:withdrawn"
    with acting(sam), pytest.raises(Gone):
        perform("governance.glass.look", {"glass": glass.pk, "table": "captures", "rows": 0})


def test_the_row_goes_with_its_identity_and_its_person() -> None:
    """The SQL that erases takes every table with `identity_id`; deleting a person takes theirs."""
    assert BreakGlass._meta.get_field("identity").remote_field.on_delete.__name__ == "CASCADE"
    assert BreakGlass._meta.get_field("person").remote_field.on_delete.__name__ == "CASCADE"
    with pytest.raises(FieldDoesNotExist):
        BreakGlass._meta.get_field("rows")
    assert contexts.LOOKING not in {"owner", "admin", "member", "viewer", "staff", "system"}
