"""The pages: what is joined, one webhook, its log, its secret once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import Membership, Webhook
from governance.perform import perform
from tests.cast import Person, make_person, make_workshop
from tests.governance.access.doors import post, proven_browser
from tests.governance.access.test_stepup import later
from tests.governance.webhooks.conftest import again, deliver, deliveries, make_hook
from tests.governance.webhooks.receiver import Receiver, signed_by
from tests.spheres import makers

NEW = "/connections/webhooks/new/"
FORM = {"name": "Comptabilité", "url": "https://8.8.8.8/in", "events": ["task.created"]}


def page_of(row: Webhook, *rest: str) -> str:
    return f"/connections/webhooks/{row.pk}/" + "".join(f"{part}/" for part in rest)


@pytest.fixture
def browser(alice: Person) -> Client:
    return proven_browser(alice)


def text(answer: Any) -> str:
    return answer.content.decode()


def test_from_nothing_to_a_webhook_whose_secret_is_shown_once(browser: Client, alice: Person) -> None:
    assert NEW in text(browser.get("/connections/"))
    assert browser.get(NEW).status_code == 200
    made = post(browser, NEW, FORM)
    assert made.status_code == 200
    assert "no-store" in made.headers["Cache-Control"]
    with alice.looking():
        row = Webhook.objects.get()
    secret = made.context["secret"]
    assert secret in text(made)
    assert secret not in text(browser.get(page_of(row)))
    assert "Comptabilité" in text(browser.get("/connections/"))
    rotated = post(browser, page_of(row, "rotate"))
    assert rotated.context["secret"] != secret
    assert rotated.context["secret"] in text(rotated)


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(browser: Client) -> None:
    answer = post(browser, NEW, FORM | {"url": "https://intranet/hooks"})
    assert answer.status_code == 400
    assert "Il faut ici une adresse https publique" in text(answer)
    assert 'value="https://intranet/hooks"' in text(answer)
    assert answer.context["form"].errors.keys() == {"url"}
    assert post(browser, NEW, FORM | {"events": []}).context["form"].errors.keys() == {"events"}
    assert post(browser, NEW, FORM | {"name": "<script>"}).status_code == 200


def test_the_proof_is_asked_for_before_anything_is_filled_in(
    browser: Client, alice: Person, receiver: Receiver
) -> None:
    row, _ = make_hook(alice, receiver.url)
    later(browser, 601)
    for path in (NEW, page_of(row, "edit")):
        assert browser.get(path).headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert post(browser, page_of(row, "rotate")).headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert browser.get(page_of(row)).status_code == 200


def test_a_test_shows_what_came_back(browser: Client, alice: Person, receiver: Receiver) -> None:
    row, secret = make_hook(alice, receiver.url)
    receiver.answer, receiver.statuses = b"<script>alert(1)</script>", [418]
    answer = post(browser, page_of(row, "test"), follow=True)
    assert signed_by(secret, receiver.received[0])
    assert "HTTP 418" in text(answer)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text(answer)
    assert "<script>alert(1)" not in text(answer)
    assert answer.redirect_chain[0][0] == f"{page_of(row)}#d-{deliveries(alice)[0].pk}"
    receiver.statuses = [200]
    assert "a reçu l’essai" in text(post(browser, page_of(row, "test"), follow=True))


def test_the_log_is_narrowed_and_an_event_sent_again(browser: Client, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    receiver.statuses = [200, 500]
    with alice.acting():
        makers.task("Balayer", sphere="personal")
        makers.space("Chalet", sphere="personal")
    deliver(alice, row)

    def lines(query: str) -> list[str]:
        return [line.row.event for line in browser.get(page_of(row) + query).context["lines"]]

    assert lines("") == ["dataspace.created", "task.created"]
    assert lines("?state=delivered") == ["task.created"]
    assert lines("?event=dataspace.created&state=pending") == ["dataspace.created"]
    assert lines("?event=task.completed") == []
    assert lines("?state=nonsense&event=%00") == ["dataspace.created", "task.created"]
    assert browser.get(page_of(row) + "?before=nonsense").status_code == 404
    one = deliveries(alice)[0]
    answer = post(browser, page_of(row, "deliveries", str(one.pk), "redeliver"), follow=True)
    assert "repart" in text(answer)
    assert deliveries(alice)[0].state == "pending"


def test_older_ones_follow_on_the_next_page(browser: Client, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    with alice.acting():
        for number in range(26):
            makers.task(f"Tâche {number}", sphere="personal")
    first = browser.get(page_of(row) + "?event=task.created")
    assert len(first.context["lines"]) == 25
    rest = browser.get(f"{page_of(row)}?{first.context['more']}")
    assert [line.row.event for line in rest.context["lines"]] == ["task.created"]
    assert rest.context["more"] == ""


def test_paused_changed_removed_and_back(browser: Client, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    post(browser, page_of(row, "switch"), {"enabled": "no"})
    assert again(alice, row).state == "paused"
    post(browser, page_of(row, "edit"), FORM | {"name": "Paie"})
    assert (again(alice, row).name, again(alice, row).state) == ("Paie", "paused")
    gone = post(browser, page_of(row, "remove"), follow=True)
    assert page_of(row, "restore") in text(gone)
    assert "retiré" in text(post(browser, page_of(row, "test"), follow=True))
    post(browser, page_of(row, "restore"))
    assert again(alice, row).state == "paused"
    post(browser, page_of(row, "switch"), {"enabled": "yes"})
    assert again(alice, row).state == "active"


def test_a_member_sees_that_there_is_a_page_and_nothing_on_it(alice: Person, receiver: Receiver) -> None:
    workshop = make_workshop(alice)
    row, _ = make_hook(alice, f"{receiver.url}/key-4711", identity=workshop)
    bob = make_person("Bob")
    Membership.objects.create(user=bob.user, identity=workshop, role="member")
    browser = proven_browser(bob)
    post(browser, f"/identities/{workshop.pk}/activate/")
    shown = browser.get("/connections/")
    assert shown.status_code == 200
    assert "key-4711" not in text(shown)
    for path in (page_of(row), page_of(row, "edit"), NEW):
        assert browser.get(path).status_code == 403
    for rest in ("test", "rotate", "remove", "switch", "edit"):
        assert post(browser, page_of(row, rest), FORM).status_code == 403
    assert receiver.received == []


def cost(browser: Client, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    return len(seen)


def test_both_pages_ask_as_much_for_one_row_as_for_many(browser: Client, alice: Person, receiver: Receiver) -> None:
    row, _ = make_hook(alice, receiver.url)
    with alice.acting():
        makers.task("Balayer", sphere="personal")
    deliver(alice, row)
    before = cost(browser, "/connections/"), cost(browser, page_of(row))
    assert max(before) <= 12
    for number in range(5):
        make_hook(alice, f"{receiver.url}/{number}", "task.completed")
    with alice.acting():
        perform("governance.webhook.update", {"webhook": row.pk, "events": ["task.created"]})
        for number in range(30):
            makers.task(f"Tâche {number}", sphere="personal")
    assert (cost(browser, "/connections/"), cost(browser, page_of(row))) == before
