"""The whole chain in the background: one at a time, told as it goes, its result kept, the first bad entry named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.audit import checking
from governance.audit.signing.taking import sign_heads
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import Channel
from governance.jobs.registry import get_kind
from governance.models import AuditEntry, ChainCheck, Event, Job, Membership
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.audit.chains import entries, grow, head_of, restore, tampering

URL = "governance/audit/verify/"


@pytest.fixture
def harming(alice: Person) -> Iterator[Any]:
    """The superuser's hand on Alice's chain, put back afterwards: other tests of this database judge every chain."""
    kept: list[Any] = []

    @contextmanager
    def remembering() -> Iterator[Any]:
        chain = alice.identity.pk
        with tampering() as admin:
            rows = admin.execute("SELECT id, hash FROM governance_signedhead WHERE identity_id = %s", [chain])
            kept.append((chain, entries(chain), head_of(chain), rows.fetchall()))
            yield admin

    yield remembering
    for chain, written, head, signed in kept:
        restore(chain, written, head)
        with tampering() as admin:
            for pk, digest in signed:
                admin.execute("UPDATE governance_signedhead SET hash = %s WHERE id = %s", [digest, pk])


def begun(person: Person) -> ChainCheck:
    with person.acting():
        return perform("governance.audit.verify", {})


def worked_out(person: Person) -> ChainCheck:
    row = begun(person)
    with person.acting(channel=Channel.TASK):
        get_kind(checking.JOB).handler(row.pk)
    return again(person, row)


def again(person: Person, row: ChainCheck) -> ChainCheck:
    with person.looking():
        return ChainCheck.objects.get(pk=row.pk)


def test_a_whole_log_is_read_piece_by_piece_to_its_end(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(alice, 7)
    sign_heads()
    grow(alice, 2)
    monkeypatch.setattr(checking, "CHUNK", 3)
    monkeypatch.setattr(checking, "TOLD_EVERY", 0)
    row = worked_out(alice)
    with alice.looking():
        last, before = AuditEntry.objects.latest_first()[:2]
        told = list(Event.objects.filter(object_id=row.pk).order_by("seq").values_list("kind", "data__done"))
    assert (row.state, row.ok, row.first_bad) == ("done", True, None)
    assert (row.done, row.hash) == (before.seq, bytes(before.hash).hex())
    assert 0 < row.signed < row.done
    assert last.action == "governance.audit.verified"
    pieces = [("verification.progress", done) for done in range(0, row.done + 1, 3)]
    assert told == [("verification.started", None), *pieces, ("verification.done", None)]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_the_size_of_a_piece_changes_nothing(alice: Person, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    grow(alice, 4)
    monkeypatch.setattr(checking, "CHUNK", size)
    row = worked_out(alice)
    assert row.ok
    with alice.looking():
        assert row.done == AuditEntry.objects.count() - 1


@pytest.mark.parametrize("size", [2, 100])
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("UPDATE governance_auditentry SET body = body || ' ' WHERE identity_id = %s AND seq = 3", "altered"),
        ("UPDATE governance_auditentry SET payload = payload || 'x' WHERE identity_id = %s AND seq = 3", "payload"),
        ("DELETE FROM governance_auditentry WHERE identity_id = %s AND seq = 3", "missing"),
        ("UPDATE governance_auditentry SET outcome = 'failed' WHERE identity_id = %s AND seq = 3", "column"),
    ],
)
def test_the_first_bad_entry_is_named_and_kept(
    alice: Person, monkeypatch: pytest.MonkeyPatch, harm: str, reason: str, size: int, harming: Any
) -> None:
    grow(alice, 6)
    monkeypatch.setattr(checking, "CHUNK", size)
    with harming() as admin:
        admin.execute(harm.encode(), [alice.identity.pk])
    row = worked_out(alice)
    assert (row.state, row.ok) == ("done", False)
    assert row.first_bad["seq"] == 3 + harm.startswith("DELETE")
    assert reason in row.first_bad["reason"]
    page = alice.browser.get("/audit/verify/").content.decode()
    assert row.first_bad["reason"] in page
    assert "La chaîne est rompue" in page
    told = alice.api.get(f"{URL}?full=1").json()
    assert (told["ok"], told["chains"][0]["first_bad"]) == (False, row.first_bad)


def test_a_log_made_anew_after_it_was_signed_is_found(alice: Person, harming: Any) -> None:
    grow(alice, 3)
    sign_heads()
    with harming() as admin:
        admin.execute(
            "UPDATE governance_signedhead SET hash = %s WHERE identity_id = %s", [bytes(32), alice.identity.pk]
        )
    row = worked_out(alice)
    assert row.ok is False
    assert "is not in the tree" in row.first_bad["reason"]


def test_one_at_a_time_and_a_lost_one_makes_room(alice: Person, charlie: Person) -> None:
    row = begun(alice)
    with pytest.raises(Conflict) as refused:
        begun(alice)
    assert refused.value.code == "verification_under_way"
    begun(charlie)
    with alice.acting(), transaction.atomic():
        ChainCheck.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    assert begun(alice).pk != row.pk
    assert again(alice, row).state == "failed"


def test_the_last_twenty_are_kept(alice: Person) -> None:
    for _ in range(22):
        worked_out(alice)
    with alice.looking():
        assert ChainCheck.objects.count() == 20


def test_a_repeat_after_a_crash_begins_anew_and_a_finished_one_stays(alice: Person) -> None:
    row = begun(alice)
    with alice.acting(channel=Channel.TASK):
        checking.tell(row, 2)
        checking.work_out(row.pk)
    done = again(alice, row)
    assert done.ok
    with alice.acting(channel=Channel.TASK):
        checking.work_out(row.pk)
    assert again(alice, row).ended_at == done.ended_at


def test_the_page_works_without_a_script(alice: Person) -> None:
    assert "pas encore été vérifié" in alice.browser.get("/audit/verify/").content.decode()
    assert alice.post("/audit/verify/")["Location"] == "/audit/verify/"
    with alice.looking():
        (row,) = ChainCheck.objects.all()
        assert Job.objects.filter(kind=checking.JOB, object_id=row.pk).exists()
    with alice.acting(channel=Channel.TASK):
        checking.tell(row, 2)
    part = alice.browser.get("/audit/verify/state/").content.decode()
    assert "2 sur 2 écritures" in part
    assert "déjà en cours de vérification" in alice.post("/audit/verify/", follow=True).content.decode()
    with alice.acting(channel=Channel.TASK):
        checking.work_out(row.pk)
    page = alice.browser.get("/audit/verify/").content.decode()
    assert "demandée par" in page
    assert 'data-live-kinds="verification.*"' in page


def test_by_program(alice: Person) -> None:
    assert alice.api.get(f"{URL}?full=1").json() == {
        "ok": None, "chains": [], "first": 1, "signed": None, "full": None,
    }  # fmt: skip
    answer = alice.api.post(URL)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    again_ = alice.api.post(URL)
    assert (again_.status_code, again_.json()["code"]) == (409, "verification_under_way")
    told = alice.api.get(URL).json()
    assert (told["ok"], told["full"]["id"]) == (True, answer.json()["id"])
    assert alice.api.post(URL, {"more": 1}).status_code == 400


def test_a_viewer_reads_and_starts_nothing(alice: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="viewer")
    viewer = Api(charlie.user, workshop)
    assert viewer.get(URL).status_code == 200
    assert viewer.post(URL).json()["code"] == "not_allowed"
    charlie.post(f"/identities/{workshop.pk}/activate/")
    assert charlie.post("/audit/verify/").status_code == 403
    assert '<form method="post" action="/audit/verify/"' not in charlie.browser.get("/audit/verify/").content.decode()


def test_who_may_no_longer_write_gets_no_result(alice: Person) -> None:
    row = begun(alice)
    with alice.acting(channel=Channel.TASK, role="viewer"), pytest.raises(NotAllowed):
        checking.work_out(row.pk)


def test_one_verification_costs_as_much_as_three(alice: Person) -> None:
    def cost() -> int:
        alice.browser.get("/audit/verify/state/")
        with CaptureQueriesContext(connection) as seen:
            assert alice.browser.get("/audit/verify/state/").status_code == 200
        return len(seen)

    worked_out(alice)
    one = cost()
    worked_out(alice)
    worked_out(alice)
    assert cost() == one
