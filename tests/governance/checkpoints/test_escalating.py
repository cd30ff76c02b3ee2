"""A person raises a question's level: it stays pending, with less time (design 3.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.checkpoints.models import Checkpoint
from governance.errors import Conflict, Gone, NotAllowed
from governance.models import AuditEntry, Notification
from governance.notifications.reminding import remind
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, make_overdue, make_viewer, vote

ESCALATE = "governance.checkpoint.escalate"


def raised(person: Person, shown: dict[str, Any], identity: Any = None) -> Checkpoint:
    with person.acting(identity):
        row: Checkpoint = perform(ESCALATE, {"checkpoint": shown["id"]})
    return row


def test_each_level_gives_less_time_until_there_is_none_higher(alice: Person) -> None:
    shown = ask(alice)
    for level, hours in (("high", 4), ("critical", 1)):
        row = raised(alice, shown)
        assert (row.level, row.status) == (level, "pending")
        assert abs(row.expires_at - timezone.now() - timedelta(hours=hours)) < timedelta(seconds=20)
    with pytest.raises(Conflict) as highest:
        raised(alice, shown)
    assert highest.value.code == "highest_level"


def test_it_never_gives_more_time(alice: Person) -> None:
    shown, soon = ask(alice), timezone.now() + timedelta(minutes=5)
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=shown["id"]).update(expires_at=soon)
    assert raised(alice, shown).expires_at == soon


def test_the_seal_stays_and_a_red_one_wants_a_proof(alice: Person) -> None:
    shown = ask(alice)
    assert raised(alice, shown).envelope_digest == shown["envelope_digest"]
    url = f"governance/checkpoints/{shown['id']}/decision/"
    assert alice.api.post(url, vote(shown)).json()["code"] == "step_up_required"


def test_who_may_decide_is_told_and_it_is_on_record(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice, workshop)
    raised(alice, shown, workshop)
    with alice.looking(workshop):
        told = Notification.objects.filter(event="checkpoint.raised")
        assert set(told.values_list("person_id", flat=True)) == {bob.user.pk}
        assert AuditEntry.objects.filter(action=ESCALATE, outcome="allowed").count() == 1


def test_a_raised_question_is_reminded_of_before_it_expires(alice: Person) -> None:
    shown = ask(alice)
    raised(alice, shown)
    with alice.acting(), transaction.atomic():
        Checkpoint.objects.filter(pk=shown["id"]).update(expires_at=timezone.now() + timedelta(minutes=59))
    assert remind() >= 1
    with alice.looking():
        assert Notification.objects.filter(event="checkpoint.reminder", about=shown["id"]).count() == 1
    remind()
    with alice.looking():
        assert Notification.objects.filter(event="checkpoint.reminder", about=shown["id"]).count() == 1


def test_what_is_over_is_not_raised(alice: Person) -> None:
    shown, late = ask(alice), ask(alice, subject="Tard")
    with alice.acting():
        perform("governance.checkpoint.decide", {"checkpoint": shown["id"], **vote(shown, "reject")})
    make_overdue(alice, late)
    with pytest.raises(Conflict):
        raised(alice, shown)
    with pytest.raises(Gone):
        raised(alice, late)


@pytest.mark.parametrize("change", [{"token_id": uuid7()}, {"agent": "nova", "run_id": uuid7()}])
def test_only_a_person_raises_it(alice: Person, change: dict[str, Any]) -> None:
    shown = ask(alice)
    with alice.acting(**change), pytest.raises(NotAllowed):
        perform(ESCALATE, {"checkpoint": shown["id"]})


def test_by_api_and_by_page(alice: Person, bob: Person, workshop: Any) -> None:
    shown = ask(alice)
    before = datetime.fromisoformat(shown["expires_at"])
    told = alice.api.post(f"governance/checkpoints/{shown['id']}/escalate/").json()
    assert (told["level"], told["status"]) == ("high", "pending")
    assert datetime.fromisoformat(told["expires_at"]) < before
    page = f"/approvals/{shown['id']}/"
    assert f"{page}escalate/" in alice.browser.get(page).content.decode()
    assert alice.post(f"{page}escalate/").status_code == 302
    assert f"{page}escalate/" not in alice.browser.get(page).content.decode()
    assert alice.post(f"{page}escalate/").status_code == 409
    theirs = ask(alice, workshop)
    make_viewer(bob, workshop)
    assert Api(bob.user, workshop).post(f"governance/checkpoints/{theirs['id']}/escalate/").status_code == 403
