"""Rules: a draft holds nothing, a published version holds, and what keeps a person in control stays open."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import RuleVersion
from governance.perform import perform
from tests.cast import Person, make_person, make_workshop
from tests.governance.rules.writing import CONTENT, again, in_force, make_task, publish, write


def test_a_draft_holds_nothing_and_a_published_rule_holds(alice: Person) -> None:
    row = write(alice)
    assert row.state == "draft"
    assert make_task(alice)
    publish(alice, row)
    with pytest.raises(NotAllowed):
        make_task(alice)
    with alice.acting():
        perform("governance.rule.disable", {"rule": row.pk})
    assert make_task(alice)


def test_the_next_version_holds_only_once_it_is_published_and_the_former_stays_as_it_was(alice: Person) -> None:
    row = in_force(alice)
    with alice.acting():
        perform("governance.rule.update", {"rule": row.pk, **CONTENT, "effect": "log"})
    with pytest.raises(NotAllowed):
        make_task(alice)
    assert publish(alice, row).version == 2
    assert make_task(alice)
    with alice.looking():
        kept = list(RuleVersion.objects.order_by("version"))
        assert [(each.version, each.content["effect"]) for each in kept] == [(1, "deny"), (2, "log")]
    with pytest.raises((DatabaseError, TypeError)), alice.acting(), transaction.atomic():
        RuleVersion.objects.filter(pk=kept[0].pk).update(version=9)


def test_an_earlier_version_is_restored_as_a_new_one(alice: Person) -> None:
    row = in_force(alice)
    with alice.acting():
        perform("governance.rule.update", {"rule": row.pk, **CONTENT, "effect": "log"})
        perform("governance.rule.publish", {"rule": row.pk})
        perform("governance.rule.restore", {"rule": row.pk, "version": 1})
    assert make_task(alice)
    assert publish(alice, row).version == 3
    with pytest.raises(NotAllowed):
        make_task(alice)


def test_a_rule_against_everything_can_be_taken_back(alice: Person) -> None:
    row = in_force(alice, name="Rien", conditions=[{"key": "action", "op": "ne", "value": "nothing"}])
    with pytest.raises(NotAllowed):
        make_task(alice)
    with alice.acting():
        perform("governance.rule.disable", {"rule": row.pk})
    assert make_task(alice)


def test_a_removed_rule_holds_no_more_and_comes_back_switched_off(alice: Person) -> None:
    row = in_force(alice)
    with alice.acting():
        perform("governance.rule.remove", {"rule": row.pk})
    assert make_task(alice)
    with alice.acting(), pytest.raises(Conflict):
        perform("governance.rule.publish", {"rule": row.pk})
    with alice.acting():
        perform("governance.rule.restore", {"rule": row.pk})
    assert again(alice, row).state == "disabled"
    assert make_task(alice)


def test_publishing_what_somebody_else_has_published_meanwhile_is_refused(alice: Person) -> None:
    row = in_force(alice)
    with alice.acting():
        perform("governance.rule.update", {"rule": row.pk, **CONTENT, "effect": "log"})
        with pytest.raises(Conflict):
            perform("governance.rule.publish", {"rule": row.pk, "draft_of": 0})
        perform("governance.rule.publish", {"rule": row.pk, "draft_of": 1})
        with pytest.raises(Conflict):
            perform("governance.rule.publish", {"rule": row.pk})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"conditions": []}, "conditions"),
        ({"conditions": [{"key": "moon", "op": "eq", "value": "full"}]}, "conditions.0.key"),
        ({"conditions": [{"key": ["hour"], "op": "eq", "value": 1}]}, "conditions.0.key"),
        ({"conditions": [{"key": "action", "op": "gt", "value": "a"}]}, "conditions.0.op"),
        ({"conditions": [{"key": "action", "op": {}, "value": "a"}]}, "conditions.0.op"),
        ({"conditions": [{"key": "hour", "op": "eq", "value": True}]}, "conditions.0.value"),
        ({"conditions": [{"key": "hour", "op": "eq", "value": 2**70}]}, "conditions.0.value"),
        ({"conditions": [{"key": "action", "op": "regex", "value": r"(a)\1"}]}, "conditions.0.value"),
        ({"conditions": [{"key": "action", "op": "regex", "value": "a" * 201}]}, "conditions.0.value"),
        ({"conditions": [{"key": "action", "op": "in", "value": ["a"] * 51}]}, "conditions.0.value"),
        ({"conditions": CONTENT["conditions"] * 13}, "conditions"),
        ({"name": "two\nlines"}, "name"),
        ({"quorum": 0}, "quorum"),
        ({"priority": 101}, "priority"),
        ({"level": "huge"}, "level"),
    ],
)
def test_what_is_wrong_is_named(alice: Person, changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        write(alice, **changes)
    assert any(name.startswith(field) for name in refusal.value.errors), refusal.value.errors


def test_one_name_one_rule(alice: Person) -> None:
    write(alice)
    other = write(alice, name="Autre")
    with pytest.raises(BadInput):
        write(alice)
    with alice.acting(), pytest.raises(BadInput):
        perform("governance.rule.update", {"rule": other.pk, **CONTENT})


def test_there_is_an_end_to_rules(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.rules.actions.MOST_RULES", 2)
    write(alice)
    write(alice, name="B")
    with pytest.raises(Conflict):
        write(alice, name="C")


def test_members_tokens_and_agents_write_no_rules(alice: Person) -> None:
    bob = make_person("Bob")
    workshop = make_workshop(alice, bob)
    row = write(alice, workshop)
    with bob.acting(workshop), pytest.raises(NotAllowed):
        perform("governance.rule.publish", {"rule": row.pk})
    for changes in ({"agent": "nova"}, {"token_id": row.pk}):
        with alice.acting(workshop, **changes), pytest.raises(NotAllowed):
            perform("governance.rule.publish", {"rule": row.pk})
