"""The log alone, whole or narrowed: it checks itself and says its verdicts again, and holds nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import AuditEntry
from governance.perform import perform
from governance.rights.models import DataExport
from tests.cast import Api, Person
from tests.governance.audit.test_verify_export import Held
from tests.governance.rights.archives import Opened, opened, written
from tests.governance.rights.test_exports import all_of, body_of, confirm, stepped_up
from tests.governance.rules.test_verdicts import a_few
from tests.spheres import makers

TASKS = {"action": "spheres.task.create"}


def log_of(person: Person, **narrowed: Any) -> Opened:
    with person.acting():
        row = perform("governance.audit.export", narrowed)
    return opened(written(person, row))


def filled(person: Person) -> None:
    a_few(person)
    with person.acting():
        makers.item("Bail de la rue Fabre")


def run(folder: Path, program: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-I", "-S", str(folder / program)]
    done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def entries(archive: Opened) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.text("audit/chain.jsonl").splitlines()]


def test_the_whole_log_checks_itself_and_says_its_verdicts_again(alice: Person, tmp_path: Path) -> None:
    filled(alice)
    archive = log_of(alice)
    archive.zip.extractall(tmp_path)
    assert archive.names() == {
        "LISEZMOI.txt", "README.txt", "audit/chain.jsonl", "audit/head.json", "audit/keys.json", "audit/signed.jsonl",
        "data/governance/log.json", "data/governance/rule_versions.json", "data/governance/system_rules.json",
        "data/governance/verdicts.json", "manifest.json", "manifest.sig", "replay.py", "verify.py",
    }  # fmt: skip
    code, told = run(tmp_path, "verify.py")
    assert (code, told[-1]) == (0, "whole")
    code, told = run(tmp_path, "replay.py")
    assert (code, told[-1]) == (0, "the same")
    assert all(entry["body"] and entry["payload"] for entry in entries(archive))
    assert len(archive.json("data/governance/log.json")) == archive.json("audit/head.json")["seq"]


def test_a_narrowed_one_tells_what_fits_and_of_the_rest_the_hashes(alice: Person, tmp_path: Path) -> None:
    filled(alice)
    archive = log_of(alice, **TASKS)
    archive.zip.extractall(tmp_path)
    rows = entries(archive)
    told = [row for row in rows if row["body"]]
    with alice.looking():
        assert {row["seq"] for row in told} == set(AuditEntry.objects.filter(**TASKS).values_list("seq", flat=True))
    assert 0 < len(told) < len(rows)
    assert {tuple(row) for row in rows if not row["body"]} == {("seq", "prev_hash", "hash", "body", "digest")}
    assert "Fabre" not in archive.all_text()
    named = {json.loads(row["body"])["verdict"] for row in told}
    assert {row["id"] for row in archive.json("data/governance/verdicts.json")} == named
    code, said = run(tmp_path, "verify.py")
    assert (code, said[-1]) == (0, "whole")
    assert f"{len(told)} of {len(rows)} entries are told, the others are links alone" in said
    assert any(line.startswith("signed up to entry") for line in said)
    code, said = run(tmp_path, "replay.py")
    assert (code, said[-1], len(named) > 3) == (0, "the same", True)


def test_a_link_that_was_changed_or_an_entry_made_a_link_is_found(alice: Person) -> None:
    filled(alice)
    archive = log_of(alice, **TASKS)
    files = {name: archive.zip.read(name) for name in archive.names()}
    rows = entries(archive)
    link = next(row for row in rows if not row["body"])
    link["digest"] = "00" * 32
    altered = {**files, "audit/chain.jsonl": "\n".join(map(json.dumps, rows)).encode()}
    assert f"log: entry {link['seq']} does not fit" in Held(altered).stated().faults()
    whole = log_of(alice)
    files = {name: whole.zip.read(name) for name in whole.names()}
    rows = entries(whole)
    rows[1] = {"seq": 2, "prev_hash": rows[1]["prev_hash"], "hash": rows[1]["hash"], "body": None, "digest": "00" * 32}
    altered = {**files, "audit/chain.jsonl": "\n".join(map(json.dumps, rows)).encode()}
    assert "log: entry 2 does not fit" in Held(altered).stated().faults(), "only a narrowed archive has links"


def test_the_rules_named_by_narrowed_verdicts_come_along_and_no_others(alice: Person) -> None:
    filled(alice)
    archive = log_of(alice, **TASKS)
    verdicts = archive.json("data/governance/verdicts.json")
    named = {(seen["rule"], seen["version"]) for row in verdicts for seen in row["document"]["rules"]}
    versions = archive.json("data/governance/rule_versions.json")
    kept = {(f"rule.{row['rule_id']}", row["version"]) for row in versions}
    assert kept == {each for each in named if each[0].startswith("rule.")} != set()


def test_a_worker_that_died_is_gone_on_from_its_parts(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(alice)
    monkeypatch.setattr("governance.rights.parts.CHUNK", 3)
    monkeypatch.setattr("governance.rights.log_parts.CHUNK", 2)
    with alice.acting():
        row = perform("governance.audit.export", TASKS)
    with monkeypatch.context() as broken:
        broken.setattr("governance.rights.log_parts._versions", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            written(alice, row)
    with alice.acting():
        makers.task("Après")
    archive = opened(written(alice, row))
    assert Held({name: archive.zip.read(name) for name in archive.names()}).faults() == []
    assert "Après" not in archive.all_text()


def test_from_the_page_of_the_log_to_the_download(alice: Person) -> None:
    filled(alice)
    page = alice.browser.get("/audit/?action=spheres.task.create").content.decode()
    assert 'href="/audit/export/?action=spheres.task.create"' in page
    answer = alice.post("/audit/export/", TASKS)
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=%2Faudit%2Fexport%2F%3Faction")
    assert all_of(alice) == []
    confirm(alice)
    answer = alice.post("/audit/export/", TASKS)
    assert (answer.status_code, answer["Location"]) == (302, "/audit/export/?action=spheres.task.create")
    (row,) = all_of(alice)
    assert "en cours d’écriture" in alice.post("/audit/export/", {}, follow=True).content.decode()
    written(alice, row)
    page = alice.browser.get("/audit/export/state/").content.decode()
    assert f"/settings/data/exports/{row.pk}/download/" in page
    answer = alice.post(f"/settings/data/exports/{row.pk}/download/")
    assert f'filename="chenu-log-{row.created_at:%Y-%m-%d}.zip"' in answer["Content-Disposition"]
    assert Opened(body_of(answer)).json("manifest.json")["narrowed"] == TASKS
    with alice.looking():
        last = AuditEntry.objects.latest_first()[0]
    assert (last.action, last.effect) == ("governance.export.download", "READ")


def test_by_program(alice: Person) -> None:
    answer = alice.api.post("governance/audit/export/", TASKS)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    program = stepped_up(alice.api)
    answer = program.post("governance/audit/export/", TASKS)
    told = answer.json()
    assert (answer.status_code, told["kind"], told["narrowed"]) == (202, "log", TASKS)
    assert program.post("governance/audit/export/", {}).json()["code"] == "export_under_way"
    assert program.get(f"exports/{told['id']}/").json()["state"] == "waiting"


def test_bad_input_is_named_and_nothing_is_begun(alice: Person) -> None:
    program = stepped_up(alice.api)
    for body in ({"run": "x"}, {"outcome": "never"}, {"after": -1}, {"other": 1}):
        answer = program.post("governance/audit/export/", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(body))
    assert alice.browser.get("/audit/export/?run=x").status_code == 400
    assert all_of(alice) == []


def test_a_member_takes_no_log_along(bob: Person, workshop: Any) -> None:
    assert Api(bob.user, workshop).post("governance/audit/export/").json()["code"] == "not_allowed"
    bob.post(f"/identities/{workshop.pk}/activate/")
    assert bob.browser.get("/audit/export/").status_code == 403
    assert bob.browser.get("/audit/export/state/").status_code == 403
    assert "/audit/export/" not in bob.browser.get("/audit/").content.decode()


def test_one_archive_costs_as_much_as_three(alice: Person) -> None:
    def cost() -> int:
        alice.browser.get("/audit/export/")
        with CaptureQueriesContext(connection) as seen:
            assert alice.browser.get("/audit/export/").status_code == 200
        return len(seen)

    log_of(alice)
    one = cost()
    log_of(alice)
    log_of(alice, **TASKS)
    assert cost() == one
    assert len(all_of(alice)) == 3
    assert {row.kind for row in all_of(alice)} == {DataExport.Kind.LOG}
