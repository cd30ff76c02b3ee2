"""`/outbox/`: what left in development, and a new e-mail on its way to the approval."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMessage

from governance.checkpoints.carrying import carry_out_approved
from governance.models import Checkpoint, OutboundMail
from governance.perform import perform
from tests.cast import Person
from tests.governance.checkpoints.asking import MAIL, ask, counted, make_viewer, vote

OUTBOX = "/outbox/"
FORM = {"to": "paul@example.com", "subject": "Mardi", "body": "À mardi, 10 h."}


def send(person: Person, **changes: Any) -> Any:
    """An approved e-mail, carried out."""
    shown = ask(person, **changes)
    with person.acting():
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown)})
        carry_out_approved(shown["id"])
    return shown["id"]


def page(person: Person, path: str = OUTBOX) -> str:
    answer = person.browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_new_mail_goes_to_its_approval_and_has_not_left(alice: Person) -> None:
    answer = alice.post(OUTBOX, FORM)
    with alice.looking():
        row = Checkpoint.objects.waiting().get()
        assert not OutboundMail.objects.exists()
    assert (answer.status_code, answer.url) == (302, f"/approvals/{row.pk}/")
    assert row.params == MAIL


@pytest.mark.parametrize(("field", "value"), [("to", "nobody"), ("subject", ""), ("body", " ")])
def test_a_wrong_mail_is_told_beside_its_field(alice: Person, field: str, value: str) -> None:
    answer = alice.post(OUTBOX, FORM | {field: value})
    assert answer.status_code == 400
    assert f'id="mail-{field}_error"' in answer.content.decode()
    with alice.looking():
        assert not Checkpoint.objects.exists()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_left_is_shown_to_the_letter(alice: Person, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    send(alice, body="Bonjour,\n  <script>10 h</script>")
    text = page(alice)
    assert f'<html lang="{language}"' in text
    assert "Bonjour,\n  &lt;script&gt;10 h&lt;/script&gt;" in text
    assert '<span class="status" data-tone="ok">' in text


def test_a_mail_that_certainly_did_not_leave_is_shown_as_not_sent(alice: Person, monkeypatch: Any) -> None:
    def refuse(_self: EmailMessage, **_: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    checkpoint = send(alice)
    with alice.looking():
        assert OutboundMail.objects.get().status == "failed"
        assert Checkpoint.objects.get(pk=checkpoint).status == "failed"
    assert '<span class="status" data-tone="bad">' in page(alice)


def test_the_page_costs_the_same_for_one_mail_and_for_three(alice: Person) -> None:
    send(alice)
    page(alice)
    with counted() as one:
        assert page(alice).count('<details class="change"') == 1
    send(alice, subject="Mercredi")
    send(alice, subject="Jeudi")
    with counted() as three:
        assert page(alice).count('<details class="change"') == 3
    assert len(three) == len(one)


def test_with_a_mail_server_there_is_no_such_page(alice: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "EMAIL_IS_FILES", False)
    assert alice.browser.get(OUTBOX).status_code == 404
    assert alice.post(OUTBOX, FORM).status_code == 404


def test_a_viewer_may_not_look_into_it(alice: Person, bob: Person, workshop: Any) -> None:
    make_viewer(bob, workshop)
    bob.post(f"/identities/{workshop.pk}/activate/")
    assert bob.browser.get(OUTBOX).status_code == 403
    assert bob.post(OUTBOX, FORM).status_code == 403


def test_another_identitys_mail_is_never_shown(alice: Person, charlie: Person) -> None:
    send(alice, subject="Secret")
    assert "Secret" not in page(charlie)
