"""Caps set by people: lowered at once, raised by who proves to be there, never changed behind somebody's back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from governance.access.stepup import proof
from governance.errors import BadInput, BudgetExceeded, Conflict, NotAllowed
from governance.ledger import budget
from governance.ledger.caps import REMOVE, SET
from governance.ledger.models import PICO_PER_USD, Account, Cap, LedgerEntry
from governance.perform import perform
from tests.cast import Api, Person, make_workshop
from tests.governance.checkpoints.asking import counted
from tests.governance.ledger.test_api import spend


def at_home(person: Person, kind: str = "identity") -> Any:
    with person.looking():
        return Account.objects.get(kind=kind)


def caps(person: Person, account: Any) -> dict[tuple[str, str], tuple[int, int]]:
    with person.looking():
        rows = Cap.objects.filter(account=account)
        return {(row.unit, row.period): (row.limit, row.used) for row in rows}


def put(person: Person, limit: int, **more: Any) -> Any:
    with person.acting():
        return perform(SET, {"unit": "tokens", "period": "month", "limit": limit, **more})


def proved(person: Person, identity: Any = None) -> Api:
    return Api(person.user, identity, proofs=[proof("password")])


def sum_of(person: Person, account: Any) -> int:
    with person.looking():
        return sum(LedgerEntry.objects.filter(account=account).values_list("tokens", flat=True))


def test_a_cap_is_lowered_and_the_balance_stays_the_sum_of_its_rows(alice: Person) -> None:
    spend(alice)
    put(alice, 5_000, before=100_000)
    root = at_home(alice)
    assert caps(alice, root)["tokens", "month"] == (5_000, 120)
    assert root.tokens_balance == sum_of(alice, root) == 4_880
    with alice.acting(), pytest.raises(BudgetExceeded), transaction.atomic():
        budget.hold(root.pk, 4_881, 0)


def test_below_what_is_used_nothing_more_passes(alice: Person) -> None:
    spend(alice)
    put(alice, 100, before=100_000)
    root = at_home(alice)
    assert root.tokens_balance == sum_of(alice, root) == -20
    with alice.acting(), transaction.atomic():
        assert budget.credits_left() == (0, 100)
        assert not budget.fits(root.pk, 1, 0)


def test_the_first_cap_of_an_account_opens_it(alice: Person) -> None:
    assert put(alice, 7, before=100_000).tokens_balance == 100_000  # as it was found
    root = at_home(alice)
    assert (caps(alice, root)["tokens", "month"], root.tokens_balance) == ((7, 0), 7)


@pytest.mark.parametrize("period", ["day", "week", "month", "year", "lifetime"])
def test_a_new_cap_counts_what_its_window_has_used_already(alice: Person, period: str) -> None:
    spend(alice)
    sphere = at_home(alice, "sphere")
    put(alice, 200, account=sphere.pk, period=period)
    put(alice, 10_000, account=sphere.pk, period=period, unit="pico_usd")
    assert caps(alice, sphere) == {("tokens", period): (200, 120), ("pico_usd", period): (10_000, 900)}
    sphere = at_home(alice, "sphere")
    assert sphere.tokens_balance == sum_of(alice, sphere) == 80
    with pytest.raises(BudgetExceeded):
        spend(alice)


def test_a_day_and_a_month_side_by_side_leave_the_balance_that_of_the_month(alice: Person) -> None:
    spend(alice)
    put(alice, 300, period="day")
    root = at_home(alice)
    assert (root.tokens_balance, sum_of(alice, root)) == (99_880, 99_880)
    from tests.governance.ledger.test_budget import age_windows

    age_windows(alice)
    with alice.acting(), transaction.atomic():
        budget.settle(budget.hold(root.pk, 10, 0).id, 10, 0)
        assert budget.credits_left() == (99_990, 100_000)
    root = at_home(alice)
    assert root.tokens_balance == sum_of(alice, root) == 99_990


def test_a_removed_cap_refuses_nothing_any_more(alice: Person) -> None:
    spend(alice)
    thread = at_home(alice, "thread")
    with alice.acting():
        perform(REMOVE, {"account": thread.pk, "unit": "tokens", "period": "lifetime", "before": 10_000})
    assert caps(alice, thread) == {}
    thread = at_home(alice, "thread")
    assert thread.tokens_balance == sum_of(alice, thread) == -120


def test_an_identity_keeps_the_caps_it_was_opened_with(alice: Person) -> None:
    spend(alice)
    with alice.acting(), pytest.raises(BadInput):
        perform(REMOVE, {"account": at_home(alice).pk, "unit": "tokens", "period": "month", "before": 100_000})


def test_a_cap_that_another_has_changed_meanwhile_is_left_alone(alice: Person) -> None:
    put(alice, 50_000, before=100_000)
    with pytest.raises(Conflict):
        put(alice, 60_000, before=100_000)
    with pytest.raises(Conflict):
        put(alice, 60_000)
    assert caps(alice, at_home(alice))["tokens", "month"] == (50_000, 0)


@pytest.mark.parametrize(("unit", "limit"), [("tokens", 10**12 + 1), ("pico_usd", 10**18 + 1), ("tokens", -1)])
def test_a_limit_that_cannot_be_is_refused(alice: Person, unit: str, limit: int) -> None:
    with pytest.raises(BadInput):
        put(alice, limit, unit=unit, period="year")


def test_members_agents_and_tokens_set_no_cap(alice: Person, bob: Person) -> None:
    workshop = make_workshop(alice, bob)
    for person, more in ((bob, {}), (alice, {"agent": "nova"}), (alice, {"token_id": uuid7()})):
        with person.acting(workshop, **more), pytest.raises(NotAllowed):
            perform(SET, {"unit": "tokens", "period": "month", "limit": 1, "before": 0})


def test_the_database_sets_no_cap_of_another_identity(alice: Person, charlie: Person) -> None:
    spend(alice)
    root = at_home(alice)
    with charlie.acting(), pytest.raises(Exception, match="no such account"), transaction.atomic():
        budget.set_cap(root.pk, "tokens", "month", 1, before=100_000)


def test_the_change_is_told_in_the_log(alice: Person) -> None:
    from governance.models import AuditEntry

    put(alice, 50_000, before=100_000)
    with alice.looking():
        entry = AuditEntry.objects.latest_first()[0]
        assert (entry.action, entry.outcome, entry.resource_id) == (SET, "allowed", Account.objects.get().pk)


def month_cap(api: Api) -> Any:
    return api.get("governance/budgets/").json()["results"][0]["caps"][0]


def test_by_the_api_lowering_is_free_and_raising_needs_a_proof(alice: Person) -> None:
    spend(alice)
    cap = month_cap(alice.api)["id"]
    lowered = alice.api.patch(f"governance/budgets/caps/{cap}/", {"limit": 1_000})
    assert (lowered.status_code, lowered.json()["caps"][0]["limit"]) == (200, 1_000)
    refused = alice.api.patch(f"governance/budgets/caps/{cap}/", {"limit": 1_001})
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert proved(alice).patch(f"governance/budgets/caps/{cap}/", {"limit": 2_000}).status_code == 200
    raised = {"unit": "tokens", "period": "month", "limit": 3_000, "before": 2_000}
    assert alice.api.post("governance/budgets/caps/", raised).json()["code"] == "step_up_required"
    assert month_cap(alice.api)["limit"] == 2_000


def test_by_the_api_a_cap_is_added_and_taken_away(alice: Person) -> None:
    spend(alice)
    thread = at_home(alice, "thread")
    body = {"account": str(thread.pk), "unit": "pico_usd", "period": "week", "limit": 5 * PICO_PER_USD}
    added = alice.api.post("governance/budgets/caps/", body)
    assert added.status_code == 201
    cap = added.json()["caps"][1]
    assert (cap["period"], cap["limit_pico_usd"], cap["used_pico_usd"]) == ("week", 5 * PICO_PER_USD, 900)
    assert alice.api.post("governance/budgets/caps/", body).json()["code"] == "cap_changed"
    assert alice.api.delete(f"governance/budgets/caps/{cap['id']}/").json()["code"] == "step_up_required"
    gone = proved(alice).delete(f"governance/budgets/caps/{cap['id']}/")
    assert (gone.status_code, len(gone.json()["caps"])) == (200, 1)
    assert proved(alice).delete(f"governance/budgets/caps/{cap['id']}/").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"limit": "x"}, {"limit": -1}, {"limit": 1.5}, {"limit": 10**19 - 1}, {"limit": 1, "colour": "red"}]
)
def test_a_body_that_means_nothing_is_400(alice: Person, body: Any) -> None:
    spend(alice)
    assert proved(alice).patch(f"governance/budgets/caps/{month_cap(alice.api)['id']}/", body).status_code == 400


def page(account: UUID | None = None, **more: str) -> str:
    named = {"account": str(account)} if account else {}
    return "/budgets/cap/?" + "&".join(f"{key}={value}" for key, value in {**named, **more}.items())


def typed(limit: str, before: str = "", unit: str = "tokens", period: str = "month") -> dict[str, str]:
    return {"limit": limit, "before": before, "unit": unit, "period": period}


def test_the_page_lowers_a_cap_and_leads_to_the_proof_before_it_raises_one(alice: Person) -> None:
    spend(alice)
    url = page(unit="tokens", period="month")
    assert 'value="100000"' in alice.browser.get(url).content.decode().replace("\N{NO-BREAK SPACE}", "")
    assert alice.post(url, typed("5 000".replace(" ", "\N{NO-BREAK SPACE}"), "100000")).status_code == 302
    assert caps(alice, at_home(alice))["tokens", "month"][0] == 5_000
    led = alice.post(url, typed("6000", "5000"))
    assert led["Location"].startswith("/accounts/reauthenticate/")
    assert "limit%3D6000" in led["Location"]
    assert caps(alice, at_home(alice))["tokens", "month"][0] == 5_000
    assert 'value="6000"' in alice.browser.get(page(unit="tokens", period="month", limit="6000")).content.decode()


def test_the_page_adds_a_cap_in_dollars_to_the_last_digit(alice: Person) -> None:
    spend(alice)
    sphere = at_home(alice, "sphere")
    assert alice.post(page(sphere.pk), typed("0,000000000001", unit="pico_usd", period="year")).status_code == 302
    assert caps(alice, sphere)["pico_usd", "year"] == (1, 900)
    again = alice.post(page(sphere.pk), typed("3", unit="pico_usd", period="year"))
    assert again["Location"] == page(sphere.pk, unit="pico_usd", period="year", limit="3")


@pytest.mark.parametrize("limit", ["", "x", "-1", "1,5", "1e99", "NaN", "Infinity", "9" * 40])
def test_the_page_says_what_is_wrong(alice: Person, limit: str) -> None:
    answer = alice.post(page(unit="tokens", period="month"), typed(limit, "100000"))
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_more_than_the_budget_above_allows_is_explained(alice: Person) -> None:
    spend(alice)
    sphere = at_home(alice, "sphere")
    answer = alice.post(page(sphere.pk), typed("200000"), follow=True)
    assert "moins" in answer.content.decode()
    assert caps(alice, sphere)["tokens", "month"][0] == 200_000


def test_who_may_not_set_caps_is_offered_none(alice: Person, bob: Person) -> None:
    workshop = make_workshop(alice, bob)
    bob.post(f"/identities/{workshop.pk}/activate/")
    assert "/budgets/cap/" not in bob.browser.get("/budgets/").content.decode()
    assert bob.browser.get("/budgets/cap/").status_code == 403
    assert bob.post("/budgets/cap/remove/?unit=tokens&period=month").status_code == 403


def test_the_tree_costs_the_same_for_one_branch_and_for_many(alice: Person) -> None:
    spend(alice)
    alice.browser.get("/budgets/")
    with counted() as one:
        alice.browser.get("/budgets/")
    with alice.acting(), transaction.atomic():
        for place in ("personal", "business", "team"):
            for _ in range(100):
                budget.thread_account(uuid7(), place, 100)
    with counted() as many:
        text = alice.browser.get("/budgets/").content.decode()
    assert len(many) == len(one)
    assert text.count('class="tree__below') == 3
    assert text.count('<li class="stack stack-2">') == 9


def test_a_thread_says_the_cap_it_has_now(alice: Person) -> None:
    from threads.models import Thread

    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Fil", "sphere": "personal"})
        with transaction.atomic():
            account = budget.thread_account(thread.pk, "personal", 10_000)
    put(alice, 25_000, account=account, period="lifetime", before=10_000)
    with alice.looking():
        assert Thread.objects.get(pk=thread.pk).token_budget == 25_000
