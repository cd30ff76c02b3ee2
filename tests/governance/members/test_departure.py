"""Removal ends everything at once (design 3.1): sockets, programs, sessions, votes, questions, jobs."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import NotAllowed
from governance.isolation.context import Channel, bind
from governance.jobs import claims
from governance.jobs.execution import run_job
from governance.members import departures
from governance.models import Checkpoint, Job, Membership
from governance.people.standing import NoLongerMember
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, make_rule, status_of, vote
from tests.governance.jobs import kinds  # noqa: F401 (declares the kinds)
from tests.governance.jobs.kinds import effects
from tests.governance.live.conftest import announce, close_code, greeted, live, receive, web  # noqa: F401

pytestmark = pytest.mark.security
AT_ONCE = 2.0  # seconds
MESSAGE = {"to": ["paul@example.com"], "subject": "x", "body": "y"}


def put(person: Person, identity: Any, kind: str = "tests.write", **state: Any) -> Job:
    """A job of the person, brought into a state by hand: no worker runs here."""
    from governance.jobs.queue import enqueue

    with person.acting(identity) as context, unit_of_work():
        row = enqueue(kind, context.identity_id, uuid7(), context.person_id)
    Job.objects.filter(pk=row.pk).update(**state)
    return Job.objects.get(pk=row.pk)


def remove(actor: Person, person: Person, identity: Any) -> None:
    member = Membership.objects.get(user=person.user, identity=identity)
    with actor.acting(identity):
        perform("governance.member.remove", {"member": member.pk})


def decide(person: Person, identity: Any, shown: dict[str, Any]) -> Any:
    return Api(person.user, identity).post(f"governance/checkpoints/{shown['id']}/decision/", vote(shown))


def in_workshop(person: Person, identity: Any) -> str:
    """The person's browser acts for `identity`; its epoch."""
    person.post(f"/identities/{identity.pk}/activate/")
    person.browser.get("/api/v2/auth/me/")
    return person.browser.session["epoch"]


def ten_sockets(live: Any, person: Person, identity: Any) -> list[Any]:
    """Five of the browser, five of a program."""
    found = [live(person) for _ in range(5)]
    found += [live(person, token=True, headers={"X-Identity-ID": str(identity.pk)}) for _ in range(5)]
    for one in found:
        greeted(one)
    return found


def test_everything_ends_within_two_seconds(
    live: Any, alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="member")
    make_rule(alice, workshop, quorum=2)
    epoch = in_workshop(bob, workshop)
    sockets, colleague = (
        ten_sockets(live, bob, workshop),
        live(alice, token=True, headers={"X-Identity-ID": str(workshop.pk)}),
    )
    greeted(colleague)
    token = Api(bob.user, workshop)
    assert token.get("threads/").status_code == 200
    voted, asked = ask(alice, workshop), ask(bob, workshop, subject="Mercredi")
    assert decide(bob, workshop, voted).json()["checkpoint"]["status"] == "pending"
    jobs = [
        put(bob, workshop),
        put(bob, workshop, state="queued", fence=1),
        put(bob, workshop, state="running", fence=1),
    ]
    elsewhere, others = put(bob, bob.identity), put(alice, workshop)

    begun = time.monotonic()
    remove(alice, bob, workshop)
    assert [close_code(one, within=AT_ONCE) for one in sockets] == [4403] * 10
    assert time.monotonic() - begun < AT_ONCE

    assert token.get("threads/").status_code == 403
    late = bob.browser.post("/threads/", {"title": "x", "epoch": epoch})
    assert late.status_code == 409
    assert bob.browser.get("/home/").context["shell"].identity["id"] == bob.identity.pk
    assert set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("state", "last_error")) == {
        ("refused", "no_longer_member")
    }
    assert set(Job.objects.filter(pk__in=[elsewhere.pk, others.pk]).values_list("state", flat=True)) == {"pending"}
    assert status_of(alice, asked, workshop) == "cancelled"
    assert decide(alice, workshop, voted).json()["checkpoint"]["status"] == "pending"
    assert decide(charlie, workshop, voted).json()["checkpoint"]["status"] == "approved"
    mine = announce(alice, identity=workshop)
    while (frame := receive(colleague)).get("id") != str(mine):
        assert frame["kind"] != "reset"


def test_a_job_handed_out_is_not_begun_and_a_running_one_is_not_noted(
    alice: Person, bob: Person, workshop: Any
) -> None:
    queued, running = put(bob, workshop, state="queued", fence=1), put(bob, workshop, state="running", fence=1)
    remove(alice, bob, workshop)
    run_job(queued.pk, 1)
    assert effects(queued.object_id) == []
    assert claims.settle(running.pk, 1, Job.State.DONE) is False
    assert claims.retry(running.pk, 1, 1, "x") is False


@pytest.mark.parametrize("channel", [Channel.TASK, Channel.AGENT])
def test_what_goes_on_without_its_person_acts_no_more(
    alice: Person, bob: Person, workshop: Any, channel: Channel
) -> None:
    context = bob.context(workshop, channel=channel)
    remove(alice, bob, workshop)
    with bind(context), pytest.raises(NoLongerMember):
        perform("spheres.task.create", {"title": "x", "sphere": "business"})


def test_a_run_acts_in_the_role_of_now(alice: Person, bob: Person, workshop: Any) -> None:
    context = replace(bob.context(workshop), channel=Channel.TASK)
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    with bind(context), pytest.raises(NotAllowed) as refusal:
        perform("spheres.task.create", {"title": "x", "sphere": "business"})
    assert refusal.value.code == "not_allowed"


def test_an_approval_that_was_not_begun_is_over(alice: Person, bob: Person, workshop: Any) -> None:
    asked = ask(bob, workshop)
    assert decide(alice, workshop, asked).json()["checkpoint"]["status"] == "approved"
    remove(alice, bob, workshop)
    assert status_of(alice, asked, workshop) == "failed"


def test_who_comes_back_must_decide_anew(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    voted = ask(alice, workshop)
    decide(bob, workshop, voted)
    remove(alice, bob, workshop)
    Membership.objects.create(user=bob.user, identity=workshop, role="member", created_at=timezone.now())
    assert decide(alice, workshop, voted).json()["checkpoint"]["status"] == "pending"


def test_the_pages_show_that_a_vote_counts_no_more(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    voted = ask(alice, workshop)
    decide(bob, workshop, voted)
    in_workshop(alice, workshop)
    assert [row.approvals for row in alice.browser.get("/approvals/").context["rows"]] == [1]
    remove(alice, bob, workshop)
    assert [row.approvals for row in alice.browser.get("/approvals/").context["rows"]] == [0]
    signers = alice.browser.get(f"/approvals/{voted['id']}/").context["signers"]
    assert [(one.name, one.role, one.vote is None) for one in signers] == [
        ("Bob", "ne compte plus", False),
        ("Alice", "Propriétaire", True),
    ]


def test_a_viewers_earlier_vote_does_not_count(alice: Person, bob: Person, workshop: Any) -> None:
    make_rule(alice, workshop, quorum=2)
    voted = ask(alice, workshop)
    decide(bob, workshop, voted)
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    assert decide(alice, workshop, voted).json()["checkpoint"]["status"] == "pending"


def test_leaving_ends_the_same(alice: Person, bob: Person, workshop: Any) -> None:
    asked, job = ask(bob, workshop), put(bob, workshop)
    with bob.acting(workshop):
        perform("governance.member.leave", {})
    assert status_of(alice, asked, workshop) == "cancelled"
    assert Job.objects.get(pk=job.pk).state == "refused"


def test_without_its_list_nothing_would_end(alice: Person, bob: Person, workshop: Any, monkeypatch: Any) -> None:
    """Twin: what ends is what the apps have registered."""
    asked, job = ask(bob, workshop), put(bob, workshop)
    monkeypatch.setattr(departures, "_departures", [])
    remove(alice, bob, workshop)
    assert status_of(alice, asked, workshop) == "pending"
    assert Job.objects.get(pk=job.pk).state == "pending"
    with alice.looking(workshop):
        assert Checkpoint.objects.filter(status="pending").count() == 1
