"""Staff verify the log of the system, and see what the checks of the laws have found: nothing of any identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from governance.audit.signing.taking import sign_heads
from governance.isolation.context import SYSTEM_CHAIN
from governance.laws.models import LawCheck
from governance.laws.running import run_all
from governance.rules import system
from tests.cast import Person
from tests.governance.audit.chains import tampering
from tests.governance.staff.staff import at_work, hire, system_entries


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
    assert (
        "Chaque écriture a été relue, depuis la première." in browser.get("/admin/log/verify/?full=1").content.decode()
    )
    assert "concordent" in text
    settings.AUDIT_HEADS_FILE.write_bytes(settings.AUDIT_HEADS_FILE.read_bytes() + b"no line\n")
    assert "a line of the outside record is no line" in browser.get("/admin/log/verify/").content.decode()
    assert system_entries("governance.staff.read")


def test_a_broken_one_is_named(alice: Person) -> None:
    browser = at_work(hire(alice))
    browser.get("/admin/rules/")
    last = system_entries()[-1]
    with tampering() as admin:
        admin.execute(b"UPDATE governance_auditentry SET outcome = 'failed' WHERE id = %s", [last.pk])
    text = browser.get("/admin/log/verify/?full=1").content.decode()
    with tampering() as admin:
        admin.execute(b"UPDATE governance_auditentry SET outcome = %s WHERE id = %s", [last.outcome, last.pk])
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
