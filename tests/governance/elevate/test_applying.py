"""What an elevation lifts, for whom and until when; and what nothing lifts (design 3.3, 3.8)."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.audit import replay_export
from governance.audit.replay_export import SYSTEM, VERDICTS
from governance.elevate.applying import needs_of
from governance.errors import NotAllowed
from governance.isolation.context import Channel
from governance.models import Elevation, Membership, Verdict, Vote
from governance.perform import perform
from governance.registry.actions import Effect
from governance.rules import law_checks
from governance.rules.conditions import KEYS
from governance.rules.contents import spec_of
from governance.rules.engine import evaluate
from governance.rules.facts import Facts
from governance.rules.reading import plain
from governance.rules.replaying import replay
from governance.rules.system import ALWAYS, FORMER
from tests.agents.pipeline.runs import SECRET, asked
from tests.cast import Person
from tests.governance.acts import declared
from tests.governance.audit.test_replay_export import files_of, replayed
from tests.governance.checkpoints.asking import make_rule
from tests.governance.elevate.elevating import (
    ACROSS,
    SECRETS,
    act,
    another,
    changed,
    elevated,
    ends,
    run_out,
    stopping,
    writes,
)
from tests.governance.isolation.walls import superuser
from tests.governance.rights.archives import exported, opened
from tests.governance.rules.writing import last_verdict

pytestmark = pytest.mark.security


class TestAcrossSpheres:
    def test_without_one_it_is_asked_with_one_it_is_not(self, alice: Person) -> None:
        with stopping() as stopped:
            writes(alice)
        assert stopped.value.checkpoint["why"] == ["system.sphere_boundary"]
        elevated(alice)
        writes(alice)
        said = last_verdict(alice)
        assert (said.decision, said.document["facts"]["elevated"]) == ("allow", True)
        with alice.looking():
            before = Verdict.objects.get(document__facts__elevated=False)
        assert (before.decision, before.document["facts"]["crosses_sphere"]) == ("checkpoint", True)

    @pytest.mark.parametrize(
        "values",
        [
            {"state": "ended"},
            {"state": "requested"},
            {"expires_at": timezone.now() - timedelta(seconds=1)},
            {"kind": "sensitive_data", "target_sphere": ""},
            {"sphere": "team"},
            {"target_sphere": "team"},
            {"agent": "another"},
            {"agent": ""},
            {"person_id": uuid7()},
            {"requested_at": timezone.now() - timedelta(days=300)},
        ],
        ids=lambda values: next(iter(values)),
    )
    def test_beyond_its_terms_it_is_asked_again(self, values: dict[str, Any], alice: Person) -> None:
        changed(alice, elevated(alice), **values)
        with stopping():
            writes(alice)

    def test_when_its_time_is_over_or_it_was_ended_it_is_asked_again(self, alice: Person) -> None:
        row = elevated(alice)
        writes(alice)
        run_out(alice, row)
        with stopping():
            writes(alice)
        row = elevated(alice)
        writes(alice)
        ends(alice, row)
        with stopping():
            writes(alice)

    def test_another_agent_and_the_person_themself_are_asked(self, alice: Person) -> None:
        elevated(alice)
        with stopping():
            writes(alice, agent="another")
        with stopping():
            writes(alice, agent="", channel=Channel.API)

    def test_the_way_back_is_asked(self, alice: Person) -> None:
        elevated(alice)
        there = {"sphere": "business", "target_sphere": "personal"}
        with stopping():
            act(alice, "spheres.task.create", {"title": "Semis", "sphere": "personal"}, facts=there)

    @pytest.mark.parametrize(
        ("name", "params"),
        [
            ("spheres.item.delete", {}),
            ("governance.message.send", {"to": ["paul@example.com"], "subject": "x", "body": "y"}),
            ("governance.transfer.request", {"to_sphere": "business"}),
        ],
    )
    def test_what_is_deleted_sent_or_transferred_still_stops(
        self, name: str, params: dict[str, Any], alice: Person
    ) -> None:
        """Whatever is in force: such an act has no fact that could lift its question."""
        key, sphere = ("object", "personal") if "transfer" in name else ("item", "business")
        with alice.acting():
            item = perform("spheres.item.create", {"title": "Jardin", "sphere": sphere}).pk
        elevated(alice)
        elevated(alice, **SECRETS)
        about = {} if "message" in name else {key: item}
        with stopping():
            act(alice, name, {**params, **about}, facts={"sensitivity": "restricted"})
        assert "elevated" not in last_verdict(alice).document["facts"]

    def test_a_rule_of_the_identity_still_asks(self, alice: Person) -> None:
        elevated(alice)
        make_rule(alice, level="low", conditions=[{"key": "crosses_sphere", "op": "eq", "value": True}])
        with stopping():
            writes(alice)

    def test_a_rule_of_the_identity_may_ask_whether_it_was_allowed(self, alice: Person) -> None:
        make_rule(alice, effect="deny", conditions=[{"key": "elevated", "op": "eq", "value": True}])
        elevated(alice)
        with pytest.raises(NotAllowed):
            writes(alice)


class TestSensitiveData:
    def test_a_run_with_secrets_is_no_longer_asked(self, alice: Person, simulator: Any) -> None:
        assert asked(alice, SECRET).status == "awaiting_approval"
        row = elevated(alice, **SECRETS)
        assert asked(alice, SECRET).status != "awaiting_approval"
        ends(alice, row)
        assert asked(alice, SECRET).status == "awaiting_approval"

    def test_both_needs_take_both(self, alice: Person) -> None:
        secret = {"facts": {"sensitivity": "top_secret"}}
        elevated(alice)
        with stopping() as stopped:
            writes(alice, **secret)
        assert set(stopped.value.checkpoint["why"]) == {"default.sensitive_data", "system.sphere_boundary"}
        writes(alice)
        elevated(alice, **SECRETS)
        writes(alice, facts={"sensitivity": "top_secret"})


class TestWhoseItIs:
    def test_another_member_is_asked(self, alice: Person, bob: Person, workshop: Any) -> None:
        elevated(alice, workshop, by=bob)
        writes(alice, workshop)
        with stopping():
            writes(bob, workshop)

    def test_another_identity_of_the_same_person_is_asked(self, alice: Person, workshop: Any, bob: Person) -> None:
        elevated(alice)
        with stopping():
            writes(alice, workshop)

    @pytest.mark.parametrize("change", [{"role": "viewer"}, {"user__is_active": False}, {"created_at": 1}])
    def test_it_counts_only_while_who_allowed_it_could(
        self, change: dict[str, Any], alice: Person, bob: Person, workshop: Any
    ) -> None:
        """Who has come back since, or no longer decides, allows nothing any more."""
        elevated(alice, workshop, by=bob)
        writes(alice, workshop)
        self.alter(bob, workshop, change)
        with stopping():
            writes(alice, workshop)

    @pytest.mark.parametrize("change", [{"user__is_active": False}, {"created_at": 1}])
    def test_it_counts_only_while_its_person_could_ask(
        self, change: dict[str, Any], alice: Person, bob: Person, workshop: Any
    ) -> None:
        elevated(bob, workshop, by=alice)
        nova = bob.context(workshop, channel=Channel.AGENT, agent="nova", run_id=uuid7())
        self.alter(bob, workshop, change)
        assert self.lifted(nova, bob, workshop) is False

    def test_everybody_who_allowed_it_must_still_be_there(self, alice: Person, bob: Person, workshop: Any) -> None:
        dora = another(workshop)
        row = elevated(alice, workshop, by=bob)
        with alice.looking(workshop):
            vote = Vote.objects.get(checkpoint_id=row.pk)
        second = {"person_id": dora.user.pk, "person_name": "Dora", "decision": "approve", "at": timezone.now()}
        from django.db import transaction

        with alice.acting(workshop), transaction.atomic():
            Vote.objects.create(checkpoint_id=vote.checkpoint_id, **second)
        writes(alice, workshop)
        self.alter(dora, workshop, {"role": "viewer"})
        with stopping():
            writes(alice, workshop)

    def test_without_any_approval_it_counts_for_nothing(self, alice: Person) -> None:
        row = elevated(alice)
        with superuser() as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute("DELETE FROM governance_vote WHERE checkpoint_id = %s", [row.pk])
        with stopping():
            writes(alice)

    @staticmethod
    def alter(person: Person, identity: Any, change: dict[str, Any]) -> None:
        rows = Membership.objects.filter(user=person.user, identity=identity)
        if "user__is_active" in change:
            type(person.user).objects.filter(pk=person.user.pk).update(is_active=False)
        elif "created_at" in change:
            rows.update(created_at=timezone.now() + timedelta(minutes=1))
        else:
            rows.update(**change)

    @staticmethod
    def lifted(nova: Any, person: Person, identity: Any) -> Any:
        """The fact for an act of the agent, asked for past the doors that refuse who is gone."""
        from governance.registry.actions import get_action

        task = get_action("spheres.task.create")
        params = task.params.model_validate({"title": "x", "sphere": "business"})
        facts = {"sphere": "personal", "target_sphere": "business"}
        with person.looking(identity):
            return Facts(task, nova, params, facts)["elevated"]


class TestTheFact:
    def test_only_what_could_be_lifted_has_it(self) -> None:
        """Pure: what is asked of whom, over all effects."""
        for effect, secret, crosses in product(Effect, (None, "public", "restricted", "top_secret"), (False, True)):
            facts = {"effect": effect, "sensitivity": secret, "crosses_sphere": crosses, "sphere": "personal"}
            found = needs_of(facts)
            wanted = {"sensitive_data"} if secret in ("restricted", "top_secret") else set()
            wanted |= {"cross_sphere"} if crosses and effect in (Effect.CREATE, Effect.UPDATE) else set()
            assert found == (wanted if effect in (Effect.READ, Effect.CREATE, Effect.UPDATE) else set())
            assert needs_of(facts | {"sphere": None}) == frozenset()

    def test_an_act_that_needs_none_asks_the_database_nothing(self, alice: Person) -> None:
        def sent() -> int:
            with CaptureQueriesContext(connection) as captured:
                act(alice, "spheres.task.create", {"title": "Semis", "sphere": "personal"},
                    facts={"target_sphere": "personal"})  # fmt: skip
            return sum("governance_elevation" in query["sql"] for query in captured.captured_queries)

        elevated(alice)
        assert sent() == 0
        assert "elevated" not in last_verdict(alice).document["facts"]
        with CaptureQueriesContext(connection) as captured:
            writes(alice)
        assert sum("governance_elevation" in query["sql"] for query in captured.captured_queries) == 1

    def test_no_action_can_claim_it(self, alice: Person) -> None:
        """What an action tells of itself is no elevation: the fact is looked up."""
        told = {"sphere": "personal", "target_sphere": "business", "elevated": True}
        with declared("tests.claim.make", lambda uow, params: None, facts=lambda params: told), alice.acting():
            with stopping():
                perform("tests.claim.make", {})
            with stopping():
                perform("tests.claim.make", {}, estimate={"elevated": True})


class TestSaidAgain:
    def test_from_the_database_and_by_the_stand_alone_replay(self, alice: Person) -> None:
        with stopping():
            writes(alice)
        row = elevated(alice)
        writes(alice)
        ends(alice, row)
        with alice.looking():
            told = Verdict.objects.filter(document__facts__has_key="elevated").order_by("id")
            assert [each.document["facts"]["elevated"] for each in told] == [False, True]
            assert all(replay(each.document, {}).same for each in Verdict.objects.all())
        files = files_of(opened(exported(alice)))
        assert replayed(files)[0] == []
        rows = json.loads(files[VERDICTS])
        place = next(at for at, each in enumerate(rows) if each["document"]["facts"].get("elevated"))
        rows[place]["document"]["facts"]["elevated"] = False
        found, _ = replayed({**files, VERDICTS: json.dumps(rows).encode()})
        assert any(fault.startswith(f"verdict {rows[place]['id']} ") for fault in found)
        assert {each["version"] for each in json.loads(files[SYSTEM]) if each["code"] == "default.sensitive_data"} == {
            1,
            2,
        }

    def test_verdicts_of_the_time_before_say_the_same_again(self) -> None:
        """Under the former versions, without a fact that nobody knew then."""
        former = {spec.code: spec for spec in FORMER if spec.code != "system.identity_boundary"}
        then = [former.get(spec.code, spec) for spec in ALWAYS if not spec.code.startswith("system.elevation")]
        assert len(former) == 2
        known = dict.fromkeys(KEYS) | {"estimated_tokens": 0, "crosses_sphere": True, "action": "x", "effect": "CREATE"}
        for secret, kind in product((None, "restricted"), ("person", "nova")):
            said = evaluate(then, known | {"sensitivity": secret, "actor.kind": kind})
            assert said.decision == "checkpoint"
            assert "elevated" not in said.document["facts"]
            assert replay(said.document, {}).same

    def test_the_stand_alone_engine_is_ours(self) -> None:
        """Also where a rule of the identity asks about such a request with a priority of its own."""
        own = spec_of("rule.1", plain(ALWAYS[0]) | {"effect": "checkpoint", "conditions": [], "level": "low"}, 1)
        rules = [*ALWAYS, own]
        shown: Any = [{**plain(spec), "code": spec.code, "version": spec.version} for spec in rules]
        basis = dict.fromkeys(KEYS) | {"estimated_tokens": 0, "budget_used_percent": 0, "hour": 0, "weekday": 1}
        for action, effect, flag, deciders in product(
            ("governance.elevation.request", "x"), ("CONFIGURE", "CREATE"), (None, False, True), (1, 2)
        ):
            facts = basis | {"action": action, "effect": effect, "elevated": flag, "deciders": deciders}
            facts |= {"crosses_sphere": True, "sensitivity": "restricted"}
            said = evaluate(rules, facts)
            assert replay_export.evaluate(shown, replay_export.Facts(said.document["facts"])) == said.document
            assert (said.kind == "scope_elevation") == (action != "x")


def test_no_act_of_an_agent_that_must_stop_is_lifted_and_the_law_would_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from governance.rules import system
    from governance.rules.system import NOT_ELEVATED

    assert law_checks.agents_stopped().holds is True
    lifted = [
        replace(spec, conditions=(*spec.conditions, NOT_ELEVATED)) if spec.code == "system.agent_send" else spec
        for spec in ALWAYS
    ]
    monkeypatch.setattr(system, "ALWAYS", tuple(lifted))
    found = law_checks.agents_stopped()
    assert found.holds is False
    assert "governance.message.send" in found.detail


def test_one_row_for_each_question(alice: Person) -> None:
    elevated(alice)
    elevated(alice, **ACROSS | {"hours": 3})
    with alice.looking():
        assert Elevation.objects.filter(state="in_force").count() == 2
