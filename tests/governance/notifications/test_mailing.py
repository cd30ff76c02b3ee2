"""The e-mails of notifications: to confirmed addresses, bundled, quiet at night, terse."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import transaction
from django.utils import timezone

from governance.isolation.context import Channel
from governance.models import Identity, Job, Notification, QuietHours
from governance.notifications import mailing, own
from governance.notifications.mailing import LEASE, MAIL, hand_out, send_due
from governance.notifications.people import everybody
from governance.notifications.telling import BUNDLE, settle, tell
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Person

SECRET = "zzq-secret"


@pytest.fixture(autouse=True)
def _in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def confirmed(alice: Person) -> Person:
    EmailAddress.objects.update_or_create(user=alice.user, email=alice.email, defaults={"verified": True})
    mail.outbox.clear()
    return alice


def say(person: Person, key: str = own.WAITING, identity: Any = None, **more: Any) -> None:
    with person.acting(identity, channel=Channel.TASK), unit_of_work() as uow:
        tell(uow, key, everybody(), **more)


def make_due(person: Person, identity: Any = None) -> None:
    with person.acting(identity), transaction.atomic():
        Notification.objects.filter(mail_at__isnull=False).update(mail_at=timezone.now())


def left(person: Person, identity: Any = None) -> list[datetime | None]:
    with person.looking(identity):
        return list(Notification.objects.order_by("id").values_list("mail_at", flat=True))


def test_one_fact_is_one_e_mail_that_says_no_more(confirmed: Person) -> None:
    say(confirmed, link="/approvals/")
    assert send_due(confirmed.user.pk)
    (message,) = mail.outbox
    assert message.to == [confirmed.email]
    assert message.subject == "CHE·NU: Une approbation vous attend dans Alice"
    assert message.extra_headers["List-Unsubscribe"].endswith("/notifications/preferences/>")
    (page,) = message.alternatives
    for text in (message.body, page[0]):
        assert "/notifications/" in text
        assert "/approvals/" not in text
        assert "Une approbation vous attend dans Alice" in text
    assert left(confirmed) == [None]
    assert not send_due(confirmed.user.pk)
    assert len(mail.outbox) == 1


def test_several_within_a_short_time_are_one(confirmed: Person, workshop: Any) -> None:
    say(confirmed)
    say(confirmed)
    say(confirmed, identity=workshop)
    assert send_due(confirmed.user.pk)
    (message,) = mail.outbox
    assert message.subject == "CHE·NU: 3 notifications"
    assert "- Une approbation vous attend dans Alice (2)" in message.body
    assert "- Une approbation vous attend dans Atelier Roy" in message.body


def test_they_wait_a_moment_for_each_other(confirmed: Person) -> None:
    say(confirmed)
    (due,) = left(confirmed)
    assert due is not None
    assert timedelta(0) < due - timezone.now() <= BUNDLE


def test_nobody_is_written_to_at_an_address_that_is_not_confirmed(alice: Person) -> None:
    say(alice)
    assert not send_due(alice.user.pk)
    assert (mail.outbox, left(alice)) == ([], [None])


def test_what_was_read_is_not_mailed_unless_it_is_about_security(confirmed: Person) -> None:
    say(confirmed)
    say(confirmed, own.TOKEN, facts={"name": "x"})
    with confirmed.acting():
        perform("governance.notification.read_all", {})
    assert send_due(confirmed.user.pk)
    assert mail.outbox[0].subject == "CHE·NU: Un jeton d’API a été créé pour votre compte"


def test_what_is_settled_is_not_mailed(confirmed: Person) -> None:
    say(confirmed, about="q")
    with confirmed.acting(), unit_of_work() as uow:
        settle(uow, "q", own.WAITING)
    assert not send_due(confirmed.user.pk)


def quiet_now(person: Person) -> datetime:
    """Quiet hours that began an hour ago and end in two; when."""
    local = timezone.now().astimezone(ZoneInfo(person.user.timezone)).replace(second=0, microsecond=0)
    starts, ends = (local - timedelta(hours=1)).time(), (local + timedelta(hours=2)).time()
    QuietHours.objects.create(person=person.user, starts=starts, ends=ends)
    return local + timedelta(hours=2)


def test_quiet_hours_make_them_wait_and_come_as_one(confirmed: Person) -> None:
    end = quiet_now(confirmed)
    say(confirmed)
    say(confirmed)
    assert not send_due(confirmed.user.pk)
    assert left(confirmed) == [end, end]
    QuietHours.objects.update(starts=time(0), ends=time(0, 1))
    make_due(confirmed)
    assert send_due(confirmed.user.pk)
    assert len(mail.outbox) == 1


def test_security_does_not_wait_for_the_morning(confirmed: Person) -> None:
    quiet_now(confirmed)
    say(confirmed)
    say(confirmed, own.TOKEN, facts={"name": "x"})
    assert send_due(confirmed.user.pk)
    (message,) = mail.outbox
    assert "jeton" in message.body
    assert "approbation" not in message.body


def test_a_name_cannot_make_headers(confirmed: Person) -> None:
    Identity.objects.filter(pk=confirmed.identity.pk).update(name="Roy\r\nBcc: x@example.com")
    type(confirmed.user).objects.filter(pk=confirmed.user.pk).update(display_name="A\r\n\r\n<b>B</b>")
    say(confirmed)
    assert send_due(confirmed.user.pk)
    (message,) = mail.outbox
    raw = message.message().as_string()
    assert "Bcc" not in message.message()
    assert "\nBcc:" not in raw
    assert "<b>" not in message.alternatives[0][0]


def test_it_holds_nothing_of_what_is_in_there(confirmed: Person) -> None:
    say(confirmed, own.TOKEN, facts={"name": SECRET})
    say(confirmed, own.JOINED, facts={"who": SECRET, "role": "member"})
    assert send_due(confirmed.user.pk)
    assert SECRET not in mail.outbox[0].message().as_string()


def test_a_server_that_is_down_is_tried_again(confirmed: Person, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    say(confirmed)
    assert not send_due(confirmed.user.pk)
    (due,) = left(confirmed)
    assert due is not None
    assert timedelta(0) < due - timezone.now() <= LEASE
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_due(confirmed)
    assert send_due(confirmed.user.pk)


def test_it_is_given_up_after_days(confirmed: Person) -> None:
    say(confirmed)
    with confirmed.acting(), transaction.atomic():
        Notification.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert not send_due(confirmed.user.pk)
    assert left(confirmed) == [None]


def test_an_archived_identity_sends_nothing(confirmed: Person, workshop: Any) -> None:
    say(confirmed, identity=workshop)
    with confirmed.acting(workshop):
        perform("governance.identity.archive", {})
    assert not send_due(confirmed.user.pk)


def test_one_job_for_each_person_whose_mail_is_due(confirmed: Person, bob: Person) -> None:
    hand_out_all()
    say(confirmed)
    hand_out()
    assert not jobs(confirmed)
    for _ in range(2):
        say(confirmed, own.TOKEN, facts={"name": "x"})  # at once
        say(bob, own.TOKEN, facts={"name": "x"})
        hand_out()
    assert len(jobs(confirmed)) == len(jobs(bob)) == 1


def test_much_for_one_does_not_keep_others_waiting(
    confirmed: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_out_all()
    monkeypatch.setattr(mailing, "AT_ONCE", 2)
    for _ in range(3):
        say(confirmed, own.TOKEN, facts={"name": "x"})
    hand_out()
    say(bob, own.TOKEN, facts={"name": "x"})
    hand_out()
    assert len(jobs(confirmed)) == len(jobs(bob)) == 1


def hand_out_all() -> None:
    """What the tests before left due has its jobs: a hand-out takes a bounded number of people."""
    before = -1
    while before != (now := Job.objects.filter(kind=MAIL).count()):
        before = now
        hand_out()


def jobs(person: Person) -> list[Job]:
    return list(Job.objects.filter(kind=MAIL, object_id=person.user.pk))


def test_two_workers_send_one_e_mail(confirmed: Person) -> None:
    from tests.governance.people.racing import race

    say(confirmed)
    assert sorted(race(2, lambda _: send_due(confirmed.user.pk))) == [False, True]
    assert len(mail.outbox) == 1


def test_what_is_only_mailed_is_not_on_the_page(confirmed: Person) -> None:
    with confirmed.acting():
        perform("governance.notification.prefer", {"choices": {own.WAITING: {"in_app": False, "email": True}}})
    say(confirmed)
    assert confirmed.api.get("notifications/").json()["results"] == []
    assert send_due(confirmed.user.pk)
