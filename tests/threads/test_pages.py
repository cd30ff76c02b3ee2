"""threads/views: lists, the thread, its log of decisions; without JavaScript, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from governance.isolation.context import Channel
from governance.perform import perform
from tests.cast import Person, make_workshop
from tests.threads.conftest import MakeThread
from threads.models import Decision, Message, Thread
from threads.slots import Position, register_slot, unregister_slot
from threads.views.detail import MESSAGES_ON_A_PAGE
from threads.views.lists import THREADS_ON_A_PAGE


@pytest.fixture
def url(thread: Any) -> str:
    return f"/t/{thread.pk}/"


def text_of(person: Person, url: str, status: int = 200, language: str = "en") -> str:
    person.browser.cookies["django_language"] = language
    answer = person.browser.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def say(person: Person, thread: Any, content: str, **context: Any) -> Any:
    with person.acting(**context):
        return perform("threads.message.add", {"thread": thread.pk, "content": content})


def decide(person: Person, thread: Any, statement: str = "Renouveler 12 mois") -> Any:
    with person.acting():
        return perform("threads.decision.propose", {"thread": thread.pk, "statement": statement})


# --- Lists ------------------------------------------------------------------------------------------
def test_the_list_shows_all_spheres_the_most_active_first(alice: Person, make_thread: MakeThread) -> None:
    first, second = make_thread(alice, title="Bail"), make_thread(alice, title="Toiture", sphere="personal")
    say(alice, first, "Du nouveau")
    page = text_of(alice, "/threads/")
    assert page.index(f"/t/{first.pk}/") < page.index(f"/t/{second.pk}/")


def test_archived_threads_are_listed_when_asked_for(alice: Person, thread: Any) -> None:
    with alice.acting():
        perform("threads.thread.archive", {"thread": thread.pk})
    assert f"/t/{thread.pk}/" not in text_of(alice, "/threads/")
    assert f"/t/{thread.pk}/" in text_of(alice, "/threads/?status=archived")
    assert f"/t/{thread.pk}/" not in text_of(alice, "/threads/?status=active")


def test_the_list_is_narrowed_by_sphere(alice: Person, thread: Any) -> None:
    assert f"/t/{thread.pk}/" in text_of(alice, "/threads/?sphere=business")
    assert f"/t/{thread.pk}/" not in text_of(alice, "/threads/?sphere=personal")
    assert f"/t/{thread.pk}/" in text_of(alice, "/s/business/threads/")
    assert f"/t/{thread.pk}/" not in text_of(alice, "/s/personal/threads/")


@pytest.mark.parametrize("query", ["?sphere=kitchen", "?status=gone", "?before=x", "?before=2026-01-01~x"])
def test_a_list_that_does_not_exist_is_said_so(alice: Person, query: str) -> None:
    text_of(alice, f"/threads/{query}", 400)


def test_an_unknown_sphere_is_no_page(alice: Person) -> None:
    text_of(alice, "/s/kitchen/threads/", 404)


def test_older_threads_are_on_the_next_page(alice: Person, make_thread: MakeThread) -> None:
    made = [make_thread(alice, title=f"Fil {number}") for number in range(THREADS_ON_A_PAGE + 1)]
    first = text_of(alice, "/threads/")
    assert f"/t/{made[0].pk}/" not in first
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = text_of(alice, f"/threads/{older[1].replace('&amp;', '&')}")
    assert re.findall(r'class="item__title" href="/t/([^/]+)/"', second) == [str(made[0].pk)]
    assert 'rel="next"' not in second


def test_a_list_row_shows_the_decision_in_force(alice: Person, thread: Any) -> None:
    decision = decide(alice, thread)
    assert "Renouveler 12 mois" not in text_of(alice, "/threads/")
    with alice.acting():
        perform("threads.decision.adopt", {"decision": decision.pk})
    assert "Renouveler 12 mois" in text_of(alice, "/threads/")


def test_a_thread_is_started_from_the_page_of_a_sphere(alice: Person) -> None:
    answer = alice.post("/s/business/threads/", {"title": "Bail", "type": "task"})
    with alice.looking():
        thread = Thread.objects.get()
    assert (thread.title, thread.sphere, thread.type) == ("Bail", "business", "task")
    assert (answer.status_code, answer["Location"]) == (302, f"/t/{thread.pk}/")


def test_a_thread_is_started_from_the_list_of_all(alice: Person) -> None:
    alice.post("/threads/", {"title": "Toiture", "type": "project", "sphere": "personal"})
    with alice.looking():
        assert Thread.objects.get().sphere == "personal"


@pytest.mark.parametrize("url", ["/threads/", "/s/business/threads/"])
def test_a_thread_without_title_keeps_the_page_and_says_why(alice: Person, url: str) -> None:
    answer = alice.post(url, {"title": " ", "type": "task", "sphere": "business"})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


# --- The thread -------------------------------------------------------------------------------------
def test_the_page_shows_what_was_said_in_order(alice: Person, thread: Any, url: str) -> None:
    say(alice, thread, "**Bonjour** <script>alert(1)</script>")
    say(alice, thread, "Deuxième", channel=Channel.AGENT, agent="nova", run_id=uuid7())
    page = text_of(alice, url)
    assert "<strong>Bonjour</strong> &lt;script&gt;" in page
    assert page.index("Bonjour") < page.index("Deuxième")
    assert f'data-thread="{thread.pk}"' in page
    assert "avatar--nova" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Decisions", "Budget of the thread", "left of", "Send"]),
        ("fr", ["Décisions", "Budget du fil", "Envoyer"]),
    ],
)
def test_the_page_speaks_the_readers_language(alice: Person, url: str, language: str, words: list[str]) -> None:
    page = text_of(alice, url, language=language)
    assert [word for word in words if word not in page] == []


def test_only_the_newest_messages_are_drawn_and_earlier_ones_can_be_reached(
    alice: Person, thread: Any, url: str
) -> None:
    made = [say(alice, thread, f"m{number}.") for number in range(MESSAGES_ON_A_PAGE + 1)]

    def drawn(page: str) -> list[str]:
        return re.findall(r'<article class="msg" id="m-([^"]+)"', page)

    page = text_of(alice, url)
    assert drawn(page) == [str(message.pk) for message in made[1:]]
    assert f"?before={made[1].pk}" in page
    assert drawn(text_of(alice, f"{url}?before={made[1].pk}")) == [str(made[0].pk)]
    assert drawn(text_of(alice, f"{url}?at={made[1].pk}")) == [str(made[0].pk), str(made[1].pk)]


@pytest.mark.parametrize("name", ["before", "at", "reply", "correct"])
def test_a_message_named_in_the_address_must_be_of_this_thread(
    alice: Person, charlie: Person, url: str, make_thread: MakeThread, name: str
) -> None:
    other = say(alice, make_thread(alice), "ailleurs")
    foreign = say(charlie, make_thread(charlie), "chez Charlie")
    text_of(alice, f"{url}?{name}={other.pk}", 404)
    text_of(alice, f"{url}?{name}={foreign.pk}", 403)
    text_of(alice, f"{url}?{name}=x", 400)


def test_writing_goes_to_what_was_written(alice: Person, thread: Any, url: str) -> None:
    answer = alice.post(f"{url}messages/", {"content": "Bonjour"})
    with alice.looking():
        message = Message.objects.get(thread=thread.pk)
    assert (answer.status_code, answer["Location"]) == (302, f"{url}#m-{message.pk}")


def test_an_empty_message_keeps_the_page_and_says_why(alice: Person, url: str) -> None:
    answer = alice.post(f"{url}messages/", {"content": "  "})
    assert answer.status_code == 400
    assert 'id="say-error"' in answer.content.decode()


def test_answering_and_correcting_work_with_links_and_forms(alice: Person, thread: Any, url: str) -> None:
    first = say(alice, thread, "1 065 $")
    assert f'name="reply_to" value="{first.pk}"' in text_of(alice, f"{url}?reply={first.pk}")
    alice.post(f"{url}messages/", {"content": "Non", "reply_to": str(first.pk)})
    correct = f"{url}messages/{first.pk}/correct/"
    assert f'action="{correct}"' in text_of(alice, f"{url}?correct={first.pk}")
    alice.post(correct, {"content": "1 061,64 $"})
    with alice.looking():
        _first, answer, corrected = Message.objects.of(thread.pk).order_by("pk")
    assert (answer.reply_to_id, corrected.corrects_id) == (first.pk, first.pk)
    assert f"?correct={first.pk}" not in text_of(alice, url)


def test_only_ones_own_messages_offer_to_be_corrected(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob)
    thread = make_thread(alice, firm)
    with alice.acting(firm):
        message = perform("threads.message.add", {"thread": thread.pk, "content": "De moi"})
    bob.post(f"/identities/{firm.pk}/activate/")
    page = text_of(bob, f"/t/{thread.pk}/")
    assert f"?reply={message.pk}" in page
    assert f"?correct={message.pk}" not in page


def test_resolving_archiving_reopening_and_renaming(alice: Person, thread: Any, url: str) -> None:
    for step, status in [("resolve", "resolved"), ("archive", "archived"), ("reopen", "active")]:
        assert alice.post(f"{url}{step}/").status_code == 302
        with alice.looking():
            assert Thread.objects.get(pk=thread.pk).status == status
    assert alice.post(f"{url}rename/", {"title": "Avis"}).status_code == 302
    assert "<h1>Avis</h1>" in text_of(alice, url)
    assert alice.post(f"{url}rename/", {"title": " "}).status_code == 400


def test_an_archived_thread_shows_no_composer_and_takes_nothing(alice: Person, url: str) -> None:
    alice.post(f"{url}archive/")
    page = text_of(alice, url)
    assert 'class="composer"' not in page
    assert f'action="{url}reopen/"' in page
    assert alice.post(f"{url}messages/", {"content": "x"}).status_code == 409


def test_a_viewer_reads_without_being_offered_to_write(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    url = f"/t/{make_thread(alice, firm).pk}/"
    bob.post(f"/identities/{firm.pk}/activate/")
    page = text_of(bob, url)
    assert 'class="composer"' not in page
    assert "/resolve/" not in page
    assert 'id="propose"' not in text_of(bob, f"{url}decisions/")
    assert 'id="new-thread"' not in text_of(bob, "/threads/")
    assert bob.post(f"{url}messages/", {"content": "x"}).status_code == 403


def test_the_stream_answers_with_what_came_after(alice: Person, thread: Any, url: str) -> None:
    first, second = say(alice, thread, "un"), say(alice, thread, "deux")
    fragment = text_of(alice, f"{url}stream/?after={first.pk}")
    assert re.findall(r'data-message="([^"]+)"', fragment) == [str(second.pk)]
    assert fragment.strip().startswith("<article")
    assert text_of(alice, f"{url}stream/?after={second.pk}").strip() == ""
    text_of(alice, f"{url}stream/?after=x", 400)


def test_sources_are_links_only_when_they_lead_to_a_safe_place(alice: Person, thread: Any, url: str) -> None:
    sources = [
        {"title": "Bail", "detail": "page 3", "url": "/data/1/"},
        {"title": "Piège", "url": "javascript:alert(1)"},
    ]
    with alice.acting(channel=Channel.AGENT, agent="nova", run_id=uuid7()):
        perform("threads.message.record", {"thread": thread.pk, "content": "Voici.", "sources": sources})
    page = text_of(alice, url)
    assert '<a href="/data/1/" rel="noopener nofollow">Bail</a>, page 3' in page
    assert "Piège" in page
    assert "javascript:" not in page


def test_apps_above_fill_slots_and_unsafe_text_is_escaped(alice: Person, url: str) -> None:
    def shows(request: Any, thread: Any) -> str:
        return f"<b>{thread.title}</b>"

    register_slot("run", shows)
    try:
        assert "&lt;b&gt;Bail, Fabre app. 4&lt;/b&gt;" in text_of(alice, url)
    finally:
        unregister_slot(Position.RUN, shows)
    with pytest.raises(ValueError, match="kitchen"):
        register_slot("kitchen", shows)


# --- Decisions --------------------------------------------------------------------------------------
def test_deciding_works_with_forms_alone(alice: Person, thread: Any, url: str) -> None:
    log = f"{url}decisions/"
    alice.post(log, {"statement": "12 mois", "type": "direction", "options": "6 mois\n\nRien\n"})
    with alice.looking():
        first = Decision.objects.get(thread=thread.pk)
    assert (first.statement, first.options, first.status) == ("12 mois", ["6 mois", "Rien"], "proposed")
    adopt = f"{log}{first.pk}/adopt/"
    assert f'action="{adopt}"' in text_of(alice, log)
    answer = alice.post(adopt)
    assert (answer.status_code, answer["Location"]) == (302, f"{log}#d-{first.pk}")
    alice.post(f"{log}{first.pk}/supersede/", {"statement": "6 mois", "type": "direction"})
    page = text_of(alice, log)
    assert "<s>12 mois</s>" in page
    assert f'<a href="#d-{first.pk}">12 mois</a>' in page


@pytest.mark.parametrize(
    "wrong",
    [{"statement": " "}, {"options": "x\n" * 11}, {"options": "x" * 501}, {"type": "wish"}],
)
def test_a_wrong_decision_keeps_the_page_and_says_why(alice: Person, thread: Any, url: str, wrong: Any) -> None:
    decision = decide(alice, thread)
    with alice.acting():
        perform("threads.decision.adopt", {"decision": decision.pk})
    form = {"statement": "12 mois", "type": "policy", "options": ""} | wrong
    for address in (f"{url}decisions/", f"{url}decisions/{decision.pk}/supersede/"):
        answer = alice.post(address, form)
        assert answer.status_code == 400
        assert answer.content.decode().count('aria-invalid="true"') == 1
    with alice.looking():
        assert Decision.objects.filter(thread=thread.pk).count() == 1


# --- Whose, and how much it costs ---------------------------------------------------------------------
def test_a_foreign_thread_is_refused_on_every_page(alice: Person, charlie: Person, thread: Any, url: str) -> None:
    message, decision = say(alice, thread, "secret"), decide(alice, thread)
    for rest in ("", "stream/", "decisions/"):
        assert "secret" not in text_of(charlie, url + rest, 403)
    for rest in (
        "messages/",
        f"messages/{message.pk}/correct/",
        "rename/",
        "archive/",
        "resolve/",
        "reopen/",
        "decisions/",
        f"decisions/{decision.pk}/adopt/",
        f"decisions/{decision.pk}/supersede/",
    ):
        assert charlie.post(url + rest, {}).status_code == 403


def test_a_stranger_is_sent_to_sign_in(stranger: Any, url: str) -> None:
    for page in ("/threads/", "/s/business/threads/", url, f"{url}decisions/"):
        assert stranger.get(page)["Location"].startswith("/accounts/login/")


def queries(person: Person, url: str) -> int:
    person.browser.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert person.browser.get(url).status_code == 200
    return len(asked)


def test_pages_cost_the_same_for_one_row_and_for_three(
    alice: Person, thread: Any, url: str, make_thread: MakeThread
) -> None:
    def add() -> None:
        adopted, _ = decide(alice, thread), say(alice, thread, "x")
        first = say(alice, thread, "y")
        with alice.acting():
            perform("threads.message.correct", {"message": first.pk, "content": "z"})
            perform("threads.decision.adopt", {"decision": adopted.pk})
            perform("threads.decision.supersede", {"decision": adopted.pk, "statement": "Mieux"})
        make_thread(alice)

    pages = ["/threads/", "/s/business/threads/", url, f"{url}stream/", f"{url}decisions/"]
    add()
    one = {page: queries(alice, page) for page in pages}
    add()
    add()
    assert {page: queries(alice, page) for page in pages} == one
