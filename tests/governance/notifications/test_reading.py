"""Pages and API: what one was told, having read it, and how one wants to be told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import BadInput, IdentityBoundary
from governance.isolation.context import Channel
from governance.models import Notification, NotificationPreference, QuietHours
from governance.notifications import own
from governance.notifications.people import everybody
from governance.notifications.reading import by_day
from governance.notifications.telling import tell
from governance.perform import perform
from governance.uow import unit_of_work
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import counted
from tests.governance.notifications.reading import rows, told


def say(person: Person, key: str = own.WAITING, identity: Any = None, **more: Any) -> Notification:
    more.setdefault("about", str(uuid7()))
    with person.acting(identity, channel=Channel.TASK), unit_of_work() as uow:
        tell(uow, key, everybody(), **more)
    with person.looking(identity):
        return Notification.objects.get(person_id=person.user.pk, event=key, about=more["about"])


def act(person: Person, name: str, identity: Any = None, **params: Any) -> Any:
    with person.acting(identity):
        return perform(f"governance.notification.{name}", params)


def test_reading_and_keeping_as_unread(alice: Person) -> None:
    row = say(alice)
    act(alice, "read", notification=row.pk)
    assert told(alice) == []
    act(alice, "unread", notification=row.pk)
    assert told(alice) == [own.WAITING]


def test_all_up_to_the_newest_that_was_shown(alice: Person) -> None:
    first, second = say(alice), say(alice)
    assert act(alice, "read_all", until=first.pk).read == 1
    assert [row.pk for row in rows(alice) if row.read_at is None] == [second.pk]


def test_all_of_one_type_and_its_undoing(alice: Person) -> None:
    say(alice)
    say(alice, own.EXPORT_FAILED)
    done = act(alice, "read_all", type="task")
    assert told(alice) == [own.EXPORT_FAILED]
    act(alice, "undo_read_all", at=done.at)
    assert told(alice) == [own.EXPORT_FAILED, own.WAITING]


def test_nobody_touches_what_somebody_else_was_told(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    say(alice, identity=workshop)
    (row,) = rows(bob, workshop)
    for name in ("read", "unread"):
        with pytest.raises(IdentityBoundary):
            act(alice, name, workshop, notification=row.pk)
        assert Api(alice.user, workshop).post(f"notifications/{row.pk}/{name}/").status_code == 403
        assert Api(charlie.user).post(f"notifications/{row.pk}/{name}/").status_code == 403
    act(alice, "read_all", workshop)
    assert told(bob, workshop) == [own.WAITING]
    assert str(row.pk) not in str(Api(alice.user, workshop).get("notifications/").json())


def test_a_viewer_reads_what_they_were_told(alice: Person, bob: Person, workshop: Any) -> None:
    from governance.models import Membership

    say(alice, own.KEPT, workshop, facts={"name": "x"})
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    (row,) = rows(bob, workshop)
    assert Api(bob.user, workshop).post(f"notifications/{row.pk}/read/").status_code == 200


# --- the API ------------------------------------------------------------------------------------------


def test_the_list_by_program(alice: Person) -> None:
    first = say(alice, link="/approvals/")
    second = say(alice, own.JOINED, facts={"who": "Camille", "role": "admin"})
    act(alice, "read", notification=first.pk)
    found = alice.api.get("notifications/", HTTP_ACCEPT_LANGUAGE="en").json()["results"]
    assert [(one["id"], one["type"], one["source"], one["event"]) for one in found] == [
        (str(second.pk), "info", "system", own.JOINED),
        (str(first.pk), "task", "system", own.WAITING),
    ]
    assert (found[0]["title"], found[0]["body"]) == ("Camille is a member now", "Role: Administrator")
    assert found[1]["link"] == "/approvals/"
    for asked, events in (
        ("?unread=true", [own.JOINED]),
        ("?unread=false", [own.WAITING]),
        ("?type=task", [own.WAITING]),
        ("?source=agent", []),
        ("?limit=1", [own.JOINED]),
    ):
        assert [one["event"] for one in alice.api.get(f"notifications/{asked}").json()["results"]] == events
    for wrong in ("?type=x", "?unread=perhaps", "?since=1", "?cursor=x"):
        assert alice.api.get(f"notifications/{wrong}").status_code == 400


@pytest.mark.parametrize(
    ("language", "title"), [("en", "An approval waits for you"), ("fr", "Une approbation vous attend")]
)
def test_the_words_are_those_of_who_reads(language: str, title: str, alice: Person) -> None:
    say(alice)
    found = alice.api.get("notifications/", HTTP_ACCEPT_LANGUAGE=language).json()["results"]
    assert [one["title"] for one in found] == [title]


def test_marks_by_program(alice: Person) -> None:
    row = say(alice)
    assert alice.api.post(f"notifications/{row.pk}/read/").json()["read_at"]
    assert alice.api.post(f"notifications/{row.pk}/unread/").json()["read_at"] is None
    done = alice.api.post("notifications/read-all/", {"until": str(row.pk)}).json()
    assert done["read"] == 1
    assert alice.api.post("notifications/read-all/undo/", {"at": done["at"]}).status_code == 204
    assert told(alice) == [own.WAITING]
    assert alice.api.post("notifications/read-all/", {"type": "x"}).status_code == 400
    assert alice.api.post(f"notifications/{row.pk}/read/", {"x": 1}).status_code == 400
    assert alice.api.post(f"notifications/{uuid7()}/read/").status_code == 404


def test_a_token_reads_and_marks_within_its_scopes_and_chooses_nothing(alice: Person) -> None:
    from django.test import Client

    row = say(alice)
    scopes = ["notifications:read", "notifications:write"]
    with alice.acting():
        _, text = perform("governance.token.create", {"name": "x", "scopes": scopes})
    program, key = Client(), {"HTTP_AUTHORIZATION": f"Bearer {text}", "content_type": "application/json"}
    assert program.get("/api/v2/notifications/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 200
    assert program.post(f"/api/v2/notifications/{row.pk}/read/", **key).status_code == 200
    answer = program.patch("/api/v2/notifications/preferences/", {}, **key)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_preferences_by_program(alice: Person, workshop: Any) -> None:
    found = alice.api.get("notifications/preferences/").json()
    assert found["quiet"] is None
    waiting = next(one for one in found["events"] if one["event"] == own.WAITING)
    assert (waiting["always"], waiting["channels"]) == (False, {"in_app": True, "email": True})
    body = {"choices": {own.WAITING: {"email": False}}, "quiet": {"starts": "21:00", "ends": "07:00"}}
    answer = Api(alice.user, workshop).patch("notifications/preferences/", body)
    assert answer.json()["quiet"] == {"starts": "21:00", "ends": "07:00", "timezone": "America/Toronto"}
    waiting = next(one for one in answer.json()["events"] if one["event"] == own.WAITING)
    assert waiting["channels"] == {"in_app": True, "email": False}
    assert alice.api.patch("notifications/preferences/", {"loud": True}).json()["quiet"] is None
    assert NotificationPreference.objects.filter(person=alice.user).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"choices": {"nobody.knows": {"email": True}}},
        {"choices": {own.WAITING: {"pigeon": True}}},
        {"choices": {own.WAITING: {"email": "perhaps"}}},
        {"choices": {own.PASSWORD: {"email": False}}},  # security
        {"choices": {own.CROSSED: {"in_app": False}}},
        {"quiet": {"starts": "21:00"}},
        {"quiet": {"starts": "21:00", "ends": "21:00"}},
        {"quiet": {"starts": "25:00", "ends": "21:00"}},
        {"choices": []},
        {"x": 1},
    ],
)
def test_wrong_preferences_are_refused(alice: Person, body: Any) -> None:
    assert alice.api.patch("notifications/preferences/", body).status_code == 400
    assert not NotificationPreference.objects.filter(person=alice.user).exists()
    assert not QuietHours.objects.filter(person=alice.user).exists()


def test_security_cannot_be_muted(alice: Person) -> None:
    with pytest.raises(BadInput):
        act(alice, "prefer", choices={own.SIGNED_IN: {"email": False}})


# --- the pages ----------------------------------------------------------------------------------------


def page(person: Person, url: str = "/notifications/") -> str:
    answer = person.browser.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_shows_unread_ones_first_then_the_days(alice: Person) -> None:
    assert 'class="empty"' in page(alice)
    old, new = say(alice, own.EXPORT_FAILED), say(alice, link="/approvals/")
    act(alice, "read", notification=new.pk)
    text = page(alice)
    assert text.index("Votre archive n’a pas pu être écrite") < text.index("Une approbation vous attend")
    assert 'href="/approvals/"' in text
    assert "Votre archive" not in page(alice, "/notifications/?type=task")
    assert "Une approbation" not in page(alice, "/notifications/?unread=true")
    assert alice.browser.get("/notifications/?type=x").status_code == 400
    assert alice.browser.get("/notifications/?before=x").status_code == 404
    assert old.pk


def test_looking_at_it_has_read_it(alice: Person) -> None:
    row = say(alice, link="/approvals/")
    answer = alice.post(f"/notifications/{row.pk}/read/", {"open": "1"})
    assert answer.headers["Location"] == "/approvals/"
    assert told(alice) == []
    answer = alice.post(f"/notifications/{row.pk}/unread/", {"type": "task"})
    assert answer.headers["Location"] == "/notifications/?type=task"
    assert told(alice) == [own.WAITING]


def test_all_are_read_and_the_page_offers_to_undo_it(alice: Person) -> None:
    row = say(alice)
    answer = alice.post("/notifications/read-all/", {"until": str(row.pk)}, follow=True)
    assert told(alice) == []
    found = re.search(r'name="at" value="([^"]+)"', answer.content.decode())
    assert found is not None
    alice.post("/notifications/read-all/undo/", {"at": found[1]})
    assert told(alice) == [own.WAITING]
    assert alice.post("/notifications/read-all/undo/", {"at": "yesterday"}).status_code == 400


def test_older_ones_are_on_further_pages(alice: Person) -> None:
    for number in range(60):
        say(alice, own.JOINED, facts={"who": f"P{number:02}", "role": "member"})
    text = page(alice)
    assert text.count("est maintenant membre</span>") + text.count("est maintenant membre\n") >= 50
    assert "?unread=true" in text
    seen: set[str] = set()
    url = "/notifications/?unread=true"
    for _ in range(4):
        text = page(alice, url)
        seen |= set(re.findall(r"P\d\d", text))
        more = re.search(r'href="(\?before=[^"]+)" rel="next"', text)
        if more is None:
            break
        url = "/notifications/" + more[1].replace("&amp;", "&")
    assert len(seen) == 60


def test_the_pages_cost_the_same_for_one_and_for_fifty(alice: Person) -> None:
    costs = []
    for many in (1, 50):
        for _ in range(many):
            act(alice, "read", notification=say(alice, own.JOINED, facts={"who": "x", "role": "member"}).pk)
            say(alice)
        page(alice)
        with counted() as queries:
            page(alice), alice.api.get("notifications/"), page(alice, "/notifications/list/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_matrix_keeps_what_was_ticked(alice: Person) -> None:
    text = page(alice, "/notifications/preferences/")
    boxes = re.findall(r'name="tell" value="([^"]+)"( checked)?( disabled)?', text)
    ticked = [value for value, checked, locked in boxes if checked and not locked]
    assert f"{own.WAITING}:email" in ticked
    assert (f"{own.CROSSED}:email", " checked", " disabled") in boxes
    ticked.remove(f"{own.WAITING}:email")
    form = {"tell": [*ticked, f"{own.DECIDED}:email", "x:y"], "quiet": "on", "starts": "22:00", "ends": "06:30"}
    assert alice.post("/notifications/preferences/", form).status_code == 302
    chosen = NotificationPreference.objects.filter(person=alice.user).values_list("event", "channel", "enabled")
    assert set(chosen) == {(own.WAITING, "email", False), (own.DECIDED, "email", True)}
    hours = QuietHours.objects.get(person=alice.user)
    assert (f"{hours.starts:%H:%M}", f"{hours.ends:%H:%M}") == ("22:00", "06:30")
    alice.post("/notifications/preferences/", {"tell": ticked})
    assert not QuietHours.objects.filter(person=alice.user).exists()


def test_quiet_hours_that_say_nothing_are_told_at_the_field(alice: Person) -> None:
    for form in ({"quiet": "on", "starts": "22:00"}, {"quiet": "on", "starts": "22:00", "ends": "22:00"}):
        answer = alice.post("/notifications/preferences/", form)
        assert answer.status_code == 400
        assert "besoin d’un début et d’une fin" in answer.content.decode()


def test_the_days_are_those_of_the_persons_calendar() -> None:
    late = Notification(event="x", type="info", created_at=datetime(2026, 11, 20, 3, tzinfo=UTC))
    assert [str(day) for day, _ in by_day([late], "America/Toronto")] == ["2026-11-19"]
    assert [str(day) for day, _ in by_day([late], "Europe/Paris")] == ["2026-11-20"]


def test_the_archive_of_an_identity_holds_them_and_its_erasure_ends_them(alice: Person, workshop: Any) -> None:
    from tests.governance.rights.archives import Opened, exported, file_of
    from tests.governance.rights.endings import carried_out, erasure_of

    row = say(alice, identity=workshop)
    held = Opened(file_of(exported(alice, workshop)).read_bytes()).json("data/governance/notifications.json")
    assert str(row.pk) in str(held)
    done = carried_out(erasure_of(alice, workshop))
    assert done.proof["tables"]["governance_notification"][1] == 0


def test_the_end_of_an_account_ends_what_others_identities_told_it(alice: Person, bob: Person, workshop: Any) -> None:
    from governance.rights.account import end_due_accounts
    from tests.governance.rights.endings import NOW, overdue

    say(alice, identity=workshop)
    act(bob, "prefer", choices={own.WAITING: {"email": False}}, quiet={"starts": "21:00", "ends": "07:00"})
    with bob.acting():
        row = perform("governance.account.delete", {"email": bob.email})
    overdue(row)
    for _ in range(3):
        end_due_accounts(NOW)
    row.refresh_from_db()
    assert row.state == "done"
    with alice.looking(workshop):
        assert not Notification.objects.filter(person_id=bob.user.pk).exists()
    assert not NotificationPreference.objects.filter(person_id=bob.user.pk).exists()
    assert not QuietHours.objects.filter(person_id=bob.user.pk).exists()


def test_an_event_of_another_release_is_shown_by_its_name(alice: Person) -> None:
    row = say(alice)
    with alice.acting(), transaction.atomic():
        Notification.objects.filter(pk=row.pk).update(event="future.event", created_at=timezone.now() - timedelta(1))
    assert "future.event" in page(alice)
