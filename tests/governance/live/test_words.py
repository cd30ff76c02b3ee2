"""`/ws/pipeline/<run>/`: one run of one's own, with its words as they are written (design 4.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from uuid_utils.compat import uuid7
from websockets.sync.client import ClientConnection, connect

from governance.isolation.context import reading
from governance.live.notify import MOST_WORD_BYTES, whisper
from governance.models import Violation
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person
from tests.governance.live.conftest import announce, close_code, greeted, receive

Watch = Callable[..., ClientConnection]


@pytest.fixture
def run(alice: Person) -> Any:
    with alice.acting():
        return perform("agents.run.start", {"text": "Que contient ce fil ?", "sphere": "personal"})


@pytest.fixture
def watch(web: str, db: None) -> Iterator[Watch]:
    """`watch(alice, run.pk)`: a socket of her browser on one run."""
    with ExitStack() as stack:

        def open_(person: Person, run_id: Any, query: str = "", origin: str = "") -> ClientConnection:
            cookie = f"sessionid={person.browser.cookies['sessionid'].value}"
            url = f"ws://{web}/ws/pipeline/{run_id}/{query}"
            more = {"additional_headers": {"Cookie": cookie}, "origin": origin or f"http://{web}", "open_timeout": 30}
            return stack.enter_context(connect(url, **more))

        yield open_


def news(person: Person, run_id: Any) -> None:
    with person.acting(), unit_of_work() as uow:
        uow.announce("lane.start", run_id, run_id, lane="F")


def test_words_arrive_as_they_are_written_and_in_order(watch: Watch, alice: Person, run: Any) -> None:
    page = watch(alice, run.pk)
    greeted(page)
    for text in ("Bonjour ", "Monsieur,", "\n« voilà » 1 2"):
        whisper(run.identity_id, run.pk, text)
    assert [receive(page) for _ in range(3)] == [
        {"kind": "llm.call.delta", "run": str(run.pk), "text": text}
        for text in ("Bonjour ", "Monsieur,", "\n« voilà » 1 2")
    ]


def test_a_long_piece_arrives_in_parts_and_whole(watch: Watch, alice: Person, run: Any) -> None:
    page = watch(alice, run.pk)
    greeted(page)
    text = "é" * MOST_WORD_BYTES
    whisper(run.identity_id, run.pk, text)
    assert "".join(receive(page)["text"] for _ in range(2)) == text


def test_only_this_runs_words_and_news_arrive(watch: Watch, alice: Person, run: Any) -> None:
    with alice.acting():
        other = perform("agents.run.start", {"text": "Et la cave ?", "sphere": "personal"})
    page = watch(alice, run.pk)
    greeted(page)
    whisper(run.identity_id, other.pk, "pas ici")
    announce(alice)
    news(alice, other.pk)
    news(alice, run.pk)
    frame = receive(page)
    assert (frame["kind"], frame["run"]) == ("lane.start", str(run.pk))


def test_another_persons_run_is_refused_and_recorded(watch: Watch, alice: Person, charlie: Person, run: Any) -> None:
    assert close_code(watch(charlie, run.pk)) == 4403
    with charlie.looking():
        assert list(Violation.objects.values_list("kind", "path")) == [
            ("cross_identity_access", f"/ws/pipeline/{run.pk}/")
        ]
    with alice.acting(), reading():
        assert not Violation.objects.exists()


def test_a_run_nobody_has_is_not_found(watch: Watch, alice: Person) -> None:
    assert close_code(watch(alice, uuid7())) == 4404


def test_an_older_page_is_sent_away(watch: Watch, alice: Person, run: Any) -> None:
    assert close_code(watch(alice, run.pk, "?epoch=another")) == 4409


def test_signing_out_ends_it(watch: Watch, alice: Person, run: Any) -> None:
    page = watch(alice, run.pk)
    greeted(page)
    alice.browser.logout()
    assert close_code(page) == 4401
