"""Which act tells whom: one test per event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from agents.models import Run
from agents.tellers import BUDGET, FAILED, FINISHED, LONG
from governance.checkpoints.execution import mark_pending_effect
from governance.checkpoints.tasks import sweep
from governance.errors import CheckpointRequired
from governance.isolation.context import Channel, bind
from governance.ledger import budget
from governance.models import Checkpoint, Execution, Membership, Notification
from governance.notifications import own
from governance.notifications.events import all_events
from governance.notifications.reading import shown
from governance.perform import perform
from governance.rights.models import DataExport
from governance.rights.sweeping import nobody_in
from tests.agents.pipeline.runs import SEND, asked, started, worked
from tests.cast import Api, Person
from tests.governance.access.keys import A_CREDENTIAL
from tests.governance.checkpoints.asking import MAIL, ask, make_rule, vote
from tests.governance.notifications.reading import rows, told
from tests.governance.rights.archives import exported, requested

SECRET = "zzq-secret"


def decide(person: Person, shown_: dict[str, Any], decision: str, identity: Any = None) -> None:
    with person.acting(identity):
        perform("governance.checkpoint.decide", {"checkpoint": shown_["id"], **vote(shown_, decision)})


def let_expire(person: Person, identity: Any, shown_: dict[str, Any]) -> None:
    with person.acting(identity), transaction.atomic():
        Checkpoint.objects.filter(pk=shown_["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep(None)


# --- approvals ----------------------------------------------------------------------------------------


def test_a_question_waits_for_those_who_may_decide(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="viewer")
    question = ask(alice, workshop, subject=SECRET)
    assert told(bob, workshop) == [own.WAITING]
    assert told(alice, workshop) == told(charlie, workshop) == []  # her own click; a viewer decides nothing
    (row,) = rows(bob, workshop)
    assert (row.type, row.link) == ("task", f"/approvals/{question['id']}/")
    with bob.looking(workshop):
        assert SECRET not in str(Notification.objects.values())


def test_who_may_not_decide_their_own_request_is_not_told(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, exclude_requester=True, quorum=1)
    with bob.acting(workshop, channel=Channel.AGENT, agent="nova"), pytest.raises(CheckpointRequired):
        perform("governance.message.send", MAIL)
    assert told(bob, workshop) == []
    assert told(alice, workshop) == [own.WAITING]


@pytest.mark.usefixtures("simulator")
def test_an_agents_question_is_told_to_the_person_it_works_for(alice: Person) -> None:
    asked(alice, SEND)
    assert told(alice) == [own.WAITING]
    assert rows(alice)[0].source == "agent"


def test_a_decided_question_is_read_by_all_and_told_to_who_asked(alice: Person, bob: Person, workshop: Any) -> None:
    question = ask(alice, workshop)
    decide(bob, question, "reject", workshop)
    assert told(bob, workshop) == []
    assert told(alice, workshop) == [own.DECIDED]
    assert rows(alice, workshop)[0].facts == {"who": "Bob", "decision": "rejected"}


def test_ones_own_decision_is_no_news(alice: Person) -> None:
    question = ask(alice)
    decide(alice, question, "reject")
    assert told(alice) == []


def test_who_has_voted_is_not_asked_any_more(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="member")
    make_rule(alice, workshop, quorum=2)
    question = ask(alice, workshop)
    decide(bob, question, "approve", workshop)
    assert (told(bob, workshop), told(charlie, workshop)) == ([], [own.WAITING])


def test_an_expired_question_is_told_to_who_asked(alice: Person, bob: Person, workshop: Any) -> None:
    let_expire(alice, workshop, ask(alice, workshop))
    assert told(bob, workshop) == []
    assert told(alice, workshop) == [own.EXPIRED]


def test_a_withdrawn_question_waits_for_nobody(alice: Person, bob: Person, workshop: Any) -> None:
    question = ask(alice, workshop)
    with alice.acting(workshop):
        perform("governance.checkpoint.cancel", {"checkpoint": question["id"]})
    assert (told(bob, workshop), told(alice, workshop)) == ([], [])


def test_an_unknown_outcome_is_told(alice: Person) -> None:
    question = ask(alice)
    with alice.acting(), transaction.atomic():
        execution = Execution.objects.create(
            checkpoint_id=question["id"], state=Execution.State.RUNNING, started_at=timezone.now()
        )
    with bind(nobody_in(alice.identity.pk)):
        mark_pending_effect(execution)
    assert told(alice) == [own.UNKNOWN]


# --- runs ---------------------------------------------------------------------------------------------


def past(run: Run, person: Person) -> Run:
    with person.acting(), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - LONG)
    return run


@pytest.mark.usefixtures("simulator")
def test_a_longer_run_that_is_done_is_told_a_quick_one_not(alice: Person) -> None:
    asked(alice)
    assert told(alice) == []
    run = worked(alice, past(started(alice), alice))
    assert told(alice) == [FINISHED]
    assert rows(alice)[0].link == f"/t/{run.thread_id}/"


@pytest.mark.usefixtures("simulator")
def test_a_failed_run_is_told_with_its_reason(alice: Person) -> None:
    run = asked(alice, "Que contient ce fil ?\n#sim error 400")
    assert run.status == Run.Status.FAILED
    assert told(alice) == [FAILED]
    assert rows(alice)[0].facts == {"error": run.error}


@pytest.mark.usefixtures("simulator")
def test_a_run_that_the_budget_stops_is_told(alice: Person) -> None:
    run = started(alice)
    with alice.acting(), transaction.atomic():
        budget.settle(budget.hold(budget.identity_account(), 99_000, 0).id, 99_900, 0)
    assert worked(alice, run).error == "budget_exceeded"
    assert told(alice) == [BUDGET]


@pytest.mark.usefixtures("simulator")
def test_a_run_that_one_stops_oneself_is_no_news(alice: Person) -> None:
    run = started(alice)
    with alice.acting():
        perform("agents.run.stop", {"run": run.pk})
    assert told(alice) == []


# --- members and credits ------------------------------------------------------------------------------


def joined(alice: Person, newcomer: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        invitation = perform("governance.member.invite", {"email": newcomer.email})
    with newcomer.acting():
        perform("governance.member.join", {"token": invitation.token})


def test_who_joins_is_told_to_those_who_manage(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    joined(alice, charlie, workshop)
    assert told(alice, workshop) == [own.JOINED]
    assert told(bob, workshop) == told(charlie, workshop) == []
    assert rows(alice, workshop)[0].facts == {"who": "Charlie", "role": "member"}


def test_who_leaves_is_told_and_keeps_nothing(alice: Person, bob: Person, workshop: Any) -> None:
    ask(alice, workshop)
    with bob.acting(workshop):
        perform("governance.member.leave", {})
    assert told(alice, workshop) == [own.LEFT]
    with alice.looking(workshop):
        assert not Notification.objects.filter(person_id=bob.user.pk).exists()


def test_who_was_removed_is_told_where_they_still_are(alice: Person, bob: Person, workshop: Any) -> None:
    place = Membership.objects.get(user=bob.user, identity=workshop)
    with alice.acting(workshop):
        perform("governance.member.remove", {"member": place.pk})
    assert told(bob) == [own.REMOVED]
    assert rows(bob)[0].facts == {"name": "Atelier Roy"}
    assert told(alice, workshop) == []


def test_another_role_is_told_to_whose_it_is(alice: Person, bob: Person, workshop: Any) -> None:
    ask(alice, workshop)
    place = Membership.objects.get(user=bob.user, identity=workshop)
    with alice.acting(workshop):
        perform("governance.member.change_role", {"member": place.pk, "role": "viewer"})
    assert told(bob, workshop) == [own.ROLE]  # and the question waits for him no more


def test_shared_credits_are_told_to_those_who_manage(alice: Person, bob: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="admin")
    with alice.acting():
        perform("governance.credits.share", {"to": workshop.pk, "credits": 500})
    assert told(bob, workshop) == [own.SHARED]
    assert rows(bob, workshop)[0].facts == {"credits": 500}
    assert told(alice, workshop) == []


# --- data ---------------------------------------------------------------------------------------------


def test_an_archive_that_is_ready_is_told_to_who_asked(alice: Person, bob: Person, workshop: Any) -> None:
    exported(alice, workshop)
    assert told(alice, workshop) == [own.EXPORT_READY]
    assert told(bob, workshop) == []


def test_an_archive_that_could_not_be_written_is_told(alice: Person) -> None:
    row = requested(alice)
    with bind(nobody_in(alice.identity.pk)):
        perform("governance.export.end", {"export": row.pk, "state": DataExport.State.FAILED})
    assert told(alice) == [own.EXPORT_FAILED]


def test_a_planned_erasure_is_told_to_everybody_and_its_undoing_too(alice: Person, bob: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        perform("governance.identity.erase", {"name": workshop.name})
    assert told(alice, workshop) == told(bob, workshop) == [own.ERASURE]
    with alice.acting(workshop):
        perform("governance.identity.keep", {})
    assert (told(alice, workshop), told(bob, workshop)) == ([], [own.KEPT])


def test_the_end_of_an_account_is_told_at_home(alice: Person, bob: Person, workshop: Any) -> None:
    with bob.acting(workshop):
        perform("governance.account.delete", {"email": bob.email})
    assert told(bob) == [own.ERASURE]
    assert told(alice, workshop) == told(bob, workshop) == []
    with bob.acting(workshop):
        perform("governance.account.keep", {})
    assert told(bob) == []  # read, and its undoing was his own click


# --- security -----------------------------------------------------------------------------------------


def sign_in(person: Person, **more: Any) -> None:
    row = {"method": "password", "session": "x", "ip": "203.0.113.7", "user_agent": "Mozilla Firefox/140 Windows"}
    with person.acting():
        perform("governance.session.open", row | more)


def test_a_sign_in_is_told_from_a_new_place_only(alice: Person) -> None:
    sign_in(alice)
    assert told(alice) == []  # the first one is only remembered
    sign_in(alice)
    sign_in(alice, ip="203.0.220.9")  # the same neighbourhood
    assert told(alice) == []
    sign_in(alice, ip="198.51.100.7")
    sign_in(alice, user_agent="Safari/1 iPhone")
    assert told(alice) == [own.SIGNED_IN] * 2
    assert {row.facts["device"] for row in rows(alice)} == {"Firefox, Windows", "Safari, iPhone"}
    assert "198.51" not in str([(row.about, row.facts) for row in rows(alice)])


def test_factors_passwords_addresses_and_tokens_are_told(alice: Person) -> None:
    with alice.acting():
        factor = perform("governance.factor.add", {"type": "webauthn", "name": "Clé", "credential": A_CREDENTIAL})
        perform("governance.factor.renew_codes", {})
        perform("governance.factor.remove", {"factor": factor.pk})
        perform("governance.person.password", {"password_hash": make_password("x")})
        perform("governance.token.create", {"name": "Sauvegarde", "scopes": ["threads:read"]})
    assert told(alice) == [own.TOKEN, own.PASSWORD, own.FACTOR_REMOVED, own.CODES_RENEWED, own.FACTOR_ADDED]


def test_an_address_is_told_when_it_is_another_one(alice: Person) -> None:
    from allauth.account.models import EmailAddress

    with alice.acting():
        perform("governance.person.ask_email", {"email": f"new-{alice.email}"})
        waiting = EmailAddress.objects.get(user=alice.user, verified=False, email__startswith="new-")
        perform("governance.person.confirm_email", {"address": waiting.pk})
    assert told(alice) == [own.ADDRESS]


def test_security_is_told_at_home_whatever_one_acts_for(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop):
        perform("governance.token.create", {"name": "Sauvegarde", "scopes": ["threads:read"]})
    assert (told(alice), told(alice, workshop)) == ([own.TOKEN], [])


@pytest.mark.parametrize(("used", "heard"), [(6, []), (7, [own.CODES_LOW])])
def test_few_recovery_codes_are_told(alice: Person, used: int, heard: list[str]) -> None:
    Authenticator.objects.create(user=alice.user, type="totp", data={"secret": encrypt("A" * 32)})
    codes = RecoveryCodes.activate(alice.user)
    for code in codes.get_unused_codes()[:used]:
        assert codes.validate_code(code)
    with alice.acting():
        perform("governance.session.confirm", {"method": "recovery_codes"})
        perform("governance.session.confirm", {"method": "recovery_codes"})
    assert told(alice) == heard


def test_a_refused_act_tells_nobody(alice: Person, bob: Person, workshop: Any) -> None:
    place = Membership.objects.get(user=alice.user, identity=workshop)
    assert Api(bob.user, workshop).delete(f"auth/identities/{workshop.pk}/members/{place.pk}/").status_code == 403
    assert told(alice, workshop) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_event_has_words(language: str, alice: Person) -> None:
    from django.utils import translation

    with translation.override(language):
        for event in all_events():
            facts = {"credits": 20000} if "credits" in event.facts else {}
            row = Notification(event=event.key, type=event.type, facts=facts)
            words = shown(row)
            assert words.title
            assert "%(" not in words.title + words.body + str(event.line) % {"identity": "x"}
            assert str(event.label)
            assert str(event.group.label)
