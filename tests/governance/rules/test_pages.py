"""`/policies/`: the list, the editor without a script, the life of a rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from governance.models import Rule
from governance.perform import perform
from tests.cast import Person, make_person, make_workshop
from tests.governance.access.doors import post, proven_browser
from tests.governance.access.test_stepup import later
from tests.governance.rules.writing import CONTENT, again, in_force, make_task, write

NEW = "/policies/new/"
FORM = {
    "name": "Cher", "effect": "checkpoint", "level": "", "quorum": "1", "priority": "50",
    "c-0-key": "estimated_cost_pico_usd", "c-0-op": "gt", "c-0-value": "5,50",
}  # fmt: skip


@pytest.fixture
def browser(alice: Person) -> Client:
    return proven_browser(alice)


def text(answer: Any) -> str:
    return answer.content.decode()


def test_the_list_tells_of_both_kinds_and_where_to_begin(browser: Client, alice: Person) -> None:
    empty = text(browser.get("/policies/"))
    assert "ne peuvent qu’être resserrées" in empty
    assert [f"?template={name}" in empty for name in ("cost", "sunday", "two")] == [True] * 3
    write(alice)
    assert "Pas de notes par programme" in text(browser.get("/policies/"))


@pytest.mark.parametrize("template", ["cost", "sunday", "two"])
def test_a_template_is_kept_as_it_is_shown(browser: Client, alice: Person, template: str) -> None:
    page = browser.get(f"{NEW}?template={template}")
    form, rows = page.context["form"], page.context["rows"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not False}
    for row in rows:
        sent |= {f"c-{row.number}-key": row.key, f"c-{row.number}-op": row.op, f"c-{row.number}-value": row.value}
    assert post(browser, NEW, sent).status_code == 302
    with alice.looking():
        row = Rule.objects.get()
    assert row.conditions == page.context["form"].initial["conditions"]
    assert row.draft["quorum"] == (2 if template == "two" else 1)


def test_rows_come_and_go_without_a_script_and_nothing_is_lost(browser: Client) -> None:
    more = post(browser, NEW, FORM | {"do": "add"})
    assert more.status_code == 200
    assert [row.key for row in more.context["rows"]] == ["estimated_cost_pico_usd", ""]
    assert 'value="5,50"' in text(more)
    assert 'value="Cher"' in text(more)
    two = FORM | {"c-1-key": "hour", "c-1-op": "gte", "c-1-value": "22", "do": "drop-0"}
    fewer = post(browser, NEW, two)
    assert [(row.number, row.key, row.value) for row in fewer.context["rows"]] == [(0, "hour", "22")]


def test_money_is_written_as_money(browser: Client, alice: Person) -> None:
    assert post(browser, NEW, FORM).status_code == 302
    with alice.looking():
        row = Rule.objects.get()
    assert row.conditions == [{"key": "estimated_cost_pico_usd", "op": "gt", "value": 5_500_000_000_000}]
    assert "5,50" in text(browser.get(f"/policies/{row.pk}/"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"c-0-value": "much"}, "Écrivez un nombre."),
        ({"c-0-op": "contains"}, "Cet opérateur ne convient pas"),
        ({"c-0-key": "weekday", "c-0-op": "eq", "c-0-value": "Caturday"}, "dimanche"),
        ({"c-0-value": ""}, "Il manque une valeur."),
        ({"c-0-key": "moon"}, "Choisissez dans les listes."),
        ({"c-0-key": "", "c-0-value": ""}, "d’une à douze conditions"),
        ({"c-0-key": "action", "c-0-op": "regex", "c-0-value": "(a"}, "ne convient pas"),
        ({"c-0-value": "9" * 400}, "Écrivez un nombre."),
        ({"c-0-value": "1e999999"}, "Écrivez un nombre."),
        ({"quorum": "0"}, "1"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(browser: Client, changes: dict[str, str], said: str) -> None:
    answer = post(browser, NEW, FORM | changes)
    assert answer.status_code == 400
    assert said in text(answer)
    assert 'value="Cher"' in text(answer)


def test_from_a_draft_to_force_and_back(browser: Client, alice: Person) -> None:
    row = write(alice)
    path = f"/policies/{row.pk}/"
    assert "Brouillon" in text(browser.get(path))
    post(browser, f"{path}publish/", {"draft_of": "0"})
    assert again(alice, row).state == "published"
    stale = post(browser, f"{path}publish/", {"draft_of": "0"}, follow=True)
    assert "entre-temps" in text(stale)
    post(browser, f"{path}edit/", FORM)
    shown = text(browser.get(path))
    assert 'data-sign="+"' in shown
    assert 'data-sign="-"' in shown
    post(browser, f"{path}publish/", {"draft_of": "1"})
    post(browser, f"{path}restore/", {"version": "1"})
    assert again(alice, row).draft["name"] == CONTENT["name"]
    post(browser, f"{path}disable/")
    assert make_task(alice)
    post(browser, f"{path}remove/")
    assert again(alice, row).state == "removed"
    post(browser, f"{path}restore/")
    assert again(alice, row).state == "disabled"


def test_force_asks_for_a_fresh_proof(browser: Client, alice: Person) -> None:
    row = in_force(alice)
    later(browser, 601)
    for what in ("publish", "disable", "remove"):
        answer = post(browser, f"/policies/{row.pk}/{what}/")
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert again(alice, row).state == "published"


def test_a_system_rule_can_be_tightened_and_not_loosened(browser: Client, alice: Person) -> None:
    page = browser.get(f"{NEW}?tightens=default.large_request")
    sent = {"name": "Plus tôt", "effect": "checkpoint", "level": "high", "quorum": "2", "priority": "60",
            "tightens": "default.large_request", "c-0-key": "estimated_tokens", "c-0-op": "gt"}  # fmt: skip
    assert page.status_code == 200
    assert post(browser, NEW, sent | {"c-0-value": "30000"}).status_code == 400
    assert post(browser, NEW, sent | {"c-0-value": "10 000"}).status_code == 302
    with alice.looking():
        row = Rule.objects.get()
    assert (row.tightens, row.conditions[0]["value"]) == ("default.large_request", 10_000)
    assert post(browser, f"/policies/{row.pk}/edit/", sent | {"c-0-value": "20001"}).status_code == 400
    assert browser.get(f"{NEW}?tightens=none").status_code == 404


def test_members_read_and_do_not_write(alice: Person) -> None:
    bob = make_person("Bob")
    workshop = make_workshop(alice, bob)
    row = write(alice, workshop)
    browser = proven_browser(bob)
    with bob.acting():
        perform("governance.identity.activate", {"identity": workshop.pk})
    post(browser, f"/identities/{workshop.pk}/activate/")
    assert browser.get(f"/policies/{row.pk}/").status_code == 200
    assert NEW not in text(browser.get("/policies/"))
    assert browser.get(NEW).status_code == 403
    assert post(browser, f"/policies/{row.pk}/edit/", FORM).status_code == 403
