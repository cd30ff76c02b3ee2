"""threads/actions/messages.py: said once, never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection
from uuid_utils.compat import uuid7

from governance.errors import BadInput, Conflict, IdentityBoundary, NotAllowed, NotThere
from governance.isolation.context import Channel
from governance.live.models import Event
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person, make_workshop
from tests.threads.conftest import MakeThread
from threads.authors import name_agents_by, name_of_agent
from threads.models import Message, Thread

RUN = uuid7()


def write(person: Person, thread: Any, content: str = "Bonjour", **values: Any) -> Any:
    with person.acting():
        return perform("threads.message.add", {"thread": thread.pk, "content": content, **values})


def test_a_persons_message_keeps_their_name_as_it_was(alice: Person, thread: Any) -> None:
    message = write(alice, thread, "  Bonjour  ")
    with alice.acting():
        perform("governance.person.update", {"display_name": "Alice Roy"})
    with alice.looking():
        row = Message.objects.get(pk=message.pk)
        assert (row.kind, row.content) == ("text", "Bonjour")
        assert (row.author_kind, row.author_person_id, row.author_name, row.agent) == (
            "person",
            alice.user.pk,
            "Alice",
            "",
        )


def test_a_message_is_the_threads_last_activity_and_is_announced(alice: Person, thread: Any) -> None:
    message = write(alice, thread)
    with alice.looking():
        assert Thread.objects.get(pk=thread.pk).last_activity_at == message.created_at
        event = Event.objects.get(object_id=message.pk)
        assert (event.kind, event.data) == ("message.created", {"thread": str(thread.pk)})


@pytest.mark.parametrize(
    ("agent", "kind", "name"),
    [("nova", "nova", "Nova"), ("business.email_writer", "agent", "business.email_writer")],
)
def test_an_agent_signs_with_its_own_name(alice: Person, thread: Any, agent: str, kind: str, name: str) -> None:
    with alice.acting(channel=Channel.AGENT, agent=agent, run_id=RUN):
        message = perform("threads.message.add", {"thread": thread.pk, "content": "Fait."})
    assert (message.author_kind, message.author_name, message.agent, message.run_id) == (kind, name, agent, RUN)


def test_another_app_may_know_the_names_of_agents() -> None:
    name_agents_by({"business.email_writer": "Rédacteur"}.__getitem__)
    try:
        assert name_of_agent("business.email_writer") == "Rédacteur"
        assert name_of_agent("nova") == "Nova"
    finally:
        name_agents_by(str)


@pytest.mark.parametrize("content", ["", "   ", "x" * 20_001])
def test_a_message_has_one_to_twenty_thousand_characters(alice: Person, thread: Any, content: str) -> None:
    with pytest.raises(BadInput) as refused:
        write(alice, thread, content)
    assert list(refused.value.errors) == ["content"]


def test_twenty_thousand_characters_fit(alice: Person, thread: Any) -> None:
    assert len(write(alice, thread, "é" * 20_000).content) == 20_000


def test_an_answer_points_to_a_message_of_the_same_thread(alice: Person, thread: Any, make_thread: MakeThread) -> None:
    first = write(alice, thread)
    assert write(alice, thread, reply_to=first.pk).reply_to_id == first.pk
    with pytest.raises(NotThere):
        write(alice, make_thread(alice), reply_to=first.pk)


def test_a_correction_is_a_new_message_that_points_to_the_old_one(alice: Person, thread: Any) -> None:
    old = write(alice, thread, "1 065 $")
    with alice.acting():
        new = perform("threads.message.correct", {"message": old.pk, "content": "1 061,64 $"})
    with alice.looking():
        rows = Message.objects.of(thread.pk).for_stream().order_by("pk")
        assert [(row.pk, row.content, row.corrects_id, row.is_corrected) for row in rows] == [
            (old.pk, "1 065 $", None, True),
            (new.pk, "1 061,64 $", old.pk, False),
        ]


def test_a_message_is_corrected_once(alice: Person, thread: Any) -> None:
    old = write(alice, thread)
    with alice.acting():
        perform("threads.message.correct", {"message": old.pk, "content": "Mieux"})
        with pytest.raises(Conflict) as refused:
            perform("threads.message.correct", {"message": old.pk, "content": "Encore mieux"})
    assert refused.value.code == "already_corrected"


def test_only_its_author_corrects_a_message(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob)
    thread = make_thread(alice, firm)
    with alice.acting(firm):
        message = perform("threads.message.add", {"thread": thread.pk, "content": "De moi"})
    correction = {"message": message.pk, "content": "De moi, corrigé"}
    with bob.acting(firm), pytest.raises(NotAllowed):
        perform("threads.message.correct", correction)
    with alice.acting(firm, channel=Channel.AGENT, agent="nova"), pytest.raises(NotAllowed):
        perform("threads.message.correct", correction)


def test_what_a_run_reported_is_not_corrected(alice: Person, thread: Any) -> None:
    with alice.acting(channel=Channel.AGENT, agent="nova", run_id=RUN):
        result = perform("threads.message.record", {"thread": thread.pk, "content": "Voici."})
        with pytest.raises(NotAllowed):
            perform("threads.message.correct", {"message": result.pk, "content": "Voilà."})


def test_a_run_records_its_result_with_sources(alice: Person, thread: Any) -> None:
    source = {"title": "Bail 2026", "detail": "page 3", "url": "/files/1/"}
    with alice.acting(channel=Channel.AGENT, agent="nova", run_id=RUN):
        message = perform("threads.message.record", {"thread": thread.pk, "content": "Voici.", "sources": [source]})
    with alice.looking():
        row = Message.objects.get(pk=message.pk)
        assert (row.kind, row.run_id, row.sources, row.author_kind) == ("result", RUN, [source], "nova")


def test_the_machinery_signs_as_the_system(alice: Person, thread: Any) -> None:
    with alice.acting(channel=Channel.TASK):
        message = perform("threads.message.record", {"thread": thread.pk, "content": "Arrêté.", "kind": "system"})
    assert (message.author_kind, message.author_name, message.kind) == ("system", "CHE·NU", "system")


@pytest.mark.parametrize("channel", [Channel.PAGE, Channel.API, Channel.MCP, Channel.ADMIN])
def test_people_and_programs_record_no_results(alice: Person, thread: Any, channel: Channel) -> None:
    with alice.acting(channel=channel), pytest.raises(NotAllowed):
        perform("threads.message.record", {"thread": thread.pk, "content": "Faux résultat"})


@pytest.mark.parametrize("kind", ["text", "decision"])
def test_a_run_records_neither_texts_nor_decisions(alice: Person, thread: Any, kind: str) -> None:
    with alice.acting(channel=Channel.TASK), pytest.raises(BadInput):
        perform("threads.message.record", {"thread": thread.pk, "content": "x", "kind": kind})


def test_an_archived_thread_takes_no_message(alice: Person, thread: Any) -> None:
    message = write(alice, thread)
    with alice.acting(channel=Channel.TASK):
        perform("threads.thread.archive", {"thread": thread.pk})
        for name, params in [
            ("add", {"thread": thread.pk}),
            ("correct", {"message": message.pk}),
            ("record", {"thread": thread.pk}),
        ]:
            with pytest.raises(Conflict) as refused:
                perform(f"threads.message.{name}", {**params, "content": "x"})
            # The machinery is no author of Alice's message: it hears of the archive first.
            assert refused.value.code == "thread_archived"


def test_a_resolved_thread_may_still_be_written_in(alice: Person, thread: Any) -> None:
    with alice.acting():
        perform("threads.thread.resolve", {"thread": thread.pk})
    assert write(alice, thread).thread_id == thread.pk


def test_a_viewer_writes_nothing(alice: Person, bob: Person, make_thread: MakeThread) -> None:
    firm = make_workshop(alice, bob, role="viewer")
    thread = make_thread(alice, firm)
    with bob.acting(firm), pytest.raises(NotAllowed):
        perform("threads.message.add", {"thread": thread.pk, "content": "x"})
    with bob.acting(firm, channel=Channel.TASK), pytest.raises(NotAllowed):
        perform("threads.message.record", {"thread": thread.pk, "content": "x"})


def test_another_identity_writes_nothing(alice: Person, charlie: Person, thread: Any) -> None:
    message = write(alice, thread)
    with charlie.acting(), pytest.raises(IdentityBoundary):
        perform("threads.message.add", {"thread": thread.pk, "content": "x"})
    with charlie.acting(), pytest.raises(IdentityBoundary):
        perform("threads.message.correct", {"message": message.pk, "content": "x"})


def test_an_answer_to_another_identitys_message_is_refused(
    alice: Person, charlie: Person, thread: Any, make_thread: MakeThread
) -> None:
    message = write(alice, thread)
    with pytest.raises(IdentityBoundary):
        write(charlie, make_thread(charlie), reply_to=message.pk)


def test_the_database_refuses_to_change_or_remove_a_message(alice: Person, thread: Any) -> None:
    message = write(alice, thread)
    with pytest.raises(DatabaseError), alice.acting(), unit_of_work():
        Message.objects.filter(pk=message.pk).update(content="autre chose")
    with pytest.raises(DatabaseError), alice.acting(), unit_of_work():
        Message.objects.get(pk=message.pk).delete()
    with alice.looking():
        assert Message.objects.get(pk=message.pk).content == "Bonjour"


def test_messages_said_at_once_all_arrive_in_the_order_of_their_ids(alice: Person, thread: Any) -> None:
    def say(number: int) -> None:
        try:
            write(alice, thread, str(number))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(say, range(8)))
    with alice.looking():
        rows = list(Message.objects.of(thread.pk).order_by("pk"))
        assert sorted(row.content for row in rows) == [str(number) for number in range(8)]
        assert [row.created_at for row in rows] == sorted(row.created_at for row in rows)
        announced = Event.objects.filter(kind="message.created").order_by("seq")
        assert [event.object_id for event in announced] == [row.pk for row in rows]
