"""Programs that sign in with an outside account, against a real OIDC provider (design 3.9, 6.2)."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from uuid_utils.compat import uuid7

from chenu.env import EnvironmentProblem, way_back_uris
from governance.access.outside.redirects import is_registered
from governance.models import SignIn, User
from tests.cast import Person
from tests.governance.access.doors import call, code, enrol, sign_in
from tests.governance.access.test_outside import house  # noqa: F401
from tests.governance.access.test_stepup import program_later
from tests.oidc import Provider, provider  # noqa: F401

pytestmark = pytest.mark.security
AUTHORIZE, CALLBACK = "auth/oauth/oidc/authorize/", "auth/oauth/oidc/callback/"
BACK = "http://127.0.0.1:49152/callback"


def leave(**changes: Any) -> dict[str, Any]:
    answer = call("POST", AUTHORIZE, {"redirect_uri": BACK, **changes})
    assert answer.status_code == 200, answer.content
    return answer.json()


def visit(url: str) -> dict[str, str]:
    """The other house signs in without a question; what it sends to the program."""
    target = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]
    assert target.partition("?")[0] == BACK
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


def come_back(way: dict[str, Any], **changes: Any) -> Any:
    told = visit(way["authorization_url"])
    return call("POST", CALLBACK, {"handle": way["handle"], "state": told["state"], "code": told["code"]} | changes)


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["code"]) == (401, "outside_refused")


def test_a_new_person_gets_an_account_and_a_pair(house: Provider) -> None:
    answer = come_back(leave())
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["user"]["email"], len(body["identities"])) == (house.claims["email"], 1)
    assert call("GET", "auth/me/", token=body["access"]).status_code == 200
    person = User.objects.get(email=house.claims["email"])
    assert (SignIn.objects.of_person(person.pk).get().method, person.has_usable_password()) == ("oidc", False)
    assert come_back(leave()).json()["user"]["id"] == body["user"]["id"], "and comes back to the same"


def test_the_address_has_pkce_state_and_no_secret(house: Provider) -> None:
    way = leave()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(way["authorization_url"]).query).items()}
    assert (asked["code_challenge_method"], asked["redirect_uri"], asked["state"]) == ("S256", BACK, way["state"])
    assert way["handle"] not in way["authorization_url"]


def test_a_second_factor_is_still_owed(house: Provider, alice: Person) -> None:
    SocialAccount.objects.create(user=alice.user, provider="oidc", uid=house.claims["sub"])
    enrol(alice)
    answer = come_back(leave())
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    whole = call("POST", "auth/2fa/verify/", {"challenge": answer.json()["challenge"], "code": code()})
    assert whole.status_code == 200
    assert SignIn.objects.of_person(alice.user.pk).latest("pk").method == "oidc+totp"


def test_a_way_back_is_good_once_and_only_as_a_whole(house: Provider) -> None:
    way, other = leave(), leave()
    told = visit(way["authorization_url"])
    body = {"handle": way["handle"], "state": told["state"], "code": told["code"]}
    assert call("POST", CALLBACK, body).status_code == 200
    assert refused(call("POST", CALLBACK, body))
    assert refused(come_back(other, state="x")), "another state"
    assert refused(come_back(other)), "and that try has used it up"
    assert refused(come_back(leave(), code="x"))


def test_a_code_of_another_way_fails_on_its_proof(house: Provider) -> None:
    mine, theirs = leave(), leave()
    stolen = visit(theirs["authorization_url"])["code"]
    assert refused(come_back(mine, code=stolen)), "somebody else's code fails on PKCE"


def test_a_session_key_is_no_handle(house: Provider, alice: Person) -> None:
    from governance.access.tokens import issue

    pair = issue(alice.user)
    assert refused(come_back(leave(), handle=pair.session))
    assert call("GET", "auth/me/", token=pair.access).status_code == 200


def test_an_address_that_exists_is_never_taken_over(house: Provider, alice: Person) -> None:
    house.claims |= {"email": alice.email, "email_verified": True}
    answer = come_back(leave())
    assert (answer.status_code, answer.json()["code"]) == (409, "sign_up_first")
    assert not SocialAccount.objects.filter(user=alice.user).exists()


def test_a_closed_installation_makes_no_account(house: Provider, settings: Any, alice: Person) -> None:
    settings.SIGNUP_POLICY = "invite"
    assert come_back(leave()).status_code == 403
    assert not User.objects.filter(email=house.claims["email"]).exists()


def test_an_unconfirmed_address_gets_no_pair_where_it_must_be_confirmed(house: Provider, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    house.claims["email_verified"] = False
    assert come_back(leave()).json()["code"] == "verification_required"


def test_a_closed_account_stays_closed(house: Provider) -> None:
    come_back(leave())
    User.objects.filter(email=house.claims["email"]).update(is_active=False)
    assert come_back(leave()).json()["code"] == "invalid_credentials"


def test_a_silent_house_is_a_calm_503(house: Provider) -> None:
    way = leave()
    told = visit(way["authorization_url"])
    house.broken = True
    assert call("POST", AUTHORIZE, {"redirect_uri": BACK}).status_code == 503
    body = {"handle": way["handle"], "state": told["state"], "code": told["code"]}
    assert call("POST", CALLBACK, body).status_code in {401, 503}


def test_only_what_is_set_up_answers(house: Provider) -> None:
    assert call("POST", "auth/oauth/google/authorize/", {"redirect_uri": BACK}).status_code == 404
    assert call("POST", "auth/oauth/openid_connect/authorize/", {"redirect_uri": BACK}).status_code == 404


def test_guessing_ways_back_is_counted_out(house: Provider) -> None:
    body = {"handle": "x", "state": "y", "code": "z"}
    assert {call("POST", CALLBACK, body).status_code for _ in range(5)} == {401}
    assert call("POST", CALLBACK, body).status_code == 429


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback", "http://127.0.0.1:1/callback/", "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/callback?next=x", "http://127.0.0.1:1/callback#x", "http://u@127.0.0.1:1/callback",
        "http://127.0.0.1:1@evil.example/callback", "http://127.0.0.1.evil.example:1/callback",
        "http://127.0.0.1:99999/callback", "http://localhost:1/callback", "https://127.0.0.1:1/callback",
        "HTTP://127.0.0.1:1/callback", "http://127.0.0.1:1/callback\r\nX: y", "javascript:alert(1)", "//x/callback",
        "http://127.0.0.1:1\\@evil.example/callback", "",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(uri: str, house: Provider) -> None:
    assert not is_registered(uri)
    assert call("POST", AUTHORIZE, {"redirect_uri": uri}).status_code == 400


@pytest.mark.parametrize("uri", [BACK, "http://127.0.0.1/callback", "http://[::1]:8123/callback"])
def test_a_program_of_this_machine_chooses_its_port(uri: str) -> None:
    assert is_registered(uri)


@pytest.mark.parametrize("uri", ["http://evil.example/x", "https://x/#y", "x", "https://u@x/"])
def test_a_careless_setting_is_refused_at_start(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENU_OAUTH_REDIRECT_URIS", uri)
    with pytest.raises(EnvironmentProblem):
        way_back_uris([])


def set_out(token: str) -> Any:
    return call("POST", "auth/outside/oidc/authorize/", {"redirect_uri": BACK}, token=token)


def link(token: str, way: dict[str, Any], **changes: Any) -> Any:
    told = visit(way["authorization_url"])
    body = {"handle": way["handle"], "state": told["state"], "code": told["code"]} | changes
    return call("POST", "auth/outside/oidc/link/", body, token=token)


def test_a_program_links_an_account_and_unlinks_it(house: Provider, alice: Person, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    house.claims["email"] = f"ailleurs-{uuid7()}@example.com"
    token = sign_in(alice)["access"]
    row = link(token, set_out(token).json())
    assert (row.status_code, row.json()["name"]) == (201, house.claims["email"]), row.content
    listed = call("GET", "auth/outside/", token=token).json()
    assert (listed["results"], [one["provider"] for one in listed["offered"]]) == ([row.json()], ["oidc"])
    assert come_back(leave()).json()["user"]["id"] == str(alice.user.pk), "it signs in from now on"
    assert call("DELETE", f"auth/outside/{row.json()['id']}/", token=token).status_code == 204
    assert call("GET", "auth/outside/", token=token).json()["results"] == []
    assert [sent.to for sent in mail.outbox] == [[alice.email]] * 2


def test_a_way_to_link_belongs_to_its_person_and_is_no_sign_in(house: Provider, alice: Person, charlie: Person) -> None:
    house.claims["email"] = f"ailleurs-{uuid7()}@example.com"
    mine, theirs = sign_in(alice)["access"], sign_in(charlie)["access"]
    assert refused(link(theirs, set_out(mine).json())), "Charlie brings back what Alice set out with"
    assert refused(come_back(set_out(mine).json())), "and it opens no account"
    assert refused(link(mine, leave())), "nor is a sign-in's way good to link"
    assert not SocialAccount.objects.filter(user__in=[alice.user, charlie.user]).exists()


def test_linking_by_a_program_asks_for_a_fresh_proof_and_the_own_address(
    house: Provider, alice: Person, charlie: Person
) -> None:
    house.claims["email"] = charlie.email
    token = sign_in(alice)["access"]
    claimed = link(token, set_out(token).json())
    assert (claimed.status_code, claimed.json()["code"]) == (409, "linked_elsewhere")
    program_later(token, 660)
    assert set_out(token).json()["code"] == "step_up_required"
    row = SocialAccount.objects.create(user=charlie.user, provider="oidc", uid=str(uuid7()))
    assert call("DELETE", f"auth/outside/{row.pk}/", token=token).json()["code"] == "step_up_required"
