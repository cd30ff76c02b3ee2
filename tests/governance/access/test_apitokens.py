"""Named API tokens: one identity, some scopes, some time; never an approval, never the account (design 3.9, 6.2)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from governance.access.apitokens.reads import USE
from governance.access.apitokens.scopes import RESOURCES, SCOPES, needed_scope, offered
from governance.audit.entries import PURPOSE
from governance.audit.vault import SALT, unseal
from governance.errors import AuditUnavailable, CheckpointRequired
from governance.models import ApiToken, AuditEntry, Checkpoint, Membership
from governance.perform import perform
from tests.cast import Person
from tests.governance.access.doors import call, enrol, entries, post, proven_browser, sign_in
from tests.governance.access.test_stepup import program_later

pytestmark = pytest.mark.security


def make(person: Person, *scopes: str, **more: Any) -> dict[str, Any]:
    body = {"name": "Sauvegarde", "scopes": list(scopes) or ["threads:read"], **more}
    answer = call("POST", "auth/tokens/", body, token=sign_in(person)["access"])
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_token_is_shown_once_and_kept_as_a_digest(alice: Person) -> None:
    made = make(alice, "threads:read", "spheres:read", "threads:read")
    assert set(made) >= {"id", "token", "prefix", "scopes", "expires_at"}
    assert made["scopes"] == ["spheres:read", "threads:read"]
    assert made["token"].startswith(f"{made['prefix']}_")
    assert made["identity"] == str(alice.identity.pk)
    row = ApiToken.objects.get(pk=made["id"])
    assert made["token"] not in str({name: getattr(row, name) for name in row.__dict__})
    listed = call("GET", "auth/tokens/", token=sign_in(alice)["access"]).json()["results"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["token"] not in str(listed)
    assert entries(alice, "governance.token.create") == [("governance.token.create", "allowed", "")]


def test_it_opens_what_it_was_given_and_its_last_use_is_noted(alice: Person) -> None:
    made = make(alice, "threads:read")
    assert call("GET", "auth/me/", token=made["token"]).json()["email"] == alice.email
    assert call("GET", "threads/", token=made["token"]).status_code == 200
    used = ApiToken.objects.get(pk=made["id"]).last_used_at
    assert used is not None
    assert now() - used < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "threads/", "threads:write"), ("GET", "spheres/", "spheres:read"),
        ("POST", "nova/query/", "nova:run"), ("GET", "governance/checkpoints/", "governance:read"),
    ],
)  # fmt: skip
def test_what_it_was_not_given_is_refused_and_recorded(method: str, path: str, scope: str, alice: Person) -> None:
    token = make(alice, "threads:read")["token"]
    answer = call(method, path, {}, token=token)
    assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "insufficient_scope", scope)
    assert entries(alice)[-1] == ("governance.token.use", "refused", "insufficient_scope")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "auth/tokens/"), ("POST", "auth/tokens/"), ("GET", "auth/sessions/"), ("GET", "auth/2fa/"),
        ("POST", "auth/2fa/enable/"), ("POST", "auth/step-up/"), ("PATCH", "auth/me/"), ("POST", "auth/logout/"),
        ("POST", "auth/identities/"), ("POST", "auth/change-password/"), ("POST", "auth/email/"),
    ],
)  # fmt: skip
def test_with_every_scope_it_still_never_touches_the_account(method: str, path: str, alice: Person) -> None:
    token = make(alice, *SCOPES)["token"]
    answer = call(method, path, {}, token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_with_every_scope_it_never_approves(alice: Person) -> None:
    token = make(alice, *SCOPES)["token"]
    with alice.acting(), pytest.raises(CheckpointRequired) as stopped:
        perform("governance.message.send", {"to": ["paul@example.com"], "subject": "x", "body": "y"})
    asked = stopped.value.checkpoint
    body = {"decision": "approve", "envelope_digest": asked["envelope_digest"]}
    answer = call("POST", f"governance/checkpoints/{asked['id']}/decision/", body, token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    with alice.looking():
        assert Checkpoint.objects.get(pk=asked["id"]).status == "pending"


def test_it_is_bound_to_its_identity(alice: Person, workshop: Any) -> None:
    made = make(alice, "threads:read", identity=str(workshop.pk))
    assert call("GET", "threads/", token=made["token"]).status_code == 200
    same = call("GET", "threads/", token=made["token"], HTTP_X_IDENTITY_ID=str(workshop.pk))
    other = call("GET", "threads/", token=made["token"], HTTP_X_IDENTITY_ID=str(alice.identity.pk))
    assert (same.status_code, other.status_code) == (200, 403)
    assert other.json()["code"] == "identity_boundary_violation"


def test_it_is_made_for_the_identity_of_the_request_and_only_for_ones_own(
    alice: Person, charlie: Person, workshop: Any
) -> None:
    access = sign_in(alice)["access"]
    body = {"name": "x", "scopes": ["threads:read"]}
    here = call("POST", "auth/tokens/", body, token=access, HTTP_X_IDENTITY_ID=str(workshop.pk))
    assert here.json()["identity"] == str(workshop.pk)
    foreign = call("POST", "auth/tokens/", {**body, "identity": str(charlie.identity.pk)}, token=access)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "identity_boundary_violation")


def test_leaving_the_identity_ends_it(bob: Person, alice: Person, workshop: Any) -> None:
    token = make(bob, "threads:read", identity=str(workshop.pk))["token"]
    assert call("GET", "threads/", token=token).status_code == 200
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    assert call("GET", "threads/", token=token).status_code == 403


@pytest.mark.parametrize("end", ["revoked", "expired", "person inactive", "altered", "truncated", "unknown"])
def test_what_is_no_live_token_is_401(end: str, alice: Person) -> None:
    made = make(alice)
    text = made["token"]
    row = ApiToken.objects.filter(pk=made["id"])
    if end == "revoked":
        assert call("DELETE", f"auth/tokens/{made['id']}/", token=sign_in(alice)["access"]).status_code == 204
    elif end == "expired":
        row.update(expires_at=now())
    elif end == "person inactive":
        type(alice.user).objects.filter(pk=alice.user.pk).update(is_active=False)
    elif end == "altered":
        text = text[:-1] + ("A" if text[-1] != "A" else "B")
    else:
        text = text[:-1] if end == "truncated" else "chenu_" + "A" * 8 + "_" + "B" * 43
    answer = call("GET", "auth/me/", token=text)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_revoking_is_for_its_person_and_may_be_repeated(alice: Person, charlie: Person) -> None:
    made = make(alice)
    path = f"auth/tokens/{made['id']}/"
    assert call("DELETE", path, token=sign_in(charlie)["access"]).status_code == 403
    assert call("GET", "auth/me/", token=made["token"]).status_code == 200
    access = sign_in(alice)["access"]
    assert [call("DELETE", path, token=access).status_code for _ in range(2)] == [204, 204]
    assert call("DELETE", path.replace(made["id"][-4:], "0000"), token=access).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"), ({"name": "x" * 81}, "name"), ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"), ({"scopes": "threads:read"}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"), ({"expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2026-12-01T00:00:00"}, "expires_at"), ({"identity": "x"}, "identity"), ({"x": 1}, "x"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(changes: dict[str, Any], field: str, alice: Person) -> None:
    body = {"name": "x", "scopes": ["threads:read"], **changes}
    answer = call("POST", "auth/tokens/", body, token=sign_in(alice)["access"])
    assert answer.status_code == 400
    assert {name.split(".")[0] for name in answer.json()["errors"]} == {field}
    assert not ApiToken.objects.filter(user=alice.user).exists()


def test_making_one_needs_a_fresh_proof(alice: Person) -> None:
    access = sign_in(alice)["access"]
    program_later(access, 601)
    answer = call("POST", "auth/tokens/", {"name": "x", "scopes": ["threads:read"]}, token=access)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


def test_the_page_shows_it_once_and_revokes_it(alice: Person) -> None:
    browser = proven_browser(alice)
    fields = {"name": "Sauvegarde", "days": "30", "scopes": ["threads:read", "threads:write"]}
    made = post(browser, "/accounts/tokens/", fields)
    text = made.context["text"]
    assert call("GET", "threads/", token=text).status_code == 200
    again = browser.get("/accounts/tokens/")
    assert text not in again.content.decode()
    assert "Sauvegarde" in again.content.decode()
    row = ApiToken.objects.get(user=alice.user)
    assert post(browser, f"/accounts/tokens/{row.pk}/revoke/").status_code == 302
    assert call("GET", "threads/", token=text).status_code == 401
    assert "Sauvegarde" not in browser.get("/accounts/tokens/").content.decode()
    assert post(browser, "/accounts/tokens/", {**fields, "days": "9999"}).status_code == 400


def test_a_socket_does_not_take_it(alice: Person) -> None:
    from governance.live.door import Caller, Close, Refused, admit

    token = make(alice, *SCOPES)["token"]
    caller = Caller({"headers": [], "query_string": b"", "path": "/", "subprotocols": ["chenu.v1", f"bearer.{token}"]})
    with pytest.raises(Refused) as refused:
        admit(caller)
    assert refused.value.code == Close.SIGN_IN


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(rows: int, alice: Person, django_assert_num_queries: Any) -> None:
    for number in range(rows):
        with alice.acting():
            perform("governance.token.create", {"name": f"n{number}", "scopes": ["threads:read"]})
    api = alice.api
    with django_assert_num_queries(6):
        assert len(api.get("auth/tokens/").json()["results"]) == rows


def test_each_resource_of_the_api_has_its_scopes(alice: Person) -> None:
    """A new part of the API is out of reach for tokens until it is listed."""
    from tests.isolation.urls import url_patterns

    found = set()
    for _, pattern in url_patterns():
        text = str(pattern.pattern)
        view = getattr(pattern.callback, "cls", None)
        if view is not None and "/" in text and not view.__module__.startswith("agents.gateway"):
            found.add(text.partition("/")[0])
    assert found - set(RESOURCES) <= {"auth", "schema", "docs"}
    assert needed_scope("GET", "/api/v2/unknown/") == ""
    assert needed_scope("POST", "/v1/messages") == "llm:complete"
    assert (
        needed_scope("POST", "/api/v2/llm/complete/") == needed_scope("POST", "/api/v2/llm/complete") == "llm:complete"
    )
    assert "llm:complete" in offered()


def test_the_form_offers_only_what_opens_something_and_keeps_what_was_ticked(alice: Person) -> None:
    assert {"threads:read", "threads:write", "search:read", "nova:run"} <= set(offered())
    assert not {"search:write", "nova:write", "xr:read"} & set(offered())
    page = post(proven_browser(alice), "/accounts/tokens/", {"name": "", "days": "30", "scopes": ["tasks:read"]})
    ticked = [line for line in page.content.decode().split("<label") if " checked" in line]
    assert [line.partition('value="')[2].partition('"')[0] for line in ticked] == ["tasks:read"]


def test_second_factors_do_not_stand_in_its_way(alice: Person) -> None:
    token = make(alice)["token"]
    enrol(alice)
    assert call("GET", "threads/", token=token).status_code == 200


def reads(person: Person, identity: Any = None) -> list[dict[str, Any]]:
    """The entries of what tokens have read, each with its opened payload."""
    chosen = identity or person.identity
    with person.looking(chosen):
        found = AuditEntry.objects.filter(action=USE, outcome="allowed").order_by("seq")
        return [
            orjson.loads(bytes(row.body))
            | {"payload": orjson.loads(unseal(chosen.pk, PURPOSE, bytes(row.payload))[SALT:])}
            for row in found
        ]


def test_each_read_leaves_an_entry_without_content(alice: Person) -> None:
    token = make(alice, "threads:read", "spheres:read", "threads:write")
    with alice.acting():
        thread = perform("threads.thread.create", {"title": "Rendez-vous secret", "sphere": "personal"})
    for path in ("threads/?q=secret", f"threads/{thread.pk}/", "auth/me/"):
        assert call("GET", path, token=token["token"]).status_code == 200
    assert call("HEAD", "threads/", token=token["token"]).status_code == 200
    found = reads(alice)
    assert [(entry["effect"], entry["resource"]["type"], entry["resource"]["id"]) for entry in found] == [
        ("READ", "threads", None),
        ("READ", "threads", str(thread.pk)),
        ("READ", "auth", None),
        ("READ", "threads", None),
    ]
    assert found[1]["payload"] == {
        "token": token["id"],
        "prefix": token["prefix"],
        "path": f"/api/v2/threads/{thread.pk}/",
    }
    assert "secret" not in str(found)


def test_a_read_is_recorded_where_it_was_made(alice: Person, workshop: Any) -> None:
    token = make(alice, "threads:read", identity=str(workshop.pk))["token"]
    call("GET", "threads/", token=token)
    assert len(reads(alice, workshop)) == 1
    assert reads(alice) == []


def test_what_reads_nothing_has_no_entry_of_a_read(alice: Person) -> None:
    token = make(alice, "threads:read", "threads:write")["token"]
    call("GET", f"threads/{uuid7()}/", token=token)
    call("OPTIONS", "threads/", token=token)
    call("POST", "threads/", {"title": "x", "sphere": "personal"}, token=token)
    call("GET", "spheres/", token=token)
    assert reads(alice) == []


def test_a_read_that_cannot_be_recorded_is_not_answered(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    token = make(alice, "threads:read")["token"]
    with alice.acting():
        perform("threads.thread.create", {"title": "Rendez-vous secret", "sphere": "personal"})

    def full(*_: Any, **__: Any) -> Any:
        raise AuditUnavailable()

    monkeypatch.setattr("governance.uow.append", full)
    answer = call("GET", "threads/", token=token)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert "secret" not in answer.content.decode()


def test_reads_at_once_are_all_recorded(alice: Person) -> None:
    token = make(alice, "threads:read")["token"]

    def read() -> None:
        assert call("GET", "threads/", token=token).status_code == 200
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads(alice)) == 8


def test_people_read_as_fast_as_before(alice: Person) -> None:
    """No statement more for a cookie or a pair: their ordinary reads are no entries."""
    pair = sign_in(alice)["access"]
    call("GET", "threads/", token=pair)
    with CaptureQueriesContext(connection) as seen:
        call("GET", "threads/", token=pair)
    assert not [query for query in seen if "audit_append" in query["sql"]]
    assert reads(alice) == []
