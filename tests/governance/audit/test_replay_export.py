"""The stand-alone replay: each verdict found again from the rules beside it, each altered one named."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import re2

from benchmarks.past import facts_like
from governance.audit import replay_export
from governance.audit.replay_export import SYSTEM, VERDICTS, Untold, searched
from governance.models import Verdict
from governance.perform import perform
from governance.rights import parts
from governance.rules import system
from governance.rules.conditions import Condition
from governance.rules.contents import RuleContent, checked_content, spec_of
from governance.rules.engine import evaluate, rule_set_version
from governance.rules.reading import plain
from governance.rules.system import ALWAYS
from tests.cast import Person
from tests.governance.audit.test_verify_export import Held
from tests.governance.rights.archives import Opened, exported, opened
from tests.governance.rules.test_verdicts import a_few
from tests.governance.rules.writing import in_force, make_task


def replayed(files: dict[str, bytes]) -> tuple[list[str], list[str]]:
    notes: list[str] = []
    return list(replay_export.faults(Held(files), notes)), notes


def files_of(archive: Opened) -> dict[str, bytes]:
    return {name: archive.zip.read(name) for name in archive.names()}


@pytest.fixture
def files(alice: Person) -> dict[str, bytes]:
    a_few(alice)
    return files_of(opened(exported(alice)))


def with_rows(files: dict[str, bytes], name: str, change: Any) -> dict[str, bytes]:
    rows = json.loads(files[name])
    change(rows)
    return {**files, name: json.dumps(rows).encode()}


def test_a_whole_archive_says_the_same_again_by_a_bare_python(alice: Person, tmp_path: Path) -> None:
    a_few(alice)
    row = exported(alice)
    opened(row).zip.extractall(tmp_path)
    with alice.looking():
        count = Verdict.objects.count()
    for place in ([], [str(tmp_path)]):
        command = [sys.executable, "-I", "-S", str(tmp_path / "replay.py"), *place]
        done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        said = re.match(r"(\d+) of (\d+) verdicts come out as they were recorded\nthe same\n", done.stdout)
        assert said is not None, done.stdout
        assert said[1] == said[2]
        assert 5 < int(said[2]) <= count


def test_an_altered_verdict_is_named(files: dict[str, bytes]) -> None:
    assert replayed(files)[0] == []
    alterations: list[Any] = [
        lambda row: row["document"].update(decision="deny"),
        lambda row: row["document"]["facts"].update(crosses_identity=True),
        lambda row: row["document"]["facts"].update({"estimated_tokens": 1}),
        lambda row: row["document"].update(rule_set="0" * 64),
        lambda row: row["document"]["rules"].pop(),
        lambda row: row["document"]["rules"][0].update(matched=True),
        lambda row: row["document"].pop("facts"),
        lambda row: row["document"].update(more=1),
        lambda row: row.update(decision="deny"),
        lambda row: row.update(action="governance.message.send"),
        lambda row: row.update(rule_set="0" * 64),
    ]
    number = len(json.loads(files[VERDICTS]))
    for place, alter in enumerate(alterations):
        at = place % number
        changed = with_rows(files, VERDICTS, lambda rows, at=at, alter=alter: alter(rows[at]))
        name = json.loads(files[VERDICTS])[at]["id"]
        assert any(fault.startswith(f"verdict {name} ") for fault in replayed(changed)[0]), place


def test_a_verdict_that_is_gone_is_missed_by_the_entry_that_names_it(files: dict[str, bytes]) -> None:
    gone = json.loads(files[VERDICTS])[-1]["id"]
    found, _ = replayed(with_rows(files, VERDICTS, lambda rows: rows.pop()))
    assert any(f"verdict {gone}: entry" in fault for fault in found)


def test_an_altered_rule_is_named(files: dict[str, bytes], alice: Person) -> None:
    own = json.loads(files[replay_export.OWN])[0]
    code = f"rule.{own['rule_id']}, version {own['version']}"
    for change in ({"effect": "deny"}, {"priority": 99}, {"quorum": 5}, {"conditions": []}):
        changed = with_rows(files, replay_export.OWN, lambda rows, change=change: rows[0]["content"].update(change))
        found, _ = replayed(changed)
        assert f"rule {code}: no verdict that names it comes out as it was recorded" in found
    changed = with_rows(files, SYSTEM, lambda rows: rows[0].update(priority=1))
    assert any(fault.startswith("rule system.identity_boundary, version 2:") for fault in replayed(changed)[0])
    gone = with_rows(files, SYSTEM, lambda rows: rows.pop(0))
    assert any("rules that are not in the archive: system.identity_boundary" in fault for fault in replayed(gone)[0])
    with pytest.raises(replay_export.Unreadable, match="there twice"):
        replayed(with_rows(files, SYSTEM, lambda rows: rows.append(rows[0])))


def test_a_verdict_under_a_former_rule_says_the_same_again(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    make_task(alice)
    first, *others = ALWAYS
    changed = replace(first, conditions=(Condition("crosses_identity", "ne", False),), version=first.version + 1)
    for module in (system, parts):
        monkeypatch.setattr(module, "ALWAYS", (changed, *others))
        monkeypatch.setattr(module, "FORMER", (first,))
    monkeypatch.setattr("governance.gate.ALWAYS", (changed, *others))
    make_task(alice)
    files = files_of(opened(exported(alice)))
    named = {
        seen["version"]
        for row in json.loads(files[VERDICTS])
        for seen in row["document"]["rules"]
        if seen["rule"] == first.code
    }
    assert named == {first.version, changed.version}
    assert replayed(files)[0] == []
    lost = {"code": first.code, "version": 2}
    without = with_rows(
        files, SYSTEM, lambda rows: rows.remove(next(row for row in rows if lost.items() <= row.items()))
    )
    assert any(f"{first.code} version 2" in fault for fault in replayed(without)[0])


RULES: list[dict[str, Any]] = [
    {"effect": "escalate", "conditions": [{"key": "hour", "op": "gte", "value": 12}]},
    {"effect": "log", "conditions": [{"key": "action", "op": "regex", "value": "^sph.*(task|item)[.]"}]},
    {"effect": "checkpoint", "quorum": 3, "exclude_requester": True, "level": "medium", "kind": "data_sensitivity",
     "conditions": [{"key": "sensitivity", "op": "not_in", "value": ["public", "internal"]},
                    {"key": "estimated_tokens", "op": "lt", "value": 900}]},
    {"effect": "deny", "conditions": [{"key": "channel", "op": "contains", "value": "as"},
                                      {"key": "estimated_cost_pico_usd", "op": "lte", "value": 10**11},
                                      {"key": "weekday", "op": "ne", "value": 3}]},
]  # fmt: skip


def test_both_engines_are_one() -> None:
    """The stand-alone engine and ours, over many acts: the same bytes."""
    chance = random.Random(3)
    contents = [checked_content(RuleContent(name=f"r{n}", **told)) for n, told in enumerate(RULES)]
    own = [spec_of(f"rule.{n}", content, 1) for n, content in enumerate(contents)]
    plainly = [{"code": spec.code, "version": spec.version, **plain(spec)} for spec in (*ALWAYS, *own)]
    plainly = json.loads(json.dumps(plainly))
    assert replay_export.rule_set(plainly) == rule_set_version((*ALWAYS, *own))
    decisions = set()
    for _ in range(1500):
        document = json.loads(json.dumps(evaluate((*ALWAYS, *own), facts_like(chance)).document))
        again = replay_export.evaluate(plainly, replay_export.Facts(document["facts"]))
        assert replay_export.canonical(again) == replay_export.canonical(document)
        decisions.add((document["decision"], document["kind"], document["level"]))
    assert len(decisions) > 6


PATTERNS = (
    "", "a", "^a.c$", "a|b|", "(ab)*c", "a+?b", "x{2,3}", "[a-c]+[^d]", r"\d{3}-\d+", r"\bword\b", r"\Bx",
    r"\w+@\w+[.]fr", r"\.", "é+",
    "(?i)ÉTÉ", "(?i)[a-k]z", "(?m)^b$", "(?s)a.b", "a.b", "b$", r"[\s\d]x", r"[^\W_]+!", "((a*)*)*b", "(?P<n>a)b",
    "(?i:A)b", "(a|ab)(c|bcd)(d*)", r"\Ab", "[]a]", "[a-]", "x{0}y", "k", "(?i)k",
)  # fmt: skip
TEXTS = (
    "", "a", "abc", "aXc", "a\nb", "a\nb\nc", "b\n", "xxx", "123-4", "a word here", "swords", "jean@poste.fr",
    "un été", "UN ÉTÉ",
    "AZ", "kz", " x", "\vx", "_!", "é!", "ab" * 9 + "c", "a" * 60, "abcd", "]", "-", "y", "K", "\u212a", "Ab", "٣",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_what_the_engine_means(pattern: str) -> None:
    for text in TEXTS:
        assert searched(pattern, text) == (re2.search(pattern, text) is not None), text


@pytest.mark.parametrize("pattern", [r"\pL", "[[:alpha:]]", "a{,3}", "x(?i)y", r"\Qa.b\E"])
def test_a_pattern_of_another_dialect_is_told_never_guessed(pattern: str, alice: Person) -> None:
    with pytest.raises(Untold):
        searched(pattern, "abc")
    in_force(alice, effect="log", conditions=[{"key": "action", "op": "regex", "value": pattern}])
    make_task(alice)
    found, notes = replayed(files_of(opened(exported(alice))))
    assert found == []
    assert any("cannot be said again here" in note and "own dialect" in note for note in notes)


def test_what_is_no_archive_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert replay_export.main([str(tmp_path / "x.zip")]) == 1
    assert "cannot be read" in capsys.readouterr().out
    assert replay_export.main([str(tmp_path)]) == 1
    assert "rule_versions.json cannot be read" in capsys.readouterr().out


def test_a_grant_that_lifted_a_question_is_said_again(files: dict[str, bytes]) -> None:
    """What a standing grant made of a verdict is kept in it (grants/lifting.py)."""
    rows = json.loads(files[VERDICTS])
    asked = next(row for row in rows if row["decision"] == "checkpoint")
    grant = {"id": "g", "lifted": ["rule"], "cost_pico_usd": 0}
    asked["document"].update(decision="allow", kind=None, level=None, grant=grant)
    asked["decision"] = "allow"
    changed = {**files, VERDICTS: json.dumps(rows).encode()}
    assert replayed(changed)[0] == []
    asked["document"]["kind"] = "financial"
    assert replayed({**files, VERDICTS: json.dumps(rows).encode()})[0] != []


def test_the_archive_is_asked_for_by_its_own_action(alice: Person) -> None:
    with alice.acting():
        row = perform("governance.audit.export", {"action": "governance.person.update"})
    assert (row.kind, row.narrowed) == ("log", {"action": "governance.person.update"})
