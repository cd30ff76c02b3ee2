"""Design 8.1: no page needs more than twelve queries, however full; BEGIN and COMMIT are counted here, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.perform import perform
from tests.agents.pipeline.runs import QUESTION, SEND, asked
from tests.cast import Person, make_person
from tests.governance.orders.ordering import drafted
from tests.spheres import makers

pytestmark = pytest.mark.usefixtures("simulator")

# The statements of each page; sign-in, identity, limit, transaction and frame are six of them.
COSTS = {
    "/home/": 14,
    "/s/": 8,
    "/s/personal/": 12,
    "/s/personal/threads/": 7,
    "/s/personal/data/": 9,
    "/s/personal/resume/": 8,
    "/s/personal/agents/": 7,
    "/threads/": 7,
    "/data/": 7,
    "/tasks/": 7,
    "/capture/": 7,
    "/approvals/": 9,
    "/approvals/delegations/": 9,
    "/approvals/grants/": 7,
    "/elevations/": 7,
    "/elevations/new/": 6,
    "/approvals/pace/": 7,
    "/settings/routing/": 7,
    "/settings/routing/?task=chat&context_tokens=1000&max_output_tokens=1000": 11,
    "/kill/": 10,
    "/violations/": 7,
    "/audit/": 8,
    "/audit/export/": 9,
    "/audit/verify/": 10,
    "/laws/": 7,
    "/budgets/": 14,
    "/budgets/burn-down/?unit=tokens&period=month": 10,
    "/budgets/raise/": 9,
    "/statements/": 10,
    "/orders/": 9,
    "/orders/new/": 7,
    "/outbox/": 7,
    "/pipelines/": 8,
    "/search/?q=rendez": 12,
    "/trash/": 8,
    "/connections/": 8,
    "/settings/providers/": 11,
    "/settings/models/": 6,
    "/memory/": 8,
    "/memory/new/": 9,
    "/policies/": 7,
    "/policies/new/": 6,
    "/notifications/": 9,
    "/notifications/preferences/": 8,
    "/settings/data/": 10,
    "/team/": 10,
    "/transfers/": 7,
    "/accounts/security/": 10,
    "/accounts/security/outside/": 7,
    "/settings/account/delete/": 10,
}
MOST = 14
MOST_WITH_A_RUN = 15  # a thread that shows the card of a run reads its lanes, calls and attempts, too
_full: list[Person] = []


@pytest.fixture
def full(db: None) -> Iterator[Person]:
    """Somebody with a little of everything; made once."""
    if not _full:
        _full.append(filled(make_person("Alice")))
    return _full[0]


def filled(person: Person) -> Person:
    with person.acting():
        place = makers.space("Maison", sphere="personal")
        makers.item("Rendez-vous", sphere="personal", dataspace=place.pk)
        makers.task("Rendez-vous", sphere="personal", due_on="2026-11-01")
        makers.capture("Rendez-vous", sphere="personal")
    asked(person, SEND)
    asked(person, QUESTION)
    drafted(person)
    return person


def statements(person: Person, url: str) -> list[str]:
    person.browser.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert person.browser.get(url).status_code == 200
    return [query["sql"] for query in seen if "agents_registrystate" not in query["sql"]]  # asked once a second


@pytest.mark.parametrize(("url", "cost"), COSTS.items())
def test_a_page_costs_what_it_costs(full: Person, url: str, cost: int) -> None:
    found = statements(full, url)
    assert len(found) == cost, "\n".join(sql[:160] for sql in found)
    assert cost <= MOST


@pytest.mark.parametrize("words", [SEND, QUESTION])
def test_a_thread_with_a_run_stays_within_the_limit(full: Person, words: str) -> None:
    run: Any = asked(full, words)
    found = statements(full, f"/t/{run.thread_id}/")
    assert len(found) <= MOST_WITH_A_RUN, "\n".join(sql[:160] for sql in found)
    with full.acting():
        perform("threads.message.add", {"thread": run.thread_id, "content": "Merci."})
        perform("threads.decision.propose", {"thread": run.thread_id, "statement": "Mardi"})
    assert len(statements(full, f"/t/{run.thread_id}/")) <= MOST_WITH_A_RUN


def test_no_page_reads_the_same_thing_twice(full: Person) -> None:
    for url in COSTS:
        found = [sql for sql in statements(full, url) if sql.startswith("SELECT")]
        assert len(found) == len(set(found)), url
