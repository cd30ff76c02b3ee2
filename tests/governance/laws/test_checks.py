"""Every live check goes red when what it guards is broken, and is as before once that is mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.audit import law_checks as audit_checks
from governance.audit.signing.taking import sign_heads
from governance.laws.checks import Finding, all_checks, register_check
from governance.laws.running import look
from governance.ledger import budget
from governance.models import Erasure, Execution, Notification, QuietHours
from governance.perform import perform
from governance.rules import engine, system
from governance.rules.laws import LAWS
from tests.agents.pipeline.runs import QUESTION, SEND, asked, decided, worked
from tests.cast import Person, make_workshop
from tests.governance.acts import declared
from tests.governance.audit.chains import grow, tampering
from tests.governance.checkpoints.test_flow import MAIL, ask, decide
from tests.governance.isolation.walls import planted, superuser, without_wall
from tests.governance.rights.endings import carried_out, erasure_of

TESTED: set[str] = set()
# What other tests leave behind in the database cannot break these.
ALWAYS_WHOLE = {
    "consent.asked", "agents.stopped", "context.spheres", "isolation.rule", "budget.rule", "levels.policies",
    "isolation.walls",
}  # fmt: skip


def found(key: str) -> tuple[str, str]:
    """State and detail, as the runner finds them."""
    row = look(next(check for check in all_checks() if check.key == key))
    return row.state, row.detail


@contextmanager
def goes_red(key: str) -> Iterator[None]:
    """The block breaks what the check guards; on its end it is mended."""
    before = found(key)
    assert before[0] == "holds" if key in ALWAYS_WHOLE else before[0] != "untold", before
    yield
    assert found(key) == before
    TESTED.add(key)


def red(key: str, says: str = "") -> None:
    state, detail = found(key)
    assert (state, says in detail) == ("broken", True), (state, detail)


@contextmanager
def harmed(harm: str, undo: str, *values: Any) -> Iterator[None]:
    """Changes rows as the superuser, with all triggers asleep, for the block."""
    with tampering() as admin:
        assert admin.execute(harm.encode(), values).rowcount
    try:
        yield
    finally:
        with tampering() as admin:
            admin.execute(undo.encode(), values)


@pytest.mark.parametrize(
    ("key", "lost", "says"),
    [
        ("consent.asked", "system.person_consent", "governance.message.send"),
        ("agents.stopped", "system.agent_send", "governance.message.send"),
        ("agents.stopped", "system.agent_delete", "remove"),
        ("agents.stopped", "system.agent_payment", "governance.payment.order"),
        ("agents.stopped", "system.agent_transfer", "governance.transfer.request"),
        ("context.spheres", "system.sphere_boundary", "person"),
        ("isolation.rule", "system.identity_boundary", "SEND"),
        ("budget.rule", "system.budget_exceeded", "allow"),
    ],
)
def test_a_rule_that_is_gone(key: str, lost: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with goes_red(key), monkeypatch.context() as patch:
        patch.setattr(system, "ALWAYS", tuple(rule for rule in system.ALWAYS if rule.code != lost))
        red(key, says)


def test_a_rule_that_was_loosened(monkeypatch: pytest.MonkeyPatch) -> None:
    with goes_red("agents.stopped"), monkeypatch.context() as patch:
        loose = tuple(replace(rule, effect="log") if "agent_send" in rule.code else rule for rule in system.ALWAYS)
        patch.setattr(system, "ALWAYS", loose)
        red("agents.stopped", "governance.message.send")


def test_an_effect_without_a_kind_of_question(monkeypatch: pytest.MonkeyPatch) -> None:
    with goes_red("consent.asked"), monkeypatch.context() as patch:
        patch.delitem(engine.DEFAULTS, "PAYMENT")
        red("consent.asked", "governance.payment.order")


def test_an_act_that_asks_nobody_who_they_are(alice: Person) -> None:
    with goes_red("levels.policies"), declared("tests.open", lambda uow, params: None, policy=lambda *_: True):
        red("levels.policies", "tests.open")


def test_an_act_that_was_carried_out_though_refused(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown)
        perform("governance.message.send", MAIL, approval=shown["id"])
    with alice.looking():
        assert Execution.objects.filter(checkpoint_id=shown["id"]).exists()
    harm = "UPDATE governance_checkpoint SET status = 'rejected' WHERE id = %s"
    undo = "UPDATE governance_checkpoint SET status = 'executed' WHERE id = %s"
    with goes_red("consent.carried"), harmed(harm, undo, shown["id"]):
        red("consent.carried", "without an approval")


def test_a_question_that_nobody_ends(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
    harm = "UPDATE governance_checkpoint SET expires_at = expires_at - interval '30 days' WHERE id = %s"
    with goes_red("time.overdue"), harmed(harm, harm.replace(" - ", " + "), shown["id"]):
        red("time.overdue", "past their time")


def test_an_agent_that_asks_and_asks(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
    more = (
        "INSERT INTO governance_checkpoint SELECT (jsonb_populate_record(c, jsonb_build_object("
        "'id', gen_random_uuid(), 'agent', 'tireless', 'request_digest', md5(n::text) || md5(n::text)))).* "
        "FROM governance_checkpoint c, generate_series(1, 16) n WHERE c.id = %s"
    )
    with goes_red("agents.paused"):
        with tampering() as admin:
            admin.execute(more.encode(), [shown["id"]])
        red("agents.paused", "too many open questions")
        with tampering() as admin:
            admin.execute(b"DELETE FROM governance_checkpoint WHERE agent = 'tireless'")


def test_an_e_mail_in_quiet_hours(alice: Person) -> None:
    now = timezone.now()
    with goes_red("time.quiet"):
        with alice.acting(), transaction.atomic():
            row = Notification.objects.create(
                person=alice.user, event="member.joined", type="info", source="system", about=str(uuid7()),
                expires_at=now + timedelta(days=1), mailed_at=now,
            )  # fmt: skip
        local = timezone.localtime(now, timezone=ZoneInfo(alice.user.timezone))
        starts, ends = (local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time()
        QuietHours.objects.create(person=alice.user, starts=starts, ends=ends)
        red("time.quiet", "e-mails disturbed")
        QuietHours.objects.filter(person=alice.user).update(starts=ends, ends=time(ends.hour, (ends.minute + 1) % 60))
        assert found("time.quiet")[0] == "holds"
        with alice.acting(), transaction.atomic():
            Notification.objects.filter(pk=row.pk).delete()
        QuietHours.objects.filter(person=alice.user).delete()


def test_an_entry_that_nobody_signs(alice: Person) -> None:
    sign_heads()
    grow(alice, 1)
    chain = alice.identity.pk
    harm = "UPDATE governance_auditentry SET at = at - interval '1 hour' WHERE identity_id = %s AND seq > 1"
    with goes_red("audit.signed"), harmed(harm, harm.replace("at - ", "at + "), chain):
        red("audit.signed", "nobody signed")


def test_an_outside_record_that_was_tampered_with(alice: Person, settings: Any, tmp_path: Any) -> None:
    settings.AUDIT_HEADS_FILE = tmp_path / "heads"
    grow(alice, 1)
    sign_heads()
    raw = settings.AUDIT_HEADS_FILE.read_bytes()
    with goes_red("audit.record"):
        settings.AUDIT_HEADS_FILE.write_bytes(raw + b"no line\n")
        red("audit.record", "is no line")
        settings.AUDIT_HEADS_FILE.write_bytes(raw)


@pytest.mark.parametrize("harm", ["body = body || ' '", "hash = prev_hash", "outcome = 'failed'"])
def test_an_entry_that_was_altered_since_the_signature(
    alice: Person, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    monkeypatch.setattr(audit_checks, "AT_ONCE", 100_000)
    grow(alice, 3)
    sign_heads()
    grow(alice, 3)
    chain = alice.identity.pk
    where = "WHERE identity_id = %s AND seq = (SELECT seq - 1 FROM governance_chainhead WHERE identity_id = %s)"
    with goes_red("audit.chains"):
        with superuser() as admin:
            kept = admin.execute(
                b"SELECT body, hash, outcome FROM governance_auditentry " + where.encode(), [chain, chain]
            ).fetchone()
        with tampering() as admin:
            admin.execute(f"UPDATE governance_auditentry SET {harm} {where}".encode(), [chain, chain])
        red("audit.chains", str(chain))
        with tampering() as admin:
            admin.execute(
                f"UPDATE governance_auditentry SET body = %s, hash = %s, outcome = %s {where}".encode(),
                [*(kept or ()), chain, chain],
            )


def a_hold(person: Person) -> UUID:
    with person.acting(), transaction.atomic():
        return budget.hold(budget.thread_account(uuid7(), "personal", 10_000), 500, 7_000).id


def test_a_reservation_that_is_left_behind(alice: Person) -> None:
    harm = "UPDATE governance_hold SET created_at = created_at - interval '1 hour' WHERE id = %s"
    with goes_red("budget.holds"), harmed(harm, harm.replace(" - ", " + "), a_hold(alice)):
        red("budget.holds", "never ended")


def test_a_balance_that_is_not_its_movements(alice: Person) -> None:
    a_hold(alice)
    harm = (
        "UPDATE governance_account SET tokens_balance = tokens_balance + 1 WHERE identity_id = %s AND kind = 'thread'"
    )
    with goes_red("budget.balances"), harmed(harm, harm.replace(" + ", " - "), alice.identity.pk):
        red("budget.balances", "last movement")


def test_a_month_beyond_its_ceiling_or_none_at_all(alice: Person, settings: Any) -> None:
    a_hold(alice)
    harm = "UPDATE governance_installationaccount SET pico_usd_spent = pico_usd_spent + 1000000000000000000 WHERE %s"
    with goes_red("budget.ceiling"), harmed(harm, harm.replace(" + ", " - "), True):
        red("budget.ceiling", "more than their ceiling")
    with goes_red("budget.ceiling"):
        cap = settings.MONTHLY_USD_CAP
        settings.MONTHLY_USD_CAP = -1
        red("budget.ceiling", "no monthly ceiling")
        settings.MONTHLY_USD_CAP = cap


def test_a_wall_that_was_taken_away() -> None:
    with goes_red("isolation.walls"), without_wall("policy"):
        red("isolation.walls", "governance_idempotencyrecord")
    off, on = ("ALTER TABLE governance_auditentry " + each for each in ("DISABLE", "ENABLE"))
    row = " ROW LEVEL SECURITY"
    with goes_red("isolation.walls"), planted(off + row, on + row):
        red("isolation.walls", "governance_auditentry")


def test_an_erasure_that_nobody_carries_out(alice: Person) -> None:
    row = erasure_of(alice, make_workshop(alice))
    with goes_red("deletion.due"):
        due = row.due_at
        Erasure.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(hours=2))
        red("deletion.due", "overdue")
        Erasure.objects.filter(pk=row.pk).update(due_at=due)


def test_a_row_that_outlives_its_identity(alice: Person) -> None:
    workshop = make_workshop(alice)
    with alice.acting(workshop):
        from tests.spheres import makers

        makers.capture("Bail")
    carried_out(erasure_of(alice, workshop))
    with alice.acting():
        left = makers.capture("Bail")
    move = "UPDATE spheres_capture SET identity_id = %s WHERE id = %s"
    with goes_red("deletion.complete"):
        with tampering() as admin:
            admin.execute(move.encode(), [workshop.pk, left.pk])
        red("deletion.complete", "spheres_capture")
        with tampering() as admin:
            admin.execute(move.encode(), [alice.identity.pk, left.pk])


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize(
    ("key", "table", "column", "broken"),
    [
        ("audit.verdicts", "agents_laneresult", "output", "output - 'verdict'"),
        ("encoding.kept", "agents_run", "encoding_digest", "''"),
        ("levels.model", "agents_attempt", "model", "'other-model'"),
        ("levels.model", "agents_attempt", "provider", "'mistral'"),
        (
            "levels.model",
            "governance_checkpoint",
            "envelope",
            """jsonb_set(envelope, '{models}', '["mistral/large"]')""",
        ),
    ],
)
def test_a_run_that_broke_a_law(alice: Person, key: str, table: str, column: str, broken: str) -> None:
    run = asked(alice, SEND if table == "governance_checkpoint" else QUESTION)
    if table == "governance_checkpoint":
        decided(alice, run)
        assert worked(alice, run).status == "completed"
    assert found(key)[0] == "holds"
    of_run = "id = %s" if table == "agents_run" else "run_id = %s"
    with tampering() as admin:
        admin.execute(f"CREATE TABLE kept_rows AS SELECT id, {column} FROM {table} WHERE {of_run}".encode(), [run.pk])
    try:
        with goes_red(key):
            with tampering() as admin:
                assert admin.execute(
                    f"UPDATE {table} SET {column} = {broken} WHERE {of_run}".encode(), [run.pk]
                ).rowcount
            red(key)
            with tampering() as admin:
                admin.execute(f"UPDATE {table} t SET {column} = k.{column} FROM kept_rows k WHERE k.id = t.id".encode())
    finally:
        with tampering() as admin:
            admin.execute(b"DROP TABLE kept_rows")


def test_every_law_has_a_check_and_every_check_was_made_red_above() -> None:
    """In the order of this file, so that no check stands there that cannot fail."""
    assert {check.law for check in all_checks()} == {law.code for law in LAWS}
    assert {check.key for check in all_checks()} == TESTED


def test_a_check_that_breaks_has_found_out_nothing() -> None:
    check = replace(all_checks()[0], run=lambda: Finding(1 / 0 > 0))
    row = look(check)
    assert (row.state, row.detail) == ("untold", "the check broke: ZeroDivisionError")


def test_a_check_belongs_to_a_law_and_has_one_meaning() -> None:
    for law, key in (("L11", "tests.new"), ("L1", all_checks()[0].key)):
        with pytest.raises(ValueError, match="no such law, or registered twice"):
            register_check(law, key, "x", lambda: Finding(True))
