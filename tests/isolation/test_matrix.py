"""0 foreign rows in any cell of (every URL × method × who asks); generated from the cases of all apps (design 8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from governance.access.public import is_for_programs, is_public
from governance.access.stepup import proof
from governance.errors import IdentityBoundary
from governance.isolation.context import bind, reading
from governance.isolation.models import Scoped
from governance.models import AuditEntry, Job
from governance.perform import perform
from tests.cast import Api, Person, _encoded, make_person, make_workshop
from tests.governance.isolation.walls import without_wall
from tests.isolation.case import MARK, NAME, Case, code_of
from tests.isolation.urls import all_cases

pytestmark = pytest.mark.security

CELLS = [(case, method) for case in all_cases() for method in case.methods]
NAMES = [f"{case.name} {method}" for case, method in CELLS]
SEALED = [(case, method) for case, method in CELLS if not case.public]


@dataclass
class Visitor:
    """Somebody who asks: a browser for pages, headers for the API."""

    browser: Client
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        if is_for_programs(path):
            raw, headers = _encoded(body) if body else b"", {"HTTP_PREFER": "respond-async", **self.headers}
            return Client().generic(method, path, raw, content_type="application/json", **headers)
        if method == "GET":
            return self.browser.get(path)
        epoch = self.browser.session.get("epoch", "")
        if method == "POST":
            return self.browser.post(path.partition("?")[0], {**body, "epoch": epoch})
        return self.browser.generic(method, path, HTTP_X_CHENU_EPOCH=epoch)


def visitor(person: Person, identity: Any, **headers: str) -> Visitor:
    """The person, with a browser whose session acts for `identity`."""
    browser = Client()
    browser.force_login(person.user)
    session = browser.session
    session["identity"] = str(identity.pk)
    session["account_authentication_methods"] = shown = [proof("mfa")]  # nothing here is about step-up
    session.save()
    browser.get("/api/v2/auth/me/")
    return Visitor(browser, Api(person.user, identity, proofs=shown).headers | headers)


@pytest.fixture(autouse=True)
def proofs_last_long(settings: Any) -> None:
    settings.STEP_UP_SECONDS = 24 * 3600


class Stage:
    """The people of the whole module, and Alice's objects: one of each URL, made once, which nobody may touch."""

    def __init__(self) -> None:
        self.alice, self.charlie = make_person("Alice"), make_person("Charlie")
        self.workshop = make_workshop(self.alice)
        self.eyes = self.alice.context()
        with self.alice.acting():
            perform("governance.person.update", {"display_name": NAME})
        self.made: dict[str, tuple[str, dict[str, Any]]] = {}
        self.visitors: dict[str, Visitor] = {}

    def target(self, case: Case, method: str, fresh: bool = False) -> tuple[str, dict[str, Any]]:
        """(path, body) of the case's object; `fresh`: one to be changed."""
        if fresh or case.name not in self.made:
            # No worker runs here: what waits would in the end be too much for one identity.
            Job.objects.filter(identity_id=self.alice.identity.pk, state=Job.State.PENDING).delete()
            kwargs = case.make(self.alice)
            found = reverse(case.name, kwargs=kwargs), case.sent(self.alice, kwargs)
            if fresh:
                return _asking(case, method, *found)
            self.made[case.name] = found
        return _asking(case, method, *self.made[case.name])

    def visitor(self, who: str, case: Case) -> Visitor:
        """One visitor of each kind; a new one where a request could end or change the session."""
        if case.public or case.name in OF_THE_SESSION:
            return self._arrive(who)
        if who not in self.visitors:
            self.visitors[who] = self._arrive(who)
        return self.visitors[who]

    def _arrive(self, who: str) -> Visitor:
        if who == "alice":
            return visitor(self.alice, self.alice.identity)
        if who == OTHER:
            return visitor(self.alice, self.workshop)
        if who == CLAIMS:
            return visitor(self.charlie, self.alice.identity)
        return visitor(self.charlie, self.charlie.identity)

    def entries(self) -> int:
        with bind(self.eyes), reading():
            return AuditEntry.objects.count()


def _asking(case: Case, method: str, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if method == "GET":
        return path + QUERIES.get(case.name, ""), body
    return path, {} if method == "DELETE" else body


# What a search is asked for: words of the mark, so that the echo of the question is no leak.
QUERIES = {"search": "?q=secret", "api-search": "?q=secret", "api-memory-search": "?q=secret"}
# Requests that end or change the visitor's own session, or that a person makes from whichever identity she acts for.
OF_THE_SESSION = {
    "account-delete",
    "account-keep",
    "api-auth-logout",
    "api-auth-me-erase",
    "api-auth-identity-activate",
    "api-auth-identity-restore",
    "people:identity-activate",
    "people:identity-restore",
}
NAME_OF = attrgetter("name")
FOREIGN, OTHER, CLAIMS = "foreign person", "her other identity", "foreign person who claims to act for her"
_stage: list[Stage] = []


@pytest.fixture
def stage(db: None) -> Stage:
    if not _stage:
        _stage.append(Stage())
    return _stage[0]


def text_of(answer: Any) -> str:
    """The answer's headers and body; of an endless stream the first piece."""
    if not answer.streaming:
        body = answer.content
    elif answer.is_async:
        body = b""
    else:
        body = next(iter(answer.streaming_content), b"")
    answer.close()
    return f"{dict(answer.headers)} {body.decode(errors='replace')}"


@pytest.mark.parametrize(("case", "method"), CELLS, ids=NAMES)
def test_nobody_in_particular(case: Case, method: str, stage: Stage) -> None:
    path, body = stage.target(case, method)
    assert case.public == is_public(path.partition("?")[0]), path
    answer = Visitor(Client(), {}).ask(method, path, body)
    told = text_of(answer)
    assert answer.status_code < 500 or answer.status_code in case.answers
    assert MARK not in told
    assert NAME not in told
    if case.public:
        assert answer.status_code != 403
    elif is_for_programs(path):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("who", [FOREIGN, OTHER, CLAIMS])
@pytest.mark.parametrize(("case", "method"), SEALED, ids=[f"{case.name} {method}" for case, method in SEALED])
def test_a_stranger(case: Case, method: str, who: str, stage: Stage) -> None:
    path, body = stage.target(case, method, fresh=case.of_person)  # she may have ended or removed the last one
    before = stage.entries()
    answer = stage.visitor(who, case).ask(method, path, body)
    told = text_of(answer)
    assert answer.status_code < 500 or answer.status_code in case.answers
    assert MARK not in told
    assert who == OTHER or NAME not in told
    if who == OTHER and (case.name in OF_THE_SESSION or case.of_person):
        return  # a person signs out and looks after her account from wherever she is
    assert stage.entries() == before, "a stranger's request left a trace in Alice's own chain"
    if case.staff:
        assert answer.status_code == 404, "who is no staff is told nothing"
    elif is_for_programs(path) and who == CLAIMS:
        assert (answer.status_code, code_of(answer)) == (403, "identity_boundary_violation")
    elif case.whole:
        assert answer.status_code != 401
        assert not isinstance(answer.wsgi_request.refusal, IdentityBoundary)
    else:
        assert answer.status_code == 403
        if is_for_programs(path):
            assert code_of(answer) == "identity_boundary_violation"


@pytest.mark.parametrize(("case", "method"), CELLS, ids=NAMES)
def test_alice_herself(case: Case, method: str, stage: Stage) -> None:
    """Otherwise a cell could be green because nothing works at all."""
    path, body = stage.target(case, method, fresh=True)
    answer = stage.visitor("alice", case).ask(method, path, body)
    assert answer.status_code < 500 or answer.status_code in case.answers
    if case.staff:
        assert answer.status_code == 404
    elif not case.public:
        fine = 200 <= answer.status_code < 400 or answer.status_code in case.answers
        assert fine, f"{answer.status_code}: {text_of(answer)[:2000]}"


@pytest.mark.parametrize("case", [case for case in all_cases() if not case.public and not case.staff], ids=NAME_OF)
def test_every_other_method_is_405(case: Case, stage: Stage) -> None:
    path, body = stage.target(case, "")
    for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - set(case.methods)):
        assert stage.visitor("alice", case).ask(method, path, body).status_code == 405, method


def test_most_answers_do_show_the_mark_to_alice(stage: Stage) -> None:
    """A cell whose answer never carries the mark proves little; the exceptions are pages of nothing but forms."""
    readable = [
        case
        for case in all_cases()
        if case.name.startswith("api-") and "GET" in case.methods and not case.public and not case.of_person
    ]
    blank = []
    for case in readable:
        answer = stage.visitor("alice", case).ask("GET", *stage.target(case, "GET", fresh=True))
        if MARK not in text_of(answer):
            blank.append(case.name)
    assert len(blank) <= len(readable) // 2, blank


def test_a_leak_would_be_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: with filter, row check and policy gone, the list of messages that wait shows Alice's to Charlie."""
    case = next(case for case in all_cases() if case.name == "api-checkpoints")
    path, body = stage.target(case, "GET")
    monkeypatch.setattr(Scoped, "from_db", classmethod(models.Model.from_db.__func__))
    with without_wall("manager"), without_wall("policy", "governance_checkpoint"), without_wall("policy", VOTES):
        assert MARK in text_of(stage.visitor(FOREIGN, case).ask("GET", path, body))


VOTES = "governance_vote"
