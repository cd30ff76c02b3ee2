"""Staff stop agents for everybody: at once, in every identity, on record in each chain, until they lift it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.models import Attempt, Run
from agents.runtime import stopping
from governance.errors import AuditUnavailable, BadInput, Conflict, Halted, NotAllowed, NotThere
from governance.isolation.context import Channel, bind
from governance.jobs.registry import get_kind
from governance.kills import everywhere, scopes
from governance.kills.scopes import busy
from governance.models import AuditEntry, Checkpoint, InstallationStop, Job
from governance.notifications.stopping import RESUMED, STOPPED
from governance.perform import perform
from governance.uow import UnitOfWork
from tests.agents.pipeline.runs import SEND, asked, started, worked
from tests.cast import Person
from tests.governance.access.doors import password_shown
from tests.governance.access.test_stepup import later
from tests.governance.notifications.reading import rows
from tests.governance.staff.staff import acting, at_work, hire, submit, system_entries, told_to

pytestmark = [pytest.mark.usefixtures("simulator", "lifted"), pytest.mark.security]
WHY = "The provider bills twice, ticket 4812."
ALL = {"what": "all:", "reason": WHY}
BANNER = "components/stop_line.html"


@pytest.fixture
def lifted(db: None) -> Iterator[None]:
    """A stop of the installation is everybody's: nothing of it stays behind."""
    yield
    InstallationStop.objects.filter(lifted_at__isnull=True).update(lifted_at=timezone.now())
    InstallationStop.objects.update(told_at=timezone.now())


@pytest.fixture
def desk(sam: Person) -> Client:
    return at_work(hire(sam))


def stop(sam: Person, scope: str = "all", ref: str = "") -> InstallationStop:
    with acting(sam):
        row: InstallationStop = perform("governance.installation.stop", {"scope": scope, "id": ref, "reason": WHY})
        return row


def resume(sam: Person, row: InstallationStop) -> None:
    with acting(sam):
        perform("governance.installation.resume", {"stop": row.pk})


def follow(row: InstallationStop) -> InstallationStop:
    """What the worker does."""
    with bind(None):
        get_kind(everywhere.JOB).handler(row.pk)
    row.refresh_from_db()
    return row


def status_of(person: Person, run: Run) -> str:
    with person.looking():
        return Run.objects.values_list("status", flat=True).get(pk=run.pk)


def end_all() -> None:
    """What earlier tests left under way in this database, so that the numbers are this test's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chenu_system")
        cursor.execute("UPDATE agents_run SET status = 'cancelled' WHERE status = ANY(%s)", [list(ACTIVE)])


ACTIVE = ("pending", "running", "approved", "awaiting_approval", "needs_clarification")


def set_running(person: Person, run: Run) -> None:
    with person.acting(), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="running")


def test_everything_under_way_ends_in_every_identity_and_nothing_begins(
    desk: Client, sam: Person, alice: Person, charlie: Person
) -> None:
    end_all()
    waiting, fresh, theirs, busy_one = asked(alice, SEND), started(alice), started(charlie), started(charlie)
    set_running(charlie, busy_one)
    assert submit(desk, "/admin/stops/", ALL)["Location"] == "/admin/stops/"
    row = InstallationStop.objects.get(lifted_at__isnull=True)
    assert Job.objects.filter(kind=everywhere.JOB, object_id=row.pk, identity_id__isnull=True).exists()
    for person in (alice, charlie):
        with pytest.raises(Halted) as refused:
            started(person)
        assert refused.value.extra == {"by": "operator"}
    row = follow(row)
    assert (row.stopped, row.followed_at is not None) == (4, True)
    assert [status_of(alice, run) for run in (waiting, fresh)] == ["cancelled"] * 2
    assert status_of(charlie, theirs) == "cancelled"
    with alice.looking():
        assert Checkpoint.objects.get(pk=waiting.checkpoint_id).status == "cancelled"
    with charlie.looking():
        assert Run.objects.get(pk=busy_one.pk).stop_requested
    assert [told["stopped"] for told in told_to(alice, "governance.kill.follow")] == [2]
    entry = system_entries("governance.installation.stop")[-1]
    assert (entry.person_id, entry.resource_id) == (sam.user.pk, row.pk)
    follow(row)
    assert (row.stopped, len(told_to(alice, "governance.kill.follow"))) == (4, 1)
    assert submit(desk, f"/admin/stops/{row.pk}/lift/").status_code == 302
    assert asked(alice).status == "completed"


def test_who_was_stopped_elsewhere_is_seen_nowhere_else(sam: Person, alice: Person, charlie: Person) -> None:
    mine, theirs = started(alice), started(charlie)
    follow(stop(hire(sam)))
    with charlie.looking():
        rows = AuditEntry.objects.filter(action="governance.kill.follow")
        assert rows.count() == 1
    assert status_of(alice, mine) == status_of(charlie, theirs) == "cancelled"
    assert str(alice.user.pk) not in str(told_to(charlie, "governance.kill.follow"))


def test_a_worker_carries_nothing_on_before_the_job_has_come(sam: Person, alice: Person) -> None:
    run = started(alice)
    row = stop(hire(sam))
    assert worked(alice, run).status == "cancelled"
    resume(sam, row)


def test_what_is_being_executed_hears_it_before_the_job_has_come(sam: Person, alice: Person) -> None:
    run = started(alice)
    assert stopping._stopped([run.pk]) == []
    stop(hire(sam))
    assert stopping._stopped([run.pk]) == [run.pk]


def test_one_provider_alone(sam: Person, alice: Person) -> None:
    hire(sam)
    run = started(alice)
    other = stop(sam, "provider", "mistral")
    follow(other)
    assert worked(alice, run).status == "completed"
    run, row = started(alice), stop(sam, "provider", "anthropic")
    with pytest.raises(Halted):
        started(alice)
    failed = worked(alice, run)
    assert (failed.status, failed.error) == ("failed", "kill_switch")
    waiting = asked_before(sam, alice, row)
    assert busy("provider", "mistral") == []
    assert alice.identity.pk in busy("provider", "anthropic")
    follow(row)
    assert status_of(alice, waiting) == "cancelled"
    with alice.acting(), transaction.atomic():
        Attempt.objects.filter(run_id=waiting.pk).update(state="calling")
    assert stopping._stopped([waiting.pk]) == [waiting.pk]


def asked_before(sam: Person, person: Person, row: InstallationStop) -> Run:
    """A run that waits though the stop holds: it was lifted for the moment."""
    InstallationStop.objects.filter(pk=row.pk).update(lifted_at=timezone.now())
    run = asked(person, SEND)
    InstallationStop.objects.filter(pk=row.pk).update(lifted_at=None)
    return run


def test_a_stop_that_was_lifted_meanwhile_ends_nothing(sam: Person, alice: Person) -> None:
    row = stop(hire(sam))
    resume(sam, row)
    run = started(alice)
    assert follow(row).stopped == 0
    assert status_of(alice, run) == "pending"
    with bind(alice.context(role="system", channel=Channel.SYSTEM)), pytest.raises(Conflict):
        perform(everywhere.FOLLOW, {"stop": row.pk})
    assert status_of(alice, run) == "pending"


def test_the_sweep_ends_what_slipped_in_between(sam: Person, alice: Person) -> None:
    row = stop(hire(sam))
    InstallationStop.objects.filter(pk=row.pk).update(lifted_at=timezone.now())
    run = asked(alice, SEND)
    InstallationStop.objects.filter(pk=row.pk).update(lifted_at=None)
    with bind(None):
        get_kind(everywhere.SWEEP).handler(None)
    assert status_of(alice, run) == "cancelled"


def test_an_identity_that_refuses_keeps_no_other_from_being_stopped(
    sam: Person, alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_all()
    first, last = started(alice), started(charlie)  # identities are gone through in the order of their ids

    def refuse(uow: UnitOfWork, *_: str) -> list[UUID]:
        if uow.actor.identity_id == alice.identity.pk:
            raise AuditUnavailable()
        return []

    row = stop(hire(sam))
    with monkeypatch.context() as patch:
        patch.setattr(scopes, "_stoppers", [refuse, *scopes._stoppers])
        assert follow(row).followed_at is None
    assert (status_of(alice, first), status_of(charlie, last)) == ("pending", "cancelled")
    with bind(None):
        get_kind(everywhere.SWEEP).handler(None)
    row.refresh_from_db()
    assert (status_of(alice, first), row.stopped, row.followed_at is not None) == ("cancelled", 2, True)


def test_every_page_says_so_calmly_and_the_api_refuses(sam: Person, alice: Person) -> None:
    row = stop(hire(sam))
    for path in ("/home/", "/s/personal/", "/kill/", "/audit/"):
        answer = alice.browser.get(path)
        assert BANNER in [template.name for template in answer.templates], path
        assert WHY in answer.content.decode()
    page = alice.browser.get("/kill/").content.decode()
    assert 'id="operator"' in page
    assert "Rien n’est arrêté" not in page
    refused = alice.api.post("nova/query/", {"text": "Que contient ma note ?", "sphere": "personal"})
    told = refused.json()
    assert (refused.status_code, told["code"], told["by"]) == (403, "kill_switch", "operator")
    page = alice.post("/s/personal/ask/", {"text": "Que contient ma note ?"})
    assert page.status_code == 403
    assert "Que contient ma note ?" in page.content.decode()
    resume(sam, row)
    assert BANNER not in [template.name for template in alice.browser.get("/home/").templates]


def test_only_staff_stop_and_lift(alice: Person, sam: Person) -> None:
    row = stop(hire(sam), "provider", "mistral")
    acts: list[tuple[str, dict[str, Any]]] = [
        ("governance.installation.stop", {"scope": "all", "reason": WHY}),
        ("governance.installation.resume", {"stop": row.pk}),
    ]
    for who in (alice, sam):
        for changes in ({}, {"role": "staff"}, {"channel": "admin", "role": "staff"}):
            for name, params in acts:
                with who.acting(**changes), pytest.raises(NotAllowed):
                    perform(name, params)
    with alice.acting(), pytest.raises(NotAllowed):
        perform(everywhere.FOLLOW, {"stop": row.pk})
    for path in ("/admin/stops/", f"/admin/stops/{row.pk}/lift/"):
        assert alice.post(path, ALL).status_code == 404
    row.refresh_from_db()
    assert row.lifted_at is None
    assert InstallationStop.objects.filter(lifted_at__isnull=True).count() == 1


def test_without_a_fresh_second_factor_nothing_is_stopped_or_lifted(desk: Client, sam: Person) -> None:
    weak = password_shown(sam)
    assert submit(weak, "/admin/stops/", ALL).status_code in {302, 403}
    later(desk, 601)
    assert submit(desk, "/admin/stops/", ALL).status_code == 302
    assert not InstallationStop.objects.filter(lifted_at__isnull=True).exists()
    row = stop(sam)
    assert submit(desk, f"/admin/stops/{row.pk}/lift/").status_code == 302
    row.refresh_from_db()
    assert row.lifted_at is None


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(desk: Client) -> None:
    assert "provider:anthropic" in desk.get("/admin/stops/").content.decode()
    for wrong in ({"what": "moon:x", "reason": WHY}, {"what": "all:", "reason": "no"}, {"reason": WHY}):
        answer = submit(desk, "/admin/stops/", wrong)
        assert answer.status_code == 400
        assert wrong["reason"] in answer.content.decode()
    submit(desk, "/admin/stops/", ALL)
    twice = submit(desk, "/admin/stops/", ALL)
    assert (twice.status_code, WHY in twice.content.decode()) == (400, True)
    row = InstallationStop.objects.get(lifted_at__isnull=True)
    submit(desk, f"/admin/stops/{row.pk}/lift/")
    assert submit(desk, f"/admin/stops/{row.pk}/lift/").status_code == 302
    assert submit(desk, f"/admin/stops/{uuid7()}/lift/").status_code == 404
    page = desk.get("/admin/stops/").content.decode()
    assert WHY in page
    assert desk.get(f"/admin/stops/?before={UUID(int=1)}").status_code == 200


@pytest.mark.parametrize(("scope", "ref"), [("all", "x"), ("provider", ""), ("provider", "skynet")])
def test_what_is_not_there_is_not_stopped(sam: Person, scope: str, ref: str) -> None:
    hire(sam)
    with pytest.raises(BadInput):
        stop(sam, scope, ref)
    with acting(sam), pytest.raises(NotThere):
        perform("governance.installation.resume", {"stop": uuid7()})


def test_everybody_is_told_once_however_many_runs_and_identities(
    sam: Person, alice: Person, bob: Person, workshop: Any
) -> None:
    for _ in range(2):
        started(alice)
    row = stop(hire(sam))
    follow(row)
    follow(row)
    with bind(None):
        get_kind(everywhere.SWEEP).handler(None)
    for person in (alice, bob, sam):
        (told,) = [one for one in rows(person) if one.event == STOPPED]
        assert (told.about, told.link, told.mail_at is not None) == (str(row.pk), "/kill/", True)
        assert told.facts == {"halted": "all ", "reason": WHY}
    assert not [one for one in rows(alice, workshop) if one.event == STOPPED]
    assert WHY in page_of(alice)
    resume(sam, row)
    follow(row)
    follow(row)
    for person in (alice, bob, sam):
        assert [one.event for one in rows(person)].count(RESUMED) == 1


def page_of(person: Person) -> str:
    return person.browser.get("/notifications/").content.decode()


def test_a_person_who_is_shut_out_is_not_told(sam: Person, charlie: Person) -> None:
    type(charlie.user).objects.filter(pk=charlie.user.pk).update(is_active=False)
    follow(stop(hire(sam)))
    assert rows(charlie) == []
