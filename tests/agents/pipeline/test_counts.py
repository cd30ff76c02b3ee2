"""What the governed path asks of the database is pinned: it neither grows unnoticed nor with the data (design 8.1).

A message is one round trip; several statements may travel in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Run
from agents.runtime.loop import execute
from governance.isolation.context import Channel
from governance.perform import perform
from tests.agents.pipeline.runs import SECRET, SEND, started
from tests.cast import Person

pytestmark = pytest.mark.usefixtures("simulator")

NOTES = "Les tomates sont plantées le 12 mai, à côté du mur. "


def write_note(person: Person, content: str = NOTES) -> None:
    with person.acting():
        perform("spheres.item.create", {"title": "Jardin", "content": content, "sphere": "personal"})


# Not of the act: who acts is looked up by the test, a key is read again each minute, the state of the registry each
# second, words leave as time allows.
BESIDE = ("governance_membership", "governance_datakey", "agents_registrystate", "chenu_words")


def messages(act: Callable[[], Any]) -> list[str]:
    """What `act` sends, once everything that is kept in the process is warm."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [
        query["sql"] for query in captured.captured_queries if not any(name in query["sql"][:90] for name in BESIDE)
    ]


def counts(sent: list[str]) -> tuple[int, int]:
    """Messages, and the statements in them."""
    return len(sent), sum(text.count(";\n") + 1 for text in sent)


def work(person: Person, run: Run) -> None:
    with person.acting(channel=Channel.TASK):
        execute(run.pk)


def warm(person: Person) -> None:
    write_note(person)
    work(person, started(person))


def test_a_plain_run_starts_and_is_carried_out_in_this_many_messages(alice: Person) -> None:
    warm(alice)
    runs: list[Run] = []
    assert counts(messages(lambda: runs.append(started(alice)))) == (14, 21)
    # Five of them are the provider's: its switches, its limit and its breaker before the call, the place and what was
    # seen after it.
    assert counts(messages(lambda: work(alice, runs[0]))) == (24, 34)


@pytest.mark.parametrize("larger", ["more notes", "longer notes", "an older thread"])
def test_a_larger_context_asks_no_more_of_the_database(alice: Person, larger: str) -> None:
    warm(alice)
    small = started(alice)
    before = [
        counts(messages(lambda: started(alice, thread=small.thread_id))),
        counts(messages(lambda: work(alice, small))),
    ]
    if larger == "an older thread":
        for _ in range(3):
            work(alice, started(alice, thread=small.thread_id))
    for _ in range(5 if larger == "more notes" else 1):
        write_note(alice, NOTES * (15 if larger == "longer notes" else 3))
    runs: list[Run] = []
    after = [counts(messages(lambda: runs.append(started(alice, thread=small.thread_id))))]
    after.append(counts(messages(lambda: work(alice, runs[0]))))
    assert after == before


def test_a_question_that_a_rule_stops_in_lane_d_needs_this_many(alice: Person) -> None:
    warm(alice)
    assert counts(messages(lambda: started(alice, SECRET))) == (17, 26)  # one looks for an elevation


def test_a_tool_call_that_stops_is_one_more_commit(alice: Person) -> None:
    warm(alice)
    run = started(alice, SEND)
    sent = messages(lambda: work(alice, run))
    assert counts(sent) == (39, 53)
    assert sum(text.startswith("COMMIT; NOTIFY") for text in sent) == 3
    with alice.looking():
        assert Run.objects.get(pk=run.pk).status == "awaiting_approval"


def test_an_audited_write_needs_this_many(alice: Person) -> None:
    warm(alice)
    assert counts(messages(lambda: write_note(alice))) == (7, 9)
