"""Staff verify the log of the system, and see what the checks of the laws have found: nothing of any identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from governance.audit import checking
from governance.audit.signing.taking import sign_heads
from governance.errors import IdentityBoundary, NotAllowed
from governance.isolation.context import SYSTEM_CHAIN, Channel, bind, reading
from governance.jobs.registry import get_kind
from governance.laws.models import LawCheck
from governance.laws.running import run_all
from governance.models import AuditEntry, ChainCheck, Job
from governance.perform import perform
from governance.rules import system
from governance.staff.contexts import machine_context
from tests.cast import Person
from tests.governance.audit.chains import tampering
from tests.governance.jobs.conftest import started
from tests.governance.live.processes import eventually, forget_waiting
from tests.governance.staff.staff import at_work, hire, submit, system_entries


def test_the_log_of_the_system_is_verified_since_its_signature_or_whole(
    alice: Person, settings: Any, tmp_path: Path
) -> None:
    settings.AUDIT_HEADS_FILE = tmp_path / "heads"
    browser = at_work(hire(alice))
    browser.get("/admin/rules/")
    sign_heads()
    text = browser.get("/admin/log/verify/").content.decode()
    assert "La chaîne est intacte" in text
    assert "il était déjà signé" in text
    assert "concordent" in text
    settings.AUDIT_HEADS_FILE.write_bytes(settings.AUDIT_HEADS_FILE.read_bytes() + b"no line\n")
    assert "a line of the outside record is no line" in browser.get("/admin/log/verify/").content.decode()
    assert system_entries("governance.staff.read")


def put_back(entry: AuditEntry) -> None:
    with tampering() as admin:
        admin.execute(b"UPDATE governance_auditentry SET outcome = %s WHERE id = %s", [entry.outcome, entry.pk])


@pytest.fixture(autouse=True)
def nothing_under_way(db: None) -> None:
    """One at a time: what another test began and nobody worked out is over."""
    with bind(machine_context()), transaction.atomic():
        ChainCheck.objects.filter(state__in=["waiting", "running"]).update(state="failed")


def begun(browser: Client) -> ChainCheck:
    assert submit(browser, "/admin/log/verify/")["Location"] == "/admin/log/verify/"
    return newest()


def newest() -> ChainCheck:
    with bind(machine_context()), reading():
        return ChainCheck.objects.newest_first()[0]


def worked_out(row: ChainCheck) -> ChainCheck:
    """As the worker does it: unbound, as the installation."""
    with bind(None):
        get_kind(checking.SYSTEM_JOB).handler(row.pk)
    return newest()


def test_the_whole_chain_of_the_system_is_read_in_the_background(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = at_work(hire(alice))
    browser.get("/admin/rules/")
    row = begun(browser)
    assert (row.identity_id, row.state, row.person_id) == (SYSTEM_CHAIN, "waiting", alice.user.pk)
    assert Job.objects.filter(kind=checking.SYSTEM_JOB, object_id=row.pk, identity_id__isnull=True).exists()
    with bind(machine_context()):
        checking.tell(row, 2)
    page = browser.get("/admin/log/verify/").content.decode()
    assert "2 sur" in page
    assert "déjà en cours" in submit_and_read(browser)
    state = browser.get("/admin/log/verify/state/").json()
    assert (state["full"]["id"], state["full"]["state"], state["full"]["entries"]) == (str(row.pk), "running", 2)
    monkeypatch.setattr(checking, "CHUNK", 50)
    monkeypatch.setattr(checking, "TOLD_EVERY", 0)
    done = worked_out(row)
    assert (done.state, done.ok, done.first_bad) == ("done", True, None)
    assert done.done > 3
    entry = system_entries("governance.audit.verified")[-1]
    assert (entry.resource_id, entry.person_id) == (row.pk, SYSTEM_CHAIN)
    assert system_entries("governance.audit.verify")[-1].person_id == alice.user.pk
    assert "demandée par" in browser.get("/admin/log/verify/").content.decode()
    told = browser.get("/admin/log/verify/state/").json()
    assert told.keys() == charlie.api.get("governance/audit/verify/?full=1").json().keys()
    assert (told["ok"], told["chains"][0]["chain"]) == (True, str(SYSTEM_CHAIN))


def submit_and_read(browser: Client) -> str:
    submit(browser, "/admin/log/verify/")
    return browser.get("/admin/log/verify/").content.decode()


def test_nobody_else_has_the_systems_chain_verified_or_sees_it(alice: Person, charlie: Person) -> None:
    row = begun(at_work(hire(alice)))
    for path in ("/admin/log/verify/", "/admin/log/verify/state/"):
        assert charlie.browser.get(path).status_code == 404
    assert charlie.post("/admin/log/verify/").status_code == 404
    with charlie.looking():
        assert not ChainCheck.objects.exists()
    with charlie.acting(identity_id=SYSTEM_CHAIN, channel=Channel.TASK, role="staff"), pytest.raises(NotAllowed):
        perform("governance.audit.verify", {})
    with charlie.acting(channel=Channel.TASK), pytest.raises(IdentityBoundary):
        checking.work_out(row.pk)
    assert newest().state == "waiting"


def test_a_real_worker_carries_it_through(alice: Person, tmp_path: Path) -> None:
    browser = at_work(hire(alice))
    forget_waiting()
    with started(tmp_path / "worker.log") as worker:
        row = begun(browser)
        eventually(lambda: newest().state == "done" or worker.ended(), within=60)
        assert not worker.ended(), worker.log()
        worker.stop()
    done = newest()
    assert (done.pk, done.ok) == (row.pk, True), done.first_bad
    assert browser.get("/admin/log/verify/state/").json()["full"]["state"] == "done"


def test_a_broken_one_is_named(alice: Person) -> None:
    browser = at_work(hire(alice))
    browser.get("/admin/rules/")
    last = system_entries()[-1]
    with tampering() as admin:
        admin.execute(b"UPDATE governance_auditentry SET outcome = 'failed' WHERE id = %s", [last.pk])
    try:
        row = begun(browser)
        worked_out(row)
        text = browser.get("/admin/log/verify/").content.decode()
        told = browser.get("/admin/log/verify/state/").json()
    finally:
        put_back(last)
    assert (told["ok"], told["chains"][0]["first_bad"]["seq"]) == (False, last.seq)
    assert last.identity_id == SYSTEM_CHAIN
    assert "La chaîne est rompue" in text
    assert f"{last.seq}.</strong>" in text


def test_staff_see_the_details_that_nobody_else_is_shown(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = at_work(hire(alice))
    LawCheck.objects.all().delete()
    assert "jamais vérifié" in browser.get("/admin/laws/").content.decode()
    monkeypatch.setattr(system, "ALWAYS", tuple(rule for rule in system.ALWAYS if rule.code != "system.agent_send"))
    run_all()
    assert "an agent would not be stopped: governance.message.send" in browser.get("/admin/laws/").content.decode()
    assert "governance.message.send" not in alice.browser.get("/laws/").content.decode()
