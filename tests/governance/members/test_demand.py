"""An identity that demands a second factor (design 3.9): every door, both directions, at once."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from governance.access.factors import demand
from governance.errors import Conflict
from governance.live import door as socket_door
from governance.models import ApiToken, Identity, Membership
from governance.perform import perform
from tests.cast import Api, Person, make_person
from tests.governance.access.doors import SECRET, call, code, enrol, entries, password_shown, post, sign_in
from tests.governance.live.conftest import close_code, greeted, live, web  # noqa: F401

pytestmark = pytest.mark.security
AT_ONCE = 2.0  # seconds


@pytest.fixture
def strict(alice: Person, workshop: Any) -> Any:
    """Alice's workshop, which Bob is a member of, and which demands a second factor. She has one."""
    enrol(alice)
    demanded(alice, workshop)
    return workshop


def demanded(person: Person, identity: Any, required: bool = True) -> None:
    with person.acting(identity):
        perform("governance.identity.require_factor", {"required": required})


def headers(identity: Any) -> dict[str, str]:
    return {"HTTP_X_IDENTITY_ID": str(identity.pk)}


def a_token(person: Person, identity: Any) -> str:
    with person.acting():
        asked = {"name": "Sauvegarde", "scopes": ["threads:read", "threads:write"], "identity": identity.pk}
        return perform("governance.token.create", asked)[1]


def refused(answer: Any, *, enrol: bool) -> None:
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed"), answer.content
    assert answer.json()["enrol"] is enrol


def test_a_program_without_it_neither_reads_nor_acts(strict: Any, bob: Person) -> None:
    token = sign_in(bob)["access"]
    for method, path in (("GET", "threads/"), ("POST", "threads/"), ("GET", "auth/me/")):
        refused(call(method, path, {"title": "x"}, token, **headers(strict)), enrol=True)
    assert call("GET", "threads/", token=token).status_code == 200, "his own identity stays usable"
    assert ("governance.identity.activate", "refused", "second_factor_needed") in entries(bob)


def test_a_program_that_showed_it_passes(strict: Any, alice: Person) -> None:
    assert call("GET", "threads/", token=sign_in(alice)["access"], **headers(strict)).status_code == 200


def test_having_one_is_not_showing_it_and_a_step_up_is(strict: Any, alice: Person) -> None:
    half = Api(alice.user, strict)  # a pair whose sign-in showed nothing
    refused(half.get("threads/"), enrol=False)
    refused(half.post("threads/", {"title": "x"}), enrol=False)
    bearer = half.headers["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert call("POST", "auth/step-up/", {"code": code()}, bearer).status_code == 204
    assert half.get("threads/").status_code == 200


def test_a_token_made_without_one_opens_nothing_there(alice: Person, bob: Person, workshop: Any) -> None:
    early, elsewhere = a_token(bob, workshop), a_token(bob, bob.identity)
    enrol(alice)
    demanded(alice, workshop)
    refused(call("GET", "threads/", token=early), enrol=True)
    refused(call("POST", "threads/", {"title": "x"}, early), enrol=True)
    enrol(bob)
    refused(call("GET", "threads/", token=early), enrol=False)
    assert call("GET", "threads/", token=elsewhere).status_code == 200
    late = a_token(bob, workshop)
    assert call("GET", "threads/", token=late).status_code == 200
    Authenticator.objects.filter(user=bob.user).delete()
    refused(call("GET", "threads/", token=late), enrol=True)
    assert ApiToken.objects.of_person(bob.user.pk).live().count() == 3, "refused, not revoked: it may work again"


def test_switching_is_refused_alike(strict: Any, bob: Person) -> None:
    path = f"auth/identities/{strict.pk}/activate/"
    refused(call("POST", path, token=sign_in(bob)["access"]), enrol=True)
    browser = password_shown(bob)
    answer = post(browser, f"/identities/{strict.pk}/activate/")
    assert answer.headers["Location"] == "/accounts/security/needed/"
    assert "identity" not in browser.session
    assert browser.get("/home/").status_code == 200


def test_a_page_leads_to_the_factor_and_back(alice: Person, bob: Person, workshop: Any) -> None:
    browser = password_shown(bob)
    post(browser, f"/identities/{workshop.pk}/activate/")
    assert browser.get("/threads/").context["shell"].identity["id"] == workshop.pk
    enrol(alice)
    demanded(alice, workshop)
    assert browser.get("/api/v2/threads/").json()["code"] == "second_factor_needed"
    assert browser.get("/threads/", HTTP_HX_REQUEST="true").status_code == 403
    asked = browser.get("/threads/?x=1")
    assert asked.headers["Location"] == "/accounts/security/needed/"
    page = browser.get("/accounts/security/needed/")
    assert workshop.name in page.content.decode()
    assert browser.get("/threads/").context["shell"].identity["id"] == bob.identity.pk, "his own go on meanwhile"
    browser.get("/accounts/security/app/")
    secret = browser.get("/accounts/security/app/").context["typed"].replace(" ", "")
    assert post(browser, "/accounts/security/app/", {"code": code(0, secret)}).status_code == 302
    assert "/accounts/security/needed/" in browser.get("/accounts/security/codes/").content.decode()
    page = browser.get("/accounts/security/needed/")
    assert (page.context["enrolled"], page.context["shown"], page.context["back"]) == (True, True, "/threads/?x=1")
    answer = post(browser, f"/identities/{workshop.pk}/activate/", {"next": page.context["back"]})
    assert answer.headers["Location"] == "/threads/?x=1"
    assert browser.get("/threads/").context["shell"].identity["id"] == workshop.pk
    assert browser.get("/accounts/security/needed/").headers["Location"] == "/identities/", "nothing is asked any more"


def test_a_form_of_a_page_that_is_shut_out_changes_nothing(alice: Person, bob: Person, workshop: Any) -> None:
    browser = password_shown(bob)
    post(browser, f"/identities/{workshop.pk}/activate/")
    epoch = browser.session["epoch"]
    enrol(alice)
    demanded(alice, workshop)
    answer = browser.post("/s/business/capture/", {"text": "x", "epoch": epoch})
    assert answer.headers["Location"] == "/accounts/security/needed/"
    with alice.looking(workshop):
        from spheres.models import Capture

        assert not Capture.objects.exists()


def test_who_has_one_but_did_not_show_it_is_led_to_the_proof(strict: Any, alice: Person) -> None:
    browser = Client()
    browser.force_login(alice.user)
    answer = post(browser, f"/identities/{strict.pk}/activate/")
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "/accounts/reauthenticate/?next=/accounts/security/needed/" in page
    asked = browser.get("/accounts/reauthenticate/?next=/accounts/security/needed/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/code/")
    shown = browser.post(asked.headers["Location"], {"code": code()})
    assert shown.headers["Location"] == "/accounts/security/needed/"
    assert browser.get("/accounts/security/needed/").context["shown"]


def test_sockets_and_programs_end_when_it_is_switched_on(live: Any, alice: Person, bob: Person, workshop: Any) -> None:
    enrol(alice)
    program = sign_in(bob)["access"]
    own = live(bob, token=program)
    theirs = live(bob, token=program, headers={"X-Identity-ID": str(workshop.pk)})
    hers = live(alice, token=sign_in(alice, ahead=1)["access"], headers={"X-Identity-ID": str(workshop.pk)})
    for socket in (own, theirs, hers):
        greeted(socket)
    demanded(alice, workshop)
    assert close_code(theirs, within=AT_ONCE) == 4428
    for socket in (own, hers):
        with pytest.raises(TimeoutError):  # news come, an end does not
            while True:
                socket.recv(timeout=0.5)
    again = live(bob, token=program, headers={"X-Identity-ID": str(workshop.pk)})
    assert close_code(again) == 4428


def test_removing_the_last_one_is_allowed_said_before_and_ends_access(live: Any, strict: Any, alice: Person) -> None:
    browser = Client()
    password_shown(alice, browser)
    assert browser.post("/accounts/login/second-factor/", {"code": code()}).status_code == 302
    assert post(browser, f"/identities/{strict.pk}/activate/").status_code == 302
    said = browser.get("/accounts/security/").content.decode()
    assert f"met fin à votre accès à : {strict.name}" in said.replace("\u202f", " ").replace("\xa0", " ")
    program = sign_in(alice, ahead=1)["access"]
    socket = live(alice, token=program, headers={"X-Identity-ID": str(strict.pk)})
    greeted(socket)
    assert post(browser, "/accounts/security/app/remove/").status_code == 302
    assert close_code(socket, within=AT_ONCE) == 4428
    refused(call("GET", "threads/", token=program, **headers(strict)), enrol=True)
    assert browser.get("/threads/").headers["Location"] == "/accounts/security/needed/"


def test_only_who_has_one_may_demand_it(alice: Person, bob: Person, workshop: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        demanded(alice, workshop)
    assert refusal.value.code == "no_factor"
    answer = post_team(alice, workshop)
    assert answer.headers["Location"].startswith("/accounts/security/")
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="admin")
    enrol(bob)
    demanded(bob, workshop)
    assert Identity.objects.get(pk=workshop.pk).second_factor_required
    demanded(bob, workshop, False)
    assert not Identity.objects.get(pk=workshop.pk).second_factor_required


def post_team(person: Person, identity: Any) -> Any:
    browser = password_shown(person)
    post(browser, f"/identities/{identity.pk}/activate/")
    return post(browser, "/team/second-factor/", {"required": "on"})


def test_demanding_it_asks_for_a_fresh_proof(alice: Person, workshop: Any) -> None:
    enrol(alice)
    path = f"auth/identities/{workshop.pk}/second-factor/"
    stale = Api(alice.user, workshop, proofs=[{"method": "mfa", "at": 1.0}])
    assert stale.post(path, {"required": True}).json()["code"] == "step_up_required"
    fresh = call("POST", path, {"required": True}, sign_in(alice)["access"], **headers(workshop))
    assert fresh.json()["second_factor_required"] is True


def test_a_personal_identity_cannot_demand_it(alice: Person) -> None:
    enrol(alice)
    with pytest.raises(Conflict):
        demanded(alice, alice.identity)


def test_the_team_shows_who_has_one_to_those_who_manage_only(strict: Any, alice: Person, bob: Person) -> None:
    token = sign_in(alice)["access"]
    rows = call("GET", f"auth/identities/{strict.pk}/members/", token=token, **headers(strict)).json()["results"]
    assert {row["person"]: row["second_factor"] for row in rows} == {str(alice.user.pk): True, str(bob.user.pk): False}
    demanded(alice, strict, False)
    rows = Api(bob.user, strict).get(f"auth/identities/{strict.pk}/members/").json()["results"]
    assert {row["second_factor"] for row in rows} == {None}
    browser = password_shown(bob)
    post(browser, f"/identities/{strict.pk}/activate/")
    assert "second facteur" not in browser.get("/team/").content.decode().split("<main")[1].split("</main")[0]


def test_where_nothing_is_demanded_nothing_is_looked_up(alice: Person, django_assert_num_queries: Any) -> None:
    class Request:
        pass

    membership = Membership.objects.select_related("identity").get(user=alice.user)
    with django_assert_num_queries(0):
        demand.check(Request(), membership)  # type: ignore[arg-type]


def test_without_the_check_a_member_would_pass(strict: Any, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: what shuts Bob out is this check, at either door."""
    monkeypatch.setattr(demand, "check", lambda *_: None)
    assert call("GET", "threads/", token=sign_in(bob)["access"], **headers(strict)).status_code == 200
    monkeypatch.setattr(socket_door, "_has_shown", lambda _: True)
    monkeypatch.setattr(socket_door, "has_second_factor", lambda _: True)
    from governance.access.tokens import issue

    scope = {
        "headers": [(b"x-identity-id", str(strict.pk).encode())],
        "query_string": b"",
        "subprotocols": [f"bearer.{issue(bob.user).access}"],
        "path": "/ws/live/",
    }
    assert socket_door.admit(socket_door.Caller(scope)).context.identity_id == strict.pk


def test_an_outsider_learns_nothing_of_it(strict: Any) -> None:
    answer = Api(make_person("Zoé").user, strict).get("threads/")
    assert answer.json()["code"] == "identity_boundary_violation"
    assert SECRET not in answer.content.decode()
