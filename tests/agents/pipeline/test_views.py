"""agents/pipeline/views: asking, watching, answering, stopping; without JavaScript, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Run
from agents.pipeline.tiles import questions, running, waiting_spheres
from governance.models import Membership
from governance.perform import perform
from spheres.facts import SPHERE_BY_SLUG
from spheres.sections import bureau
from tests.agents.pipeline.runs import QUESTION, SECRET, SEND, UNCLEAR, asked, decided, started, stopped, worked
from tests.cast import Person
from threads.models import Message, Thread

pytestmark = pytest.mark.usefixtures("simulator")


def text_of(person: Person, url: str, status: int = 200, language: str = "en") -> str:
    person.browser.cookies["django_language"] = language
    answer = person.browser.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def newest(person: Person) -> Run:
    with person.looking():
        return Run.objects.select_related("thread").newest_first()[0]


def count_of(person: Person) -> int:
    with person.looking():
        return Run.objects.count()


def in_thread(person: Person, text: str, thread: Any) -> Run:
    return asked(person, text, thread=thread)


@pytest.fixture
def thread(alice: Person) -> Any:
    with alice.acting():
        return perform("threads.thread.create", {"title": "Jardin", "sphere": "personal"})


# --- Asking --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "en"])
def test_from_a_sphere_an_intent_becomes_a_thread_with_its_card(alice: Person, language: str) -> None:
    assert 'action="/s/personal/ask/"' in text_of(alice, "/s/personal/ask/", language=language)
    answer = alice.post("/s/personal/ask/", {"text": SEND})
    run = newest(alice)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{run.thread_id}/#run")
    assert (run.text, run.sphere, run.thread.sphere) == (SEND, "personal", "personal")
    page = text_of(alice, f"/t/{run.thread_id}/", language=language)
    assert f'data-live-src="/runs/{run.pk}/card/"' in page
    assert f'data-live-id="{run.pk}"' in page
    assert page.count('class="stone"') == 10


def test_the_composer_of_a_thread_asks_nova_with_its_own_words(alice: Person, thread: Any) -> None:
    assert f'formaction="/t/{thread.pk}/ask/"' in text_of(alice, f"/t/{thread.pk}/")
    answer = alice.post(f"/t/{thread.pk}/ask/", {"content": QUESTION})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{thread.pk}/#run")
    run = newest(alice)
    assert (run.thread_id, run.text) == (thread.pk, QUESTION)
    with alice.looking():
        assert list(Message.objects.of(thread.pk).values_list("content", flat=True)) == [QUESTION]


@pytest.mark.parametrize("content", ["", "   ", "x" * 20_001])
def test_what_cannot_be_asked_is_said_in_the_composer(alice: Person, thread: Any, content: str) -> None:
    answer = alice.post(f"/t/{thread.pk}/ask/", {"content": content})
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"content"}
    assert count_of(alice) == 0


def test_nothing_is_no_intent(alice: Person) -> None:
    answer = alice.post("/s/personal/ask/", {"text": " "})
    assert answer.status_code == 400
    assert set(answer.context["ask_form"].errors) == {"text"}
    assert count_of(alice) == 0


def test_the_sixth_run_at_once_waits_and_keeps_its_words(alice: Person) -> None:
    for _ in range(5):
        started(alice)
    answer = alice.post("/s/personal/ask/", {"text": "Et les roses ?"})
    assert answer.status_code == 429
    assert "Et les roses ?</textarea>" in answer.content.decode()
    assert count_of(alice) == 5


def test_a_used_up_budget_is_said_where_one_asked(alice: Person, thread: Any, workshop: Any) -> None:
    with alice.acting(workshop):
        there = perform("threads.thread.create", {"title": "Bail", "sphere": "business"})
    act_for(alice, workshop)
    answer = alice.post(f"/t/{there.pk}/ask/", {"content": QUESTION})
    assert answer.status_code == 403
    assert f"{QUESTION}</textarea>" in answer.content.decode()
    assert f"/budgets/raise/?thread={there.pk}" in answer.content.decode()


def act_for(person: Person, identity: Any) -> None:
    """Switches the person's browser to one of their identities."""
    session = person.browser.session
    session["identity"] = str(identity.pk)
    session.save()


def viewer_of(alice: Person, bob: Person) -> Person:
    Membership.objects.create(user=bob.user, identity=alice.identity, role="viewer")
    act_for(bob, alice.identity)
    return bob


def test_a_viewer_may_watch_but_not_ask(alice: Person, bob: Person, thread: Any) -> None:
    run = in_thread(alice, SEND, thread.pk)
    viewer = viewer_of(alice, bob)
    page = text_of(viewer, f"/t/{thread.pk}/")
    assert f'data-run="{run.pk}"' in page
    assert "formaction" not in page
    assert f'action="/runs/{run.pk}/stop/"' not in page
    assert "<textarea" not in text_of(viewer, "/s/personal/ask/")
    assert viewer.post("/s/personal/ask/", {"text": QUESTION}).status_code == 403
    assert viewer.post(f"/t/{thread.pk}/ask/", {"content": QUESTION}).status_code == 403
    assert viewer.post(f"/runs/{run.pk}/stop/").status_code == 403
    assert viewer.post(f"/runs/{run.pk}/retry/").status_code == 403
    assert count_of(alice) == 1


def test_an_archived_thread_offers_no_button(alice: Person, thread: Any) -> None:
    run = in_thread(alice, f"{QUESTION}\n#sim error 400", thread.pk)
    assert f'action="/runs/{run.pk}/retry/"' in text_of(alice, f"/t/{thread.pk}/")
    with alice.acting():
        perform("threads.thread.archive", {"thread": thread.pk})
    page = text_of(alice, f"/t/{thread.pk}/")
    assert f'action="/runs/{run.pk}/retry/"' not in page
    assert "formaction" not in page


# --- The card in its thread ----------------------------------------------------------------------------
def test_the_card_leads_to_its_question(alice: Person, thread: Any) -> None:
    run = in_thread(alice, SEND, thread.pk)
    page = text_of(alice, f"/t/{thread.pk}/")
    assert f'href="/approvals/{run.checkpoint_id}/"' in page
    assert "Send this e-mail to paul@example.com?" in page
    assert re.search(r'<li data-state="ask" aria-current="step" title="Human approval">', page)


def test_a_card_stays_until_somebody_speaks_again_and_is_then_one_line(alice: Person, thread: Any) -> None:
    run = in_thread(alice, QUESTION, thread.pk)
    assert f'data-run="{run.pk}"' in text_of(alice, f"/t/{thread.pk}/")
    with alice.acting():
        perform("threads.message.add", {"thread": thread.pk, "content": "Merci"})
    page = text_of(alice, f"/t/{thread.pk}/")
    assert "data-run=" not in page
    assert f'href="/pipelines/{run.pk}/"' in page


def test_older_runs_are_one_line_each_below_the_newest(alice: Person, thread: Any) -> None:
    first, second = in_thread(alice, QUESTION, thread.pk), in_thread(alice, SEND, thread.pk)
    page = text_of(alice, f"/t/{thread.pk}/")
    assert f'data-run="{second.pk}"' in page
    assert f'data-run="{first.pk}"' not in page
    assert "1 run before" in page


def test_the_card_alone_is_a_fragment(alice: Person) -> None:
    run = asked(alice)
    page = text_of(alice, f"/runs/{run.pk}/card/")
    assert "<html" not in page
    assert page.count('class="stone"') == 10


def test_what_a_model_or_a_person_wrote_is_never_markup(alice: Person) -> None:
    run = asked(alice, "Que contient <script>alert(1)</script> ?")
    for url in (f"/t/{run.thread_id}/", f"/pipelines/{run.pk}/", "/pipelines/"):
        assert "<script>alert" not in text_of(alice, url)


def test_a_card_costs_the_same_with_a_long_story(alice: Person) -> None:
    short, long = asked(alice, UNCLEAR), asked(alice, SEND)
    text_of(alice, "/pipelines/")  # signed in
    with CaptureQueriesContext(connection) as few:
        text_of(alice, f"/runs/{short.pk}/card/")
    with CaptureQueriesContext(connection) as many:
        text_of(alice, f"/runs/{long.pk}/card/")
    assert len(many) <= len(few) + 1  # its question


# --- Stop, answer, retry -------------------------------------------------------------------------------
def test_stop_ends_what_waits_and_is_harmless_afterwards(alice: Person) -> None:
    run = started(alice)
    alice.browser.cookies["django_language"] = "en"
    answer = alice.post(f"/runs/{run.pk}/stop/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{run.thread_id}/#run")
    assert newest(alice).status == "cancelled"
    assert alice.post(f"/runs/{run.pk}/stop/").status_code == 302
    assert "This run is over." in text_of(alice, f"/t/{run.thread_id}/")


def test_an_answer_takes_the_run_on(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    assert run.question in text_of(alice, f"/t/{run.thread_id}/").replace("&#x27;", "'").replace("&quot;", '"')
    answer = alice.post(f"/runs/{run.pk}/answer/", {"answer": "Laisse, dis-moi plutôt lesquelles sont anciennes."})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{run.thread_id}/#run")
    assert newest(alice).text.endswith("lesquelles sont anciennes.")


def test_an_empty_answer_is_asked_again(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    answer = alice.post(f"/runs/{run.pk}/answer/", {"answer": " "})
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"answer"}


def test_a_wrong_encoding_names_each_rule_it_breaks(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    alice.browser.cookies["django_language"] = "en"
    answer = alice.post(f"/runs/{run.pk}/answer/", {"encoding": "ACT:DEC SRC:WS SCOPE:LOCK MODE:NONE SENS:1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A locked scope (SCOPE:LOCK) cannot have the whole workspace as its source (SRC:WS)." in page
    assert "A sensitive or rewriting encoding (SENS:1, RW:1) needs a trace (TRACE:1)." in page
    assert 'value="ACT:DEC SRC:WS SCOPE:LOCK MODE:NONE SENS:1"' in page
    assert newest(alice).status == "needs_clarification"


def test_another_encoding_is_taken_over(alice: Person) -> None:
    run = asked(alice, UNCLEAR)
    written = "ACT:DEC SRC:DOC SCOPE:LOCK MODE:NONE SENS:1 TRACE:1"
    assert alice.post(f"/runs/{run.pk}/answer/", {"encoding": written}).status_code == 302
    assert newest(alice).encoding == written


def test_a_run_that_asks_nothing_takes_no_answer(alice: Person) -> None:
    run = asked(alice)
    assert alice.post(f"/runs/{run.pk}/answer/", {"answer": "Oui"}).status_code == 302
    assert newest(alice).text == QUESTION


def test_retry_is_a_new_run_with_the_same_words_in_the_same_thread(alice: Person) -> None:
    run = asked(alice, f"{QUESTION}\n#sim error 400")
    answer = alice.post(f"/runs/{run.pk}/retry/")
    again = newest(alice)
    assert answer.headers["Location"] == f"/t/{run.thread_id}/#run"
    assert (again.pk != run.pk, again.text, again.thread_id) == (True, run.text, run.thread_id)


# --- Lists ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_list_shows_the_newest_first_and_one_run_in_full(alice: Person, language: str) -> None:
    first, second = asked(alice), asked(alice, SEND)
    page = text_of(alice, "/pipelines/", language=language)
    assert page.index(f"/pipelines/{second.pk}/") < page.index(f"/pipelines/{first.pk}/")
    page = text_of(alice, f"/pipelines/{first.pk}/", language=language)
    assert f'href="/audit/?run={first.pk}"' in page
    assert f"/{first.model}" in page
    assert f'href="/t/{first.thread_id}/"' in page


def test_the_list_is_narrowed_by_state(alice: Person) -> None:
    done, waiting, over = asked(alice), asked(alice, SEND), asked(alice, UNCLEAR)
    stopped(alice, over)
    shown = {
        group: {str(run.pk) for run in (done, waiting, over) if f"/pipelines/{run.pk}/" in page}
        for group in ("", "active", "waiting", "done", "stopped")
        for page in [text_of(alice, f"/pipelines/?status={group}")]
    }
    assert shown == {
        "": {str(done.pk), str(waiting.pk), str(over.pk)},
        "active": set(),
        "waiting": {str(waiting.pk)},
        "done": {str(done.pk)},
        "stopped": {str(over.pk)},
    }
    text_of(alice, "/pipelines/?status=gone", 400)
    text_of(alice, "/pipelines/?before=x", 404)


def test_older_runs_are_on_the_next_page(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.pipeline.views.PAGE", 1)
    first, second = asked(alice), asked(alice)
    page = text_of(alice, "/pipelines/")
    assert f"before={second.pk}" in page
    assert f"/pipelines/{first.pk}/" not in page
    assert f"/pipelines/{first.pk}/" in text_of(alice, f"/pipelines/?before={second.pk}")


def test_three_runs_cost_as_many_queries_as_one(alice: Person) -> None:
    asked(alice, SEND)
    text_of(alice, "/pipelines/")  # signed in
    counts = {}
    for number in (1, 3):
        while count_of(alice) < number:
            asked(alice)
        with CaptureQueriesContext(connection) as queries:
            text_of(alice, "/pipelines/")
        counts[number] = len(queries)
    assert counts[1] == counts[3]


def test_a_foreign_run_is_nobodys_business(alice: Person, charlie: Person) -> None:
    run = asked(alice, SEND)
    for url in (f"/pipelines/{run.pk}/", f"/runs/{run.pk}/card/"):
        text_of(charlie, url, 403)
    for name in ("stop", "answer", "retry"):
        assert charlie.post(f"/runs/{run.pk}/{name}/", {"answer": "x"}).status_code == 403
    assert charlie.post(f"/t/{run.thread_id}/ask/", {"content": "x"}).status_code == 403
    assert str(run.pk) not in text_of(charlie, "/pipelines/")


# --- What other pages show -----------------------------------------------------------------------------
def test_home_shows_what_runs_and_what_waits(alice: Person) -> None:
    asked(alice)
    run, asking = asked(alice, SEND), asked(alice, UNCLEAR)
    with alice.looking():
        assert [row.run.pk for row in running()] == [asking.pk, run.pk]
        assert [row.checkpoint.pk for row in questions()] == [run.checkpoint_id]
        assert list(waiting_spheres()) == ["personal"]
    page = text_of(alice, "/home/")
    assert page.count("waterline--mini") == 2
    assert f'href="/approvals/{run.checkpoint_id}/"' in page


def test_the_sphere_leads_to_nova_in_one_step(alice: Person, bob: Person) -> None:
    assert 'href="/s/personal/ask/"' in text_of(alice, "/s/personal/")
    assert 'href="/s/personal/ask/"' not in text_of(viewer_of(alice, bob), "/s/personal/")


def test_the_tile_counts_and_lists_what_works_in_its_sphere_only(alice: Person) -> None:
    run = asked(alice, SEND)
    with alice.looking():
        tiles = {slug: tile_of(slug) for slug in ("personal", "business")}
    assert [row.url for row in tiles["personal"].rows] == ["/s/personal/ask/", f"/t/{run.thread_id}/#run"]
    assert (tiles["personal"].count, tiles["business"].count) == (1, 0)


def tile_of(slug: str) -> Any:
    return next(part["tile"] for part in bureau(SPHERE_BY_SLUG[slug]) if part["section"].slug == "agents")


def test_what_was_approved_is_seen_on_the_approvals_page(alice: Person) -> None:
    run = asked(alice, SECRET)
    assert SECRET in text_of(alice, f"/approvals/{run.checkpoint_id}/")
    decided(alice, run)
    assert worked(alice, run).status == "completed"
    with alice.looking():
        assert Thread.objects.get().tokens_used == newest(alice).credits
