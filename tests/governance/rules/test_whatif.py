"""What-if: the current rules give the record exactly; a draft tells what it would have changed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.past import record
from governance.errors import Conflict, NotAllowed
from governance.isolation.context import Channel
from governance.models import Job, Verdict, WhatIf, WhatIfChange
from governance.perform import perform
from governance.rules.comparing import change_between
from governance.rules.whatif import JOB, work_out
from tests.cast import Person, make_person, make_workshop
from tests.governance.access.doors import post, proven_browser
from tests.governance.rules.test_rules_api import Program
from tests.governance.rules.writing import CONTENT, in_force, last_verdict, make_task, write

PAYMENTS = CONTENT | {"name": "Paiements", "conditions": [{"key": "effect", "op": "eq", "value": "PAYMENT"}]}


def begun(person: Person, **params: Any) -> WhatIf:
    with person.acting():
        return perform("governance.whatif.start", {"days": 90} | params)  # type: ignore[no-any-return]


def worked_out(person: Person, **params: Any) -> WhatIf:
    row = begun(person, **params)
    with person.acting(channel=Channel.TASK):
        work_out(row.pk)
    with person.looking():
        return WhatIf.objects.get(pk=row.pk)  # type: ignore[no-any-return]


def test_the_current_rules_give_the_record_exactly_on_ten_thousand_and_a_draft_answers_in_time(alice: Person) -> None:
    in_force(alice, effect="checkpoint", level="high", quorum=2)
    # Nothing she did before this rule is of these effects: it changes none of the past, whatever the hour is now.
    evening = [{"key": "effect", "op": "in", "value": ["SEND", "PAYMENT"]}, {"key": "hour", "op": "gte", "value": 18}]
    in_force(alice, name="Soir", effect="escalate", conditions=evening)
    record(alice, 10_000)
    row = worked_out(alice)
    assert row.state == "done"
    assert row.found["looked"] == row.total == row.done >= 10_000
    assert (set(row.found["counts"].values()), row.found["untold"]) == ({0}, 0)
    with alice.looking():
        assert not WhatIfChange.objects.exists()
        expected = Verdict.objects.filter(document__facts__effect="PAYMENT").exclude(decision="deny").count()
    began = time.monotonic()
    row = worked_out(alice, content=PAYMENTS)
    assert time.monotonic() - began < 20  # the goal of five seconds is the benchmark's, on a quiet machine
    assert row.found["counts"] == {"blocked": expected, "asked": 0, "allowed": 0, "otherwise": 0}
    assert expected > 1000
    assert sum(week["blocked"] for week in row.found["weeks"]) == expected
    with alice.looking():
        kept = WhatIfChange.objects.filter(whatif_id=row.pk)
        assert kept.count() == expected
        assert set(kept.values_list("verdict__document__facts__effect", flat=True)) == {"PAYMENT"}


def test_a_draft_in_the_place_of_its_rule(alice: Person) -> None:
    rule = in_force(alice, effect="deny")
    with alice.acting(), pytest.raises(NotAllowed):
        perform("spheres.task.create", {"title": "Semis", "sphere": "personal"})
    with alice.acting():
        perform("governance.rule.update", {"rule": rule.pk, **CONTENT, "effect": "log"})
    assert worked_out(alice).found["counts"]["allowed"] == 0
    assert worked_out(alice, rule=rule.pk).found["counts"] == {"blocked": 0, "asked": 0, "allowed": 1, "otherwise": 0}


def test_who_would_have_been_asked_and_what_it_costs(alice: Person) -> None:
    bob, vera = make_person("Bob"), make_person("Vera")
    workshop = make_workshop(alice, bob)
    make_workshop_viewer(workshop, vera)
    with alice.acting(workshop):
        perform("spheres.task.create", {"title": "Semis", "sphere": "business"})
    asks = CONTENT | {"effect": "checkpoint", "exclude_requester": True}
    with alice.acting(workshop):
        row = perform("governance.whatif.start", {"content": asks, "days": 7})
    with alice.acting(workshop, channel=Channel.TASK):
        work_out(row.pk)
    with alice.looking(workshop):
        row = WhatIf.objects.get(pk=row.pk)
    assert row.found["counts"]["asked"] == 1
    assert row.found["people"] == {str(bob.user.pk): 1}
    assert row.found["cost_pico_usd"]["asked"] == "0"


def make_workshop_viewer(workshop: Any, person: Person) -> None:
    from governance.models import Membership

    Membership.objects.create(user=person.user, identity=workshop, role="viewer")


def test_what_nobody_looked_up_is_not_made_up(alice: Person) -> None:
    make_task(alice)
    budget = CONTENT | {"conditions": [{"key": "budget_used_percent", "op": "gte", "value": 0}]}
    found = worked_out(alice, content=budget).found
    assert found["untold"] >= 1
    assert found["counts"]["blocked"] == 0
    hours = CONTENT | {"conditions": [{"key": "hour", "op": "gte", "value": 0}, *CONTENT["conditions"]]}
    assert worked_out(alice, content=hours).found["counts"]["blocked"] == 1


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (("allow", "", 1), ("allow", "", 1), None),
        (("allow", "", 1), ("allow", "", 2), None),
        (("allow", "", 1), ("deny", "", 1), "blocked"),
        (("checkpoint", "low", 1), ("deny", "", 1), "blocked"),
        (("allow", "", 1), ("checkpoint", "low", 1), "asked"),
        (("deny", "", 1), ("checkpoint", "low", 1), "asked"),
        (("checkpoint", "low", 1), ("allow", "", 1), "allowed"),
        (("checkpoint", "low", 1), ("checkpoint", "low", 2), "otherwise"),
        (("checkpoint", "low", 1), ("checkpoint", "high", 1), "otherwise"),
        (("checkpoint", "low", 1), ("checkpoint", "low", 1), None),
    ],
)
def test_what_has_become_of_it(before: Any, after: Any, change: str | None) -> None:
    assert change_between(before, after) == change


def test_one_at_a_time_as_a_job_and_harmless_to_repeat(alice: Person) -> None:
    make_task(alice)
    row = begun(alice, content=CONTENT)
    assert Job.objects.filter(kind=JOB, object_id=row.pk).count() == 1
    with pytest.raises(Conflict):
        begun(alice)
    with alice.acting(channel=Channel.TASK):
        work_out(row.pk)
        work_out(row.pk)
    with alice.looking():
        assert WhatIfChange.objects.filter(whatif_id=row.pk).count() == 1
    with alice.acting(), pytest.raises(NotAllowed):
        perform("governance.whatif.finish", {"whatif": row.pk, "found": {}})


def test_the_oldest_make_room(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    make_task(alice)
    monkeypatch.setattr("governance.rules.whatif.KEPT", 2)
    first = worked_out(alice, content=CONTENT)
    for _ in range(3):
        worked_out(alice)
    with alice.looking():
        assert WhatIf.objects.count() == 2
        assert not WhatIfChange.objects.filter(whatif_id=first.pk).exists()


def test_the_pages(alice: Person) -> None:
    make_task(alice)
    rule = write(alice)
    browser = proven_browser(alice)
    begins = post(browser, "/policies/what-if/", {"rule": str(rule.pk), "days": "7"})
    path = begins.headers["Location"]
    waits = browser.get(path).content.decode()
    assert "data-live-src" in waits
    again = post(browser, "/policies/what-if/", {"rule": str(rule.pk)}, follow=True)
    assert "Un autre essai est en cours" in again.content.decode()
    with alice.looking():
        row = WhatIf.objects.get()
    with alice.acting(channel=Channel.TASK):
        work_out(row.pk)
    for where in (path, f"{path}state/"):
        page = browser.get(where).content.decode()
        assert "/verdicts/" in page
        assert '<rect class="b4"' in page
    assert post(browser, "/policies/what-if/", {"rule": "nothing"}).status_code == 404
    assert post(browser, "/policies/what-if/", {"days": "-5"}).status_code == 302


def test_the_api(alice: Person) -> None:
    make_task(alice)
    program = Program(alice)
    begins = program.ask("POST", "simulate/", {"content": CONTENT, "days": 7})
    assert begins.status_code == 202, begins.content
    one = f"simulate/{begins.json()['id']}/"
    assert program.ask("GET", one).json()["found"] is None
    with alice.acting(channel=Channel.TASK):
        work_out(begins.json()["id"])
    assert program.ask("GET", one).json()["found"]["counts"]["blocked"] == 1
    (change,) = program.ask("GET", f"{one}changes/?change=blocked").json()["results"]
    assert (change["before"], change["after"]) == ("allow", "deny")
    assert program.ask("GET", f"{one}changes/?change=allowed").json()["results"] == []
    for body in ({"days": 0}, {"days": 367}, {"content": {"name": "a"}}, {"content": CONTENT | {"conditions": []}}):
        assert program.ask("POST", "simulate/", body).status_code == 400


def test_a_page_costs_the_same_however_much_it_shows(alice: Person) -> None:
    """Rules, versions, a verdict and a what-if: no query per row."""
    browser = proven_browser(alice)
    rule = in_force(alice, effect="log")
    make_task(alice)
    paths = ["/policies/", f"/policies/{rule.pk}/", f"/verdicts/{last_verdict(alice).pk}/"]
    row = worked_out(alice, content=CONTENT | {"name": "A"})
    few = [statements(browser, path) for path in [*paths, f"/policies/what-if/{row.pk}/"]]
    assert max(few) <= 12
    for number in range(3):
        in_force(alice, effect="log", name=f"Note {number}")
        with alice.acting():
            perform("governance.rule.update", {"rule": rule.pk, **CONTENT, "effect": "log", "priority": number})
            perform("governance.rule.publish", {"rule": rule.pk})
        make_task(alice)
    paths[2] = f"/verdicts/{last_verdict(alice).pk}/"
    row = worked_out(alice, content=CONTENT | {"name": "A"})
    assert row.found["counts"]["blocked"] == 4
    assert [statements(browser, path) for path in [*paths, f"/policies/what-if/{row.pk}/"]] == few


def statements(browser: Any, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    return len(seen)
