"""The looks are kept, shown to everybody without telling of anybody, and told to the staff when one has turned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.isolation.context import Channel
from governance.jobs.registry import get_kind
from governance.laws import running
from governance.laws.actions import JOB
from governance.laws.checks import Finding, all_checks
from governance.laws.models import LawCheck
from governance.models import Job, Membership, Notification
from governance.rules import system
from tests.cast import Api, Person
from tests.governance.staff.staff import hire, system_entries

URL = "governance/laws/"


@pytest.fixture(autouse=True)
def nobody_has_looked(db: None) -> None:
    LawCheck.objects.all().delete()


def loosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "ALWAYS", tuple(rule for rule in system.ALWAYS if rule.code != "system.agent_send"))


def turned_entries() -> int:
    return len(system_entries("governance.law.change"))


def test_the_scheduled_job_looks_at_everything_and_records_what_turned_only(monkeypatch: pytest.MonkeyPatch) -> None:
    before = turned_entries()
    get_kind("governance.laws.check").handler(None)
    rows = {row.key: row for row in LawCheck.objects.all()}
    assert rows.keys() == {check.key for check in all_checks()}
    assert all(row.duration_us > 0 for row in rows.values())
    assert turned_entries() == before + 1
    get_kind("governance.laws.check").handler(None)
    assert turned_entries() == before + 1
    again = {row.key: row for row in LawCheck.objects.all()}
    assert all(again[key].at > row.at and again[key].since == row.since for key, row in rows.items())
    loosen(monkeypatch)
    running.run_all()
    row = LawCheck.objects.get(key="agents.stopped")
    assert (row.state, "governance.message.send" in row.detail) == ("broken", True)
    assert row.since > rows["agents.stopped"].since
    assert turned_entries() == before + 2


def test_the_staff_are_told_once_of_what_does_not_hold_any_more(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(alice)
    running.run_all()
    with alice.looking():
        before = Notification.objects.filter(event="law.broken").count()
    loosen(monkeypatch)
    running.run_all()
    running.run_all()
    with alice.looking():
        rows = Notification.objects.filter(event="law.broken").newest_first()
        assert rows.count() == before + 1
        assert (rows[0].facts, rows[0].link, rows[0].type) == ({"law": "L7"}, "/laws/", "alert")
    with charlie.looking():
        assert not Notification.objects.filter(event="law.broken").exists()


def test_a_check_that_is_no_more_leaves_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    LawCheck.objects.create(key="tests.old", law="L1", state="holds", at=now, since=now, duration_us=1)
    running.run_all()
    assert not LawCheck.objects.filter(key="tests.old").exists()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_what_was_found_and_no_detail(
    alice: Person, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    nobody = {"fr": "Personne n’a encore regardé", "en": "Nobody has looked yet"}[language]
    assert nobody in alice.browser.get("/laws/").content.decode()
    loosen(monkeypatch)
    running.run_all()
    for path in ("/laws/", "/laws/state/"):
        text = alice.browser.get(path).content.decode()
        assert {"fr": "Une loi n’est pas respectée", "en": "Not every law holds"}[language] in text
        assert {"fr": "Le personnel de l’installation en a été averti", "en": "have been told"}[language] in text
        assert "governance.message.send" not in text
    assert all(str(check.title) for check in all_checks())


def test_the_api_tells_the_same(alice: Person) -> None:
    law = alice.api.get(URL).json()["results"][0]
    assert {(each["state"], each["checked_at"]) for each in law["checks"]} == {("untold", None)}
    assert law["guards"]
    running.run_all()
    told = alice.api.get(URL).json()["results"]
    checks = [each for law in told for each in law["checks"]]
    assert len(checks) == len(all_checks())
    assert all(law["checks"] for law in told)
    assert {"key", "title", "state", "says", "checked_at", "since", "duration_us"} == set(checks[0])
    assert {"consent.asked": "holds"}.items() <= {each["key"]: each["state"] for each in checks}.items()


def test_what_nobody_has_looked_at_lately_is_not_known(alice: Person) -> None:
    running.run_all()
    LawCheck.objects.update(at=timezone.now() - timedelta(minutes=21))
    checks = [each for law in alice.api.get(URL).json()["results"] for each in law["checks"]]
    assert {each["state"] for each in checks} == {"untold"}


def test_somebody_has_it_looked_at_now_and_again_a_minute_later(alice: Person) -> None:
    assert alice.post("/laws/")["Location"] == "/laws/"
    job = Job.objects.filter(kind=JOB, identity_id=alice.identity.pk).latest("created_at")
    assert job.person_id == alice.user.pk
    with alice.acting(channel=Channel.TASK):
        get_kind(JOB).handler(None)
    assert LawCheck.objects.count() == len(all_checks())
    refused = alice.api.post(URL)
    assert (refused.status_code, 0 < int(refused["Retry-After"]) <= 61) == (429, True)
    assert "il y a un instant" in alice.post("/laws/", follow=True).content.decode()
    LawCheck.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert alice.api.post(URL).status_code == 202
    assert alice.api.post(URL, {"more": 1}).status_code == 400


def test_a_member_reads_and_starts_nothing(bob: Person, charlie: Person, workshop: Any) -> None:
    Membership.objects.create(user=charlie.user, identity=workshop, role="viewer")
    for person in (bob, charlie):
        program = Api(person.user, workshop)
        assert program.get(URL).status_code == 200
        assert program.post(URL).json()["code"] == "not_allowed"
        person.post(f"/identities/{workshop.pk}/activate/")
        assert person.post("/laws/").status_code == 403
        assert '<form method="post" action="/laws/"' not in person.browser.get("/laws/").content.decode()


def test_the_page_costs_the_same_whatever_was_found(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def cost() -> int:
        alice.browser.get("/laws/")
        with CaptureQueriesContext(connection) as seen:
            assert alice.browser.get("/laws/").status_code == 200
        return len(seen)

    none = cost()
    running.run_all()
    assert cost() == none


def test_a_broken_look_keeps_no_other_from_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    first, *others = all_checks()
    broken = replace(first, run=lambda: Finding([][0]))
    monkeypatch.setattr(running, "all_checks", lambda: [broken, *others])
    running.run_all()
    assert LawCheck.objects.get(key=first.key).state == "untold"
    assert LawCheck.objects.filter(state="holds").count() > len(others) // 2
