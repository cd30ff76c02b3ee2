"""What staff do about people, jobs and the ceiling: at once, on record, and nothing else."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from governance.audit.shapes import payload_of
from governance.audit.verify import verify_chain
from governance.errors import BadInput, BudgetExceeded, Conflict, NotAllowed
from governance.isolation.context import SYSTEM_CHAIN, bind, reading
from governance.ledger import budget
from governance.ledger.models import PICO_PER_USD
from governance.models import ApiToken, InstallationLimit, Job, SignIn, User
from governance.perform import perform
from governance.staff.contexts import machine_context
from tests.cast import PASSWORD, Api, Person, make_person
from tests.governance.access.doors import call, proven_browser, sign_in
from tests.governance.staff.staff import acting, at_work, hire, submit, system_entries, told_to

pytestmark = pytest.mark.security
WHY = "Somebody else uses this account"


@pytest.fixture
def desk(sam: Person) -> Client:
    """The browser of somebody of the staff."""
    return at_work(hire(sam))


def suspend(desk: Client, person: Person) -> Any:
    return submit(desk, f"/admin/people/{person.user.pk}/suspend/", {"reason": WHY})


def test_a_suspended_person_is_out_everywhere_at_once(desk: Client, alice: Person, sam: Person) -> None:
    browser, program = proven_browser(alice), sign_in(alice)["access"]
    with alice.acting():
        _, secret = perform("governance.token.create", {"name": "key", "scopes": ["threads:read"]})
    assert call("GET", "threads/", token=secret).status_code == 200
    assert suspend(desk, alice).status_code == 302
    assert browser.get("/home/").status_code == 302
    assert call("GET", "auth/me/", token=program).status_code == 401
    assert call("GET", "threads/", token=secret).status_code == 401
    assert not SignIn.objects.filter(user=alice.user).exists()
    assert Api(None).post("auth/login/", {"email": alice.email, "password": PASSWORD}).status_code != 200
    (told,) = told_to(alice, "governance.person.suspend")
    assert (told["said"], told["by"]) == (WHY, "Sam")
    row = system_entries("governance.person.suspend")[-1]
    assert (row.person_id, row.resource_id) == (sam.user.pk, alice.user.pk)


def test_its_sockets_are_closed(desk: Client, alice: Person) -> None:
    from governance.live.door import Close, admit, still_admitted
    from tests.governance.access.factors.test_half import socket_of

    passed = admit(socket_of(proven_browser(alice)))
    assert still_admitted([passed]) == {}
    suspend(desk, alice)
    assert still_admitted([passed]) == {passed: Close.SIGN_IN}


def test_who_is_let_in_again_signs_in_but_old_keys_stay_dead(desk: Client, alice: Person) -> None:
    with alice.acting():
        _, secret = perform("governance.token.create", {"name": "key", "scopes": ["threads:read"]})
    suspend(desk, alice)
    submit(desk, f"/admin/people/{alice.user.pk}/reactivate/", {"reason": "It was a mistake"})
    assert proven_browser(alice).get("/home/").status_code == 200
    assert call("GET", "threads/", token=secret).status_code == 401
    assert ApiToken.objects.filter(user=alice.user, revoked_at__isnull=False).count() == 1


def test_nobody_suspends_themselves_twice_or_without_a_reason(desk: Client, alice: Person, sam: Person) -> None:
    assert suspend(desk, sam).status_code == 400
    assert User.objects.get(pk=sam.user.pk).is_active
    empty = submit(desk, f"/admin/people/{alice.user.pk}/suspend/", {"reason": ""})
    assert empty.status_code == 400
    assert User.objects.get(pk=alice.user.pk).is_active
    suspend(desk, alice)
    assert suspend(desk, alice).status_code == 400
    assert submit(desk, f"/admin/people/{uuid7()}/suspend/", {"reason": WHY}).status_code == 404


def test_an_account_that_is_being_deleted_is_not_brought_back(alice: Person, sam: Person) -> None:
    from django.utils import timezone

    from governance.models import Erasure

    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    row = Erasure.objects.create(
        kind="account", target_id=alice.user.pk, person_id=alice.user.pk, state="erasing", due_at=timezone.now()
    )
    with acting(hire(sam)), pytest.raises(Conflict) as refused:
        perform("governance.person.reactivate", {"person": alice.user.pk, "reason": WHY})
    assert refused.value.code == "account_ends"
    Erasure.objects.filter(pk=row.pk).update(state="undone")


def test_a_locked_account_is_unlocked(desk: Client, alice: Person) -> None:
    def answer() -> int:
        return Api(None).post("auth/login/", {"email": alice.email, "password": PASSWORD}).status_code

    for _ in range(5):
        Api(None).post("auth/login/", {"email": alice.email, "password": "wrong-pass-word"})
    assert answer() == 429
    submit(desk, f"/admin/people/{alice.user.pk}/unlock/")
    assert answer() == 200
    assert system_entries("governance.person.unlock")[-1].resource_id == alice.user.pk


def a_job(person: Person, state: str, **more: Any) -> Job:
    ids = {"identity_id": person.identity.pk, "person_id": person.user.pk}
    return Job.objects.create(kind=more.pop("kind", "governance.checkpoints.execute"), state=state, **ids, **more)


def known_kind() -> str:
    from governance.jobs.registry import kinds

    return next(name for name, kind in kinds().items() if kind.every is None)


@pytest.mark.parametrize("state", ["dead", "refused"])
def test_a_job_that_was_given_up_is_tried_again(state: str, desk: Client, alice: Person) -> None:
    row = a_job(alice, state, kind=known_kind(), tries=5, last_error="x")
    submit(desk, f"/admin/jobs/{row.pk}/retry/")
    row.refresh_from_db()
    assert (row.state, row.tries, row.fence, row.finished_at) == ("pending", 0, 1, None)
    assert told_to(alice, "governance.job.retry")[-1]["said"] == row.kind
    Job.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("state", ["pending", "queued", "running"])
def test_a_stuck_job_is_cancelled_and_its_worker_has_lost_it(state: str, desk: Client, alice: Person) -> None:
    from governance.jobs import claims

    row = a_job(alice, state, fence=3)
    submit(desk, f"/admin/jobs/{row.pk}/cancel/")
    assert not claims.settle(row.pk, 3, Job.State.DONE)
    row.refresh_from_db()
    assert (row.state, row.last_error, row.fence) == ("refused", "cancelled", 4)
    assert system_entries("governance.job.cancel")[-1].resource_id == row.pk


def test_a_job_that_moved_meanwhile_is_left_alone(alice: Person, sam: Person) -> None:
    hire(sam)
    for state, name in (("done", "retry"), ("done", "cancel"), ("running", "retry"), ("dead", "cancel")):
        row = a_job(alice, state, kind=known_kind())
        with acting(sam), pytest.raises(Conflict):
            perform(f"governance.job.{name}", {"job": row.pk})
        row.refresh_from_db()
        assert row.state == state
        Job.objects.filter(pk=row.pk).delete()
    unknown = a_job(alice, "dead", kind="tests.unknown")
    with acting(sam), pytest.raises(Conflict):
        perform("governance.job.retry", {"job": unknown.pk})


@pytest.fixture
def no_ceiling(db: None) -> Any:
    yield
    InstallationLimit.objects.update(monthly_usd_cap=None)


def test_the_ceiling_holds_from_the_next_call_on(desk: Client, alice: Person, no_ceiling: None) -> None:
    from governance.models import InstallationAccount

    def reserve(pico: int) -> None:
        with alice.acting(), transaction.atomic():
            budget.hold(budget.thread_account(uuid7(), "personal", 10_000), 1, pico)

    reserve(PICO_PER_USD // 100)
    month = InstallationAccount.objects.order_by("-month")[0]
    used = -(-(month.pico_usd_held + month.pico_usd_spent) // PICO_PER_USD)
    assert submit(desk, "/admin/ceiling/", {"usd": used}).status_code == 302
    with pytest.raises(BudgetExceeded) as refused:
        reserve(PICO_PER_USD)
    assert refused.value.extra["budget"]["kind"] == "installation"
    assert refused.value.extra["budget"]["limit"] == used * PICO_PER_USD
    submit(desk, "/admin/ceiling/", {"usd": ""})
    reserve(PICO_PER_USD)


def test_the_ceiling_is_never_above_the_environments(
    desk: Client, sam: Person, alice: Person, no_ceiling: None
) -> None:
    most = settings.MONTHLY_USD_CAP
    assert submit(desk, "/admin/ceiling/", {"usd": most + 1}).status_code == 400
    assert submit(desk, "/admin/ceiling/", {"usd": "-1"}).status_code == 400
    assert submit(desk, "/admin/ceiling/", {"usd": "1e9"}).status_code == 400
    with acting(sam), pytest.raises(BadInput):
        perform("governance.installation.set_ceiling", {"usd": most + 1})
    assert not InstallationLimit.objects.filter(monthly_usd_cap__isnull=False).exists()
    InstallationLimit.objects.update_or_create(pk=1, defaults={"monthly_usd_cap": most * 1000})
    with (
        alice.acting(),
        transaction.atomic(),
        pytest.raises(BudgetExceeded) as refused,
    ):  # nor does a row beside the act
        budget.hold(budget.thread_account(uuid7(), "personal", 10_000), 1, (most + 1) * PICO_PER_USD)
    assert refused.value.extra["budget"]["limit"] == most * PICO_PER_USD


def test_only_staff_through_the_admin_perform_any_of_it(alice: Person, sam: Person) -> None:
    hire(sam)
    for who in (alice, sam):
        for changes in ({}, {"role": "staff"}, {"channel": "admin", "role": "staff"}):
            with who.acting(**changes), pytest.raises(NotAllowed):
                perform("governance.person.suspend", {"person": who.user.pk, "reason": WHY})
    with acting(sam), pytest.raises(NotAllowed):
        perform("governance.staff.grant", {"person": alice.user.pk})
    assert system_entries("governance.staff.grant")[-1].outcome == "refused"


def test_the_command_takes_in_lists_and_dismisses_on_record(alice: Person) -> None:
    out = StringIO()
    call_command("staff", alice.email.upper(), stdout=out)
    assert "second factor" in out.getvalue()
    call_command("staff", stdout=out)
    assert f"{alice.email}  no second factor yet" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("staff", alice.email)
    call_command("staff", alice.email, "--off", stdout=out)
    assert not User.objects.get(pk=alice.user.pk).is_staff
    for wrong in (["nobody@example.com"], [alice.email, "--off"], ["--off"]):
        with pytest.raises(CommandError):
            call_command("staff", *wrong)
    assert [told["by"] for told in told_to(alice, "governance.staff.grant")] == ["system"]
    mine = [row.outcome for row in system_entries("governance.staff.withdraw") if row.resource_id == alice.user.pk]
    assert mine == ["allowed"]


def test_createsuperuser_makes_staff_on_record_and_nothing_more(db: None) -> None:
    person = User.objects.create_superuser(f"{uuid7()}@example.com", PASSWORD)
    assert (person.is_staff, person.is_superuser) == (True, False)
    assert system_entries("governance.staff.grant")[-1].resource_id == person.pk


def test_nobody_else_is_made_staff_by_signing_up_first(db: None) -> None:
    assert make_person("First").user.is_staff is False


def test_an_act_of_the_staff_keeps_what_the_rules_said(desk: Client, alice: Person) -> None:
    suspend(desk, alice)
    with bind(machine_context()), reading():
        payload = payload_of(system_entries("governance.person.suspend")[-1])
    assert payload is not None
    assert payload["verdict"]["decision"] == "allow"
    assert payload["params"]["reason"] == WHY


def test_the_chains_still_verify(desk: Client, alice: Person) -> None:
    suspend(desk, alice)
    with bind(machine_context()), reading():
        assert verify_chain(SYSTEM_CHAIN, open_payloads=True).ok
    with alice.looking():
        assert verify_chain(alice.identity.pk, open_payloads=True).ok


LISTS = ["/admin/people/", "/admin/identities/", "/admin/jobs/", "/admin/log/", "/admin/glass/"]
PAGES = ["/admin/", "/admin/stops/", *LISTS, "/admin/months/", "/admin/ceiling/", "/admin/rules/"]


def test_a_page_needs_few_queries_however_full(desk: Client) -> None:
    def costs() -> dict[str, int]:
        found = {}
        for page in PAGES:
            desk.get(page)
            with CaptureQueriesContext(connection) as seen:
                assert desk.get(page).status_code == 200
            mark = next(n for n, query in enumerate(seen) if query["sql"].startswith("COMMIT"))
            found[page] = mark  # what follows puts the page on record
        return found

    before = costs()
    for _ in range(25):
        make_person("Many")
    assert costs() == before
    assert max(before.values()) <= 12, before


@pytest.mark.parametrize("page", LISTS)
def test_a_wrong_query_is_no_fault(page: str, desk: Client) -> None:
    for query in (
        "?p=999",
        "?p=x",
        "?before=x",
        "?q=%00",
        "?state__exact=nowhere",
        "?is_staff__exact=x",
        "?o=9",
        "?x=y",
    ):
        assert desk.get(page + query).status_code in {200, 302, 400, 404}, query


@pytest.mark.parametrize(
    "query",
    ["password__startswith=a", "password__exact=x", "is_staff__in=1", "last_login__isnull=1", "groups__id=1",
     "memberships__identity__name__startswith=A", "_to_field=password", "is_superuser__exact=1"],
)  # fmt: skip
def test_an_address_cannot_ask_what_no_filter_offers(query: str, desk: Client, alice: Person) -> None:
    """Otherwise a digest is read bit by bit from whether a list is empty."""
    answer = desk.get(f"/admin/people/?{query}")
    assert answer.status_code in {302, 400}, answer.content.decode()[:500]
    assert alice.email not in answer.content.decode()
    assert desk.get("/admin/identities/?owner__password__startswith=a").status_code in {302, 400}
