"""threads/tiles.py: what threads show on a sphere's page, on home and in the search."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from governance.perform import perform
from spheres.facts import SECTION_BY_KEY, SPHERE_BY_SLUG
from spheres.search import Question, search
from spheres.sections import tile
from spheres.today import activity, resume
from tests.cast import Person
from tests.threads.conftest import MakeThread
from threads.tiles import active_threads

BUSINESS = SPHERE_BY_SLUG["business"]
THREADS = SECTION_BY_KEY["threads"]


def test_the_tile_shows_the_most_active_threads_of_the_sphere(alice: Person, make_thread: MakeThread) -> None:
    made = [make_thread(alice, title=f"Fil {number}") for number in range(4)]
    make_thread(alice, title="Ailleurs", sphere="personal")
    with alice.acting():
        perform("threads.thread.archive", {"thread": made[3].pk})
    with alice.looking():
        shown = tile(BUSINESS, THREADS, 2)
    assert [row.title for row in shown.rows] == ["Fil 2", "Fil 1"]
    assert shown.count == 3


def test_an_empty_tile_says_so(alice: Person) -> None:
    with alice.looking():
        shown = tile(BUSINESS, THREADS)
    assert (shown.rows, shown.count, str(shown.empty)) != ([], 0, "")
    assert (shown.rows, shown.count) == ([], 0)


def test_open_threads_can_be_resumed(alice: Person, make_thread: MakeThread) -> None:
    bail, done = make_thread(alice, title="Bail"), make_thread(alice, title="Fini")
    with alice.acting():
        perform("threads.thread.resolve", {"thread": done.pk})
    with alice.looking():
        assert [(row.title, row.url) for row in resume("business")] == [("Bail", f"/t/{bail.pk}/")]
        assert resume("personal") == []


def test_activity_is_counted_by_sphere(alice: Person, make_thread: MakeThread) -> None:
    make_thread(alice)
    make_thread(alice)
    make_thread(alice, sphere="scholar")
    with alice.looking():
        assert activity() == {"business": 2, "scholar": 1}
        assert active_threads(now() - timedelta(days=7)).count() == 3
        assert not active_threads(now() + timedelta(days=1)).exists()


def spoken(alice: Person, make_thread: MakeThread) -> tuple[Any, Any, Any]:
    thread = make_thread(alice, title="Toiture de l’école")
    with alice.acting():
        message = perform("threads.message.add", {"thread": thread.pk, "content": "Les tuiles sont arrivées hier."})
        decision = perform("threads.decision.propose", {"thread": thread.pk, "statement": "Garder les ardoises"})
    return thread, message, decision


def test_titles_messages_and_decisions_are_found_where_they_stand(alice: Person, make_thread: MakeThread) -> None:
    thread, message, decision = spoken(alice, make_thread)

    def found(words: str, sphere: str = "") -> list[tuple[str, str]]:
        with alice.looking():
            return [(result.kind, result.url) for result in search(Question(words, sphere))]

    page = f"/t/{thread.pk}/"
    assert found("ecole") == [("thread", page)]
    assert found("tuile") == [("message", f"{page}?at={message.pk}#m-{message.pk}")]
    assert found("ardoise") == [("decision", f"{page}decisions/#d-{decision.pk}")]
    assert found("tuile", "business") == found("tuile")
    assert found("tuile", "personal") == []
    assert alice.browser.get(f"{page}?at={message.pk}").status_code == 200


def test_nothing_is_found_in_another_identity(alice: Person, charlie: Person, make_thread: MakeThread) -> None:
    spoken(alice, make_thread)
    with charlie.looking():
        assert [search(Question(words)) for words in ("ecole", "tuile", "ardoise")] == [[], [], []]


def test_the_next_results_follow_the_last_one_seen(alice: Person, thread: Any) -> None:
    with alice.acting():
        for _ in range(3):
            perform("threads.message.add", {"thread": thread.pk, "content": "tuile"})
    with alice.looking():
        first = search(Question("tuile", limit=2))
        rest = search(Question("tuile", limit=2, place=first[-1].place))
    assert len({result.id for result in [*first, *rest]}) == 3


def test_searching_costs_the_same_for_one_result_and_for_three(alice: Person, thread: Any) -> None:
    def cost() -> int:
        with alice.looking(), CaptureQueriesContext(connection) as asked:
            search(Question("tuile"))
        return len(asked)

    counts = []
    for number in range(3):
        with alice.acting():
            perform("threads.message.add", {"thread": thread.pk, "content": f"tuile {number}"})
        counts.append(cost())
    assert counts[0] == counts[2]
