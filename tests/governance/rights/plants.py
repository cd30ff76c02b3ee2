"""Forty words that occur nowhere else, planted through real acts wherever a person can leave one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings

from governance.checkpoints.carrying import carry_out_approved
from governance.errors import CheckpointRequired
from governance.isolation.context import Channel
from governance.models import Checkpoint, Identity, Notification
from governance.notifications.mailing import letter
from governance.notifications.own import WAITING
from governance.people.registration import register_person
from governance.perform import perform
from tests.agents.pipeline.runs import asked
from tests.cast import PASSWORD, Api, Person
from tests.governance.checkpoints.asking import make_rule
from tests.spheres import makers


class Plants:
    """`word("note")` → a new word, remembered under that name."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        assert name not in self.words
        self.words[name] = f"zq{secrets.token_hex(5)}x7"
        return self.words[name]


def a_person(word: Plants) -> Person:
    """Somebody with a name and addresses of their own."""
    address, name = word("e-mail address"), word("display name")
    user = register_person(email=f"{address}@example.com", password=PASSWORD, display_name=name)
    EmailAddress.objects.create(user=user, email=f"{word('second address')}@example.com", verified=True, primary=True)
    return Person(user, Identity.objects.get(owner=user))


def a_house(word: Plants, owner: Person) -> Any:
    with owner.acting():
        return perform("governance.identity.create", {"kind": "enterprise", "name": f"Atelier {word('identity name')}"})


def hooks(word: Plants) -> None:
    """Somebody outside who is told of everything that follows: the words of it are then in deliveries, too."""
    address = f"https://8.8.8.8/{word('webhook address')}"
    perform("governance.webhook.create", {"name": word("webhook name"), "url": address, "events": ["task.created"]})


def notes(word: Plants) -> None:
    """Items, versions, tasks, captures, DataSpaces, the trash, a search."""
    item = makers.item(word("note title"), content=word("note text"))
    change = {"title": word("second title"), "content": word("second text")}
    perform("spheres.item.update", {"item": item.pk, "version": 1, **change})
    makers.item(word("link title"), type="link", content=f"https://{word('link address')}.example.com/")
    makers.task(word("task title"), content=word("task text"))
    makers.capture(word("capture"))
    filed = makers.capture(word("filed capture"))
    perform("spheres.capture.route", {"capture": filed.pk, "to": "note", "title": word("filed title")})
    makers.space(word("dataspace"))
    perform("spheres.item.delete", {"item": makers.item(word("deleted note")).pk})
    perform("spheres.search", {"q": word("search words")})


def talk(word: Plants) -> None:
    """A thread, its messages and decisions."""
    thread = perform("threads.thread.create", {"title": word("first thread title"), "sphere": "business"})
    perform("threads.thread.rename", {"thread": thread.pk, "title": word("thread title")})
    perform("threads.message.add", {"thread": thread.pk, "content": word("message")})
    proposal = {"thread": thread.pk, "statement": word("decision"), "options": [word("option")]}
    decision = perform("threads.decision.propose", proposal)
    perform("threads.decision.adopt", {"decision": decision.pk})
    perform("threads.decision.supersede", {"decision": decision.pk, "statement": word("second decision")})


def stops(person: Person, identity: Any, name: str, params: dict[str, Any]) -> dict[str, Any]:
    with person.acting(identity), pytest.raises(CheckpointRequired) as stopped:
        perform(name, params)
    return stopped.value.checkpoint


def decides(person: Person, identity: Any, shown: dict[str, Any], decision: str, **more: Any) -> None:
    with person.acting(identity, proved=lambda second: True):
        vote = {"checkpoint": shown["id"], "decision": decision, "envelope_digest": shown["envelope_digest"], **more}
        perform("governance.checkpoint.decide", vote)
    if decision == "approve":
        with person.acting(identity, channel=Channel.TASK):
            carry_out_approved(shown["id"])


def mail(word: Plants, kind: str) -> dict[str, Any]:
    return {
        "to": [f"{word(f'{kind} recipient')}@example.com"],
        "subject": word(f"{kind} subject"),
        "body": word(f"{kind} body"),
    }


def approvals(word: Plants, person: Person, identity: Any) -> None:
    """E-mails that left, that wait and that were refused; an order, a transfer, a wider scope."""
    send = "governance.message.send"
    decides(person, identity, stops(person, identity, send, mail(word, "sent")), "approve", comment=word("comment"))
    stops(person, identity, send, mail(word, "waiting"))
    decides(person, identity, stops(person, identity, send, mail(word, "refused")), "reject", comment=word("reason"))
    order = {"payee": word("payee"), "amount_minor": 100, "currency": "CAD", "reference": word("reference")}
    decides(person, identity, stops(person, identity, "governance.payment.order", order), "approve")
    crossings(word, person, identity)
    wider = {"kind": "sensitive_data", "sphere": "personal", "reason": word("why wider")}
    decides(person, identity, stops(person, identity, "governance.elevation.request", wider), "approve")


def crossings(word: Plants, person: Person, identity: Any) -> None:
    """A copy in another sphere; something offered from the personal identity; and a reference lent from there."""
    with person.acting(identity):
        source = makers.item(word("copied title"), content=word("copied text"))
    transfer = {"object": source.pk, "to_sphere": "creative", "note": word("why")}
    decides(person, identity, stops(person, identity, "governance.transfer.request", transfer), "approve")
    with person.acting():
        lent = makers.item("Prêté", content="lent from elsewhere")
    offer = {"object": lent.pk, "to_identity": identity.pk, "form": "reference"}
    decides(person, None, stops(person, None, "governance.transfer.offer", offer), "approve")


def runs(word: Plants, person: Person) -> None:
    """A question that is answered, and a request that stops at a checkpoint, both through the pipeline."""
    asked(person, f"Que contient ma note {word('asked about')} ?")
    run = asked(person, f"Envoie un courriel à {word('told recipient')}@example.com pour confirmer notre rendez-vous")
    assert run.status == "awaiting_approval"
    with person.looking():
        assert Checkpoint.objects.filter(pk=run.checkpoint_id).exists()


def around(word: Plants, person: Person, identity: Any, foreign: Any) -> None:
    """A rule, a file, an attempt to cross with the browser's own words, an answer kept under a key."""
    make_rule(person, identity, name=word("rule"), conditions=[{"key": "action", "op": "eq", "value": "no.such.act"}])
    folder = Path(settings.DATA_DIR) / "files" / str(identity.pk)
    folder.mkdir(parents=True)
    (folder / f"{word('file name')}.txt").write_text(word("file text"))
    program = Api(person.user, identity)
    assert program.get(f"items/{foreign}/", HTTP_USER_AGENT=word("user agent")).status_code == 403
    body = {"title": word("kept answer"), "sphere": "business", "type": "note"}
    assert program.post("items/", body, HTTP_IDEMPOTENCY_KEY=secrets.token_hex(16)).status_code == 201
    invited = {
        "email": f"{secrets.token_hex(6)}@example.org",
        "role": "member",
    }
    assert program.post(f"auth/identities/{identity.pk}/invitations/", invited).status_code == 201
    with person.looking(identity):
        told = list(Notification.objects.all()) or [Notification(identity=identity, event=WAITING)]
    letter(person.user, told).send()


def planted(foreign: Any) -> tuple[Plants, Person, Any]:
    """(words, the person, their firm): everything above, in the personal identity and in the firm."""
    word = Plants()
    person = a_person(word)
    house = a_house(word, person)
    with person.acting(house):
        hooks(word)
        notes(word)
        talk(word)
    approvals(word, person, house)
    around(word, person, house, foreign)
    runs(word, person)
    return word, person, house
