"""A verdict explains itself, and says the same again: from the database, and from an archive's rows alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governance.errors import CheckpointRequired
from governance.models import Checkpoint, RuleVersion, Verdict
from governance.perform import perform
from governance.rights.sources import sources
from governance.rules.engine import rule_set_version
from governance.rules.replaying import digest, own_versions, replay
from governance.rules.system import ALWAYS, FORMER
from tests.cast import Person
from tests.governance.access.doors import proven_browser
from tests.governance.checkpoints.test_flow import MAIL, ask, decide
from tests.governance.rules.test_rules_api import Program
from tests.governance.rules.writing import CONTENT, in_force, last_verdict, make_task

# Change a system rule, raise its version, keep the former one in FORMER, then write the new digest here.
SYSTEM_RULES_NOW = "801ac487887c4ad055df805a2197e4b75227f997b837f54fdb3636eac5d16abc"


def verdicts(person: Person) -> list[Verdict]:
    with person.looking():
        return list(Verdict.objects.order_by("id"))


def a_few(person: Person) -> None:
    """Verdicts of several kinds, under rules that change meanwhile."""
    make_task(person)
    row = in_force(person, effect="log", conditions=[{"key": "hour", "op": "gte", "value": 0}])
    make_task(person)
    with person.acting():
        perform("governance.rule.update", {"rule": row.pk, **CONTENT, "effect": "checkpoint"})
        perform("governance.rule.publish", {"rule": row.pk})
        with pytest.raises(CheckpointRequired):
            perform("spheres.task.create", {"title": "Semis", "sphere": "personal"})
        perform("governance.rule.remove", {"rule": row.pk})
    make_task(person)


def test_every_verdict_says_the_same_again(alice: Person) -> None:
    a_few(alice)
    with alice.looking():
        own = own_versions(RuleVersion.objects.values("rule_id", "version", "content"))
    rows = verdicts(alice)
    assert {row.decision for row in rows} == {"allow", "checkpoint"}
    for row in rows:
        found = replay(row.document, own)
        assert found.same, row.document
        assert found.replayed == found.recorded == digest(row.document)


def test_an_archives_rows_alone_say_the_same_again(alice: Person) -> None:
    a_few(alice)
    files: dict[Any, Any] = {}
    with alice.acting():
        for source in sources():
            if source.model in {Verdict, RuleVersion}:
                rows = [row for chunk in source.chunks() for row in chunk]
                files[source.model] = json.loads(json.dumps(rows, default=str))
    own = own_versions(files[RuleVersion])
    assert len(files[Verdict]) > 5
    assert all(replay(row["document"], own).same for row in files[Verdict])


def test_another_fact_another_rule_or_a_lost_one_is_seen(alice: Person) -> None:
    row = in_force(alice, effect="log")
    make_task(alice)
    document = last_verdict(alice).document
    with alice.looking():
        own = own_versions(RuleVersion.objects.values("rule_id", "version", "content"))
    assert replay(document, own).same
    forged = json.loads(json.dumps(document))
    forged["facts"]["action"] = "spheres.task.remove"
    assert not replay(forged, own).same
    assert not replay(document | {"decision": "deny"}, own).same
    assert replay(document, {}).lacking == (f"rule.{row.pk}",)
    del forged["facts"]
    assert replay(forged, own).lacking == ("facts",)


def test_a_changed_system_rule_gets_a_new_version() -> None:
    assert rule_set_version(ALWAYS) == SYSTEM_RULES_NOW
    now = {(spec.code, spec.version) for spec in ALWAYS}
    assert not now & {(spec.code, spec.version) for spec in FORMER}


def test_the_page_tells_every_rule_and_what_would_turn_it(alice: Person) -> None:
    conditions = [{"key": "hour", "op": "gte", "value": 0}, *CONTENT["conditions"]]
    row = in_force(alice, effect="checkpoint", conditions=conditions)
    with alice.acting(), pytest.raises(CheckpointRequired):
        perform("spheres.task.create", {"title": "Semis", "sphere": "personal"})
    verdict = last_verdict(alice)
    browser = proven_browser(alice)
    page = browser.get(f"/verdicts/{verdict.pk}/").content.decode()
    assert f"/policies/{row.pk}/" in page
    assert "ne s’appliquerait pas si" in page
    assert "l’heure du jour est moins que 0" in page
    assert "à l’octet près" in page
    assert page.count('<li class="seen">') == len(ALWAYS) + 1
    here = f"/verdicts/{verdict.pk}/"
    assert here in browser.get("/audit/").content.decode()
    with alice.looking():
        question = Checkpoint.objects.get()
    assert here in browser.get(f"/approvals/{question.pk}/").content.decode()


def test_the_api_replays(alice: Person) -> None:
    make_task(alice)
    program, verdict = Program(alice), last_verdict(alice)
    shown: Any = program.ask("GET", f"../verdicts/{verdict.pk}/").json()
    assert shown["document"] == verdict.document
    said = program.ask("POST", f"../verdicts/{verdict.pk}/replay/").json()
    assert said == {"same": True, "recorded": said["recorded"], "replayed": said["recorded"], "lacking": []}


def test_what_an_approval_lets_pass_is_marked(alice: Person) -> None:
    with alice.acting():
        shown = ask(alice)
        decide(shown)
        perform("governance.message.send", MAIL, approval=shown["id"])
    sent = [row.consented for row in verdicts(alice) if row.action == "governance.message.send"]
    assert sent == [False, True]
