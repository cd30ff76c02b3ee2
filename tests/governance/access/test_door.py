"""M0–M3: who comes in, as whom, in which visible context (design 2.2, 6.3)."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.access import door
from governance.access.backend import Backend
from governance.access.public import EXACT, PREFIXES, is_public
from governance.access.tokens import issue
from governance.models import Identity, Membership, User
from tests.cast import Api, Person
from tests.isolation.case import code_of

ME = "/api/v2/auth/me/"
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def bearer(person: Person) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {issue(person.user).access}"}


# --- M0 trace ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere/", ME, "/api/v2/nowhere/", "/settings/theme/"])
def test_every_answer_carries_a_request_id(path: str, stranger: Client) -> None:
    assert UUID_FORM.fullmatch(stranger.get(path).headers["X-Request-ID"])


def test_a_callers_request_id_is_echoed_and_stands_in_the_problem(stranger: Client) -> None:
    mine = str(uuid4())
    answer = stranger.get(ME, HTTP_X_REQUEST_ID=mine)
    assert (answer.headers["X-Request-ID"], answer.json()["request_id"]) == (mine, mine)
    assert stranger.get(ME, HTTP_X_REQUEST_ID=mine.upper()).headers["X-Request-ID"] == mine


@pytest.mark.parametrize(
    "value", ["", "1", "x" * 36, "{0}", "not\tone", "0" * 32, "00000000-0000-0000-0000-00000000000g", "é" * 36]
)
def test_a_request_id_that_is_no_uuid_is_replaced(value: str, stranger: Client) -> None:
    answer = stranger.get(ME, HTTP_X_REQUEST_ID=value)
    assert UUID_FORM.fullmatch(answer.headers["X-Request-ID"])
    assert answer.headers["X-Request-ID"] != value


def test_two_requests_get_two_ids(stranger: Client) -> None:
    first, second = (stranger.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second


# --- M1 authentication -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", [ME, "/api/v2/auth/logout/", "/api/v2/nowhere/", "/v1/chat/completions"])
def test_nobody_gets_401_from_the_api_whatever_the_path_and_method(method: str, path: str, stranger: Client) -> None:
    answer = stranger.generic(method, path, b"{", content_type="application/json")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    if method != "HEAD":
        assert code_of(answer) == "not_signed_in"


def test_nobody_is_sent_from_a_page_to_sign_in_and_back(stranger: Client) -> None:
    answer = stranger.get("/settings/theme/?a=1&b=%C3%BC")
    assert answer.status_code == 302
    assert (
        answer.headers["Location"] == reverse("account_login") + "?next=%2Fsettings%2Ftheme%2F%3Fa%3D1%26b%3D%25C3%25BC"
    )
    assert stranger.post("/settings/theme/").headers["Location"] == reverse("account_login")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        "bearer é",
        "Bearer " + "x" * 9000,
        "x",
        "Bearer null",
    ],
)
def test_a_wrong_authorization_is_refused_not_ignored(header: str, alice: Person) -> None:
    """Also when a good cookie comes with it: what was meant is unclear, so nothing is guessed."""
    for client in (Client(), alice.browser):
        answer = client.get(ME, HTTP_AUTHORIZATION=header)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_refresh_token_opens_no_door(alice: Person) -> None:
    answer = Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {issue(alice.user).refresh}")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_token_signed_by_another_key_or_by_none_opens_no_door(alice: Person) -> None:
    import jwt

    good = issue(alice.user).access
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "another-key-another-key-another-key", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        good[:-2] + ("aa" if good[-2:] != "aa" else "bb"),
    ]
    for token in forged:
        assert Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {good}").status_code == 200


def test_an_expired_token_opens_no_door(alice: Person, settings: Any) -> None:
    settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = -1
    assert Client().get(ME, **bearer(alice)).status_code == 401


def test_a_token_with_another_persons_subject_opens_no_door(alice: Person, charlie: Person, settings: Any) -> None:
    import jwt

    claims = jwt.decode(issue(alice.user).access, options={"verify_signature": False})
    claims["sub"] = str(charlie.user.pk)
    token = jwt.encode(claims, settings.HEADLESS_JWT_PRIVATE_KEY, algorithm="HS256")
    assert Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_an_inactive_person_is_nobody_by_cookie_and_by_token(alice: Person) -> None:
    headers, browser = bearer(alice), alice.browser
    assert browser.get(ME).status_code == 200
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert browser.get(ME).status_code == 401
    assert Client().get(ME, **headers).status_code == 401
    assert browser.get("/settings/theme/").status_code == 302


def test_a_token_means_nothing_on_a_page(alice: Person) -> None:
    """Pages take the cookie only: no cross-site script can send it along unseen, and no token browses."""
    answer = Client().get("/settings/theme/", **bearer(alice))
    assert answer.status_code == 302


def test_a_token_wins_over_the_cookie(alice: Person, charlie: Person) -> None:
    answer = alice.browser.get(ME, **bearer(charlie))
    assert answer.json()["email"] == charlie.email


# --- M2 identity -----------------------------------------------------------------------------------


def test_without_a_header_a_token_means_the_default_identity(alice: Person, workshop: Any) -> None:
    assert context_of(alice, **bearer(alice)).identity_id == alice.identity.pk


def test_a_header_names_one_of_mine_in_any_case(alice: Person, bob: Person, workshop: Any) -> None:
    for value in (str(workshop.pk), str(workshop.pk).upper()):
        context = context_of(bob, HTTP_X_IDENTITY_ID=value, **bearer(bob))
        assert (context.identity_id, context.role) == (workshop.pk, "member")


def context_of(person: Person, client: Client | None = None, **headers: str) -> Any:
    answer = (client or Client()).get(ME, **headers)
    assert answer.status_code == 200
    return answer.wsgi_request.context


@pytest.mark.parametrize(
    "value", ["x", "null", "0", str(UUID(int=0)), "' OR 1=1 --", "é", "{}", "*", "," * 50, " ", "../.."]
)
@pytest.mark.parametrize("by", ["token", "cookie"])
def test_a_header_that_names_no_identity_of_mine_is_403(value: str, by: str, alice: Person) -> None:
    client, headers = (Client(), bearer(alice)) if by == "token" else (alice.browser, {})
    answer = client.get(ME, HTTP_X_IDENTITY_ID=value, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "identity_boundary_violation")


def test_a_former_member_is_refused_by_token_and_falls_back_by_cookie(bob: Person, workshop: Any) -> None:
    headers = bearer(bob)
    activated = bob.post(f"/identities/{workshop.pk}/activate/")
    assert activated.status_code == 302
    epoch = bob.browser.session["epoch"]
    assert context_of(bob, bob.browser).identity_id == workshop.pk
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    assert context_of(bob, bob.browser).identity_id == bob.identity.pk
    assert bob.browser.session["epoch"] != epoch
    assert "identity" not in bob.browser.session
    assert Client().get(ME, HTTP_X_IDENTITY_ID=str(workshop.pk), **headers).status_code == 403


@pytest.mark.parametrize("status", ["suspended", "archived"])
def test_an_identity_that_is_not_active_cannot_be_acted_for(status: str, alice: Person, workshop: Any) -> None:
    Identity.objects.filter(pk=workshop.pk).update(status=status)
    answer = Api(alice.user, workshop).get("auth/me/")
    assert answer.status_code == 403
    assert [row["name"] for row in alice.api.get("auth/identities/").json()["results"]] == ["Alice"]


def test_a_header_does_not_change_a_page(alice: Person, workshop: Any) -> None:
    answer = alice.browser.get("/settings/theme/", HTTP_X_IDENTITY_ID=str(workshop.pk))
    assert answer.status_code == 405
    assert answer.wsgi_request.context.identity_id == alice.identity.pk


# --- M3 visible context ------------------------------------------------------------------------------


def test_a_page_of_another_identity_may_not_act(alice: Person, workshop: Any) -> None:
    """Two tabs of one session: the first still shows Alice's own identity while the second switched."""
    browser = alice.browser
    browser.get(ME)
    stale = browser.session["epoch"]
    assert browser.post(f"/identities/{workshop.pk}/activate/", {"epoch": stale}).status_code == 302
    answer = browser.post("/settings/theme/", {"theme": "dark", "epoch": stale})
    assert answer.status_code == 409
    assert User.objects.get(pk=alice.user.pk).theme == "auto"
    fresh = browser.session["epoch"]
    assert browser.post("/settings/theme/", {"theme": "dark", "epoch": fresh}).status_code == 204
    assert User.objects.get(pk=alice.user.pk).theme == "dark"


@pytest.mark.parametrize("sent", [{}, {"epoch": ""}, {"epoch": "guess"}, {"epoch": "\x00"}])
def test_a_post_without_the_right_epoch_is_409_and_writes_nothing(sent: dict[str, str], alice: Person) -> None:
    answer = alice.browser.post("/settings/theme/", {"theme": "dark", **sent})
    assert answer.status_code == 409
    assert User.objects.get(pk=alice.user.pk).theme == "auto"


def test_the_api_by_cookie_needs_the_epoch_too(alice: Person) -> None:
    browser = alice.browser
    browser.get(ME)

    def change(**headers: str) -> Any:
        return browser.generic("PATCH", ME, b'{"theme": "dark"}', content_type="application/json", **headers)

    assert (change().status_code, change().json()["code"]) == (409, "identity_changed")
    assert change(HTTP_X_CHENU_EPOCH="old").status_code == 409
    assert change(HTTP_X_CHENU_EPOCH=browser.session["epoch"]).status_code == 200


def test_a_token_needs_no_epoch(alice: Person) -> None:
    assert alice.api.patch("auth/me/", {"theme": "dark"}).status_code == 200


def test_without_the_epoch_check_a_stale_tab_would_act(
    alice: Person, workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin."""
    monkeypatch.setattr(door, "check_epoch", lambda request: None)
    alice.browser.post("/settings/theme/", {"theme": "dark", "epoch": "stale"})
    assert User.objects.get(pk=alice.user.pk).theme == "dark"


# --- The list of public paths --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/accountsx/", "/api/v2/auth/register/x/", "/healthz/", "//", "/api/v2/auth/", "/legal"]
)
def test_what_only_looks_public_is_not(path: str) -> None:
    assert is_public(path) is False


def test_the_public_list_is_the_one_of_the_design() -> None:
    """Any addition must be a decision: it is reachable by nobody in particular."""
    assert {path for path in EXACT if not path.startswith("/api/")} == {
        "/", "/healthz", "/readyz", "/manifest.webmanifest", "/sw.js", "/offline/", "/jsi18n/", "/language/",
    }  # fmt: skip
    assert {prefix for prefix in PREFIXES if not prefix.startswith("/api/")} == {
        "/accounts/", "/help/", "/about/", "/legal/", "/static/",
    }  # fmt: skip
    assert all(path.startswith("/api/v2/auth/") for path in EXACT if path.startswith("/api/"))


def test_a_public_path_binds_nobody_even_for_a_signed_in_person(alice: Person) -> None:
    assert alice.browser.get("/healthz").wsgi_request.context is None


# --- Around ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["auth/me", "auth/identities", "auth/me?x", "schema"])
def test_the_api_answers_without_the_final_slash_and_without_a_redirect(path: str, alice: Person) -> None:
    assert alice.api.get(path).status_code == 200


def test_a_public_path_without_its_slash_is_still_public(stranger: Client) -> None:
    answer = stranger.generic("POST", "/api/v2/auth/login", b"{}", content_type="application/json")
    assert answer.status_code == 400


def test_a_get_is_read_only_and_a_post_has_no_transaction(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    from governance.people import shapes

    seen: list[tuple[bool, str]] = []

    def spy(person: Any, _plain: Any = shapes.person_out) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_read_only')")
            seen.append((connection.in_atomic_block, cursor.fetchone()[0]))
        return _plain(person)

    monkeypatch.setattr(shapes, "person_out", spy)
    alice.api.get("auth/me/")
    assert seen == [(True, "on")]


def test_a_lost_database_is_503_for_programs_and_people(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any, **__: Any) -> Any:
        raise OperationalError("the connection is closed")

    headers = bearer(alice)
    browser = alice.browser
    monkeypatch.setattr(door, "membership_for", lost)
    answer = Client().get(ME, **headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert browser.get("/settings/theme/").status_code == 503


def test_nothing_stays_bound_after_a_request(alice: Person, charlie: Person) -> None:
    from governance.isolation.context import current_or_none, system_reason

    alice.api.get("auth/me/")
    alice.api.post(f"auth/identities/{charlie.identity.pk}/activate/")
    alice.api.get("auth/me/", HTTP_X_IDENTITY_ID="x")
    assert (current_or_none(), system_reason()) == (None, None)


def test_the_person_and_their_identities_are_one_read(alice: Person, workshop: Any) -> None:
    """With a cookie and with a token; who left every identity is still known, who was shut out is not."""
    for ask in (lambda: alice.browser.get("/api/v2/auth/me/"), lambda: Api(alice.user).get("auth/me/")):
        ask()
        with CaptureQueriesContext(connection) as seen:
            assert ask().status_code == 200
        assert len([query for query in seen if 'FROM "governance_membership"' in query["sql"]]) == 1
        assert not [query for query in seen if 'FROM "governance_user"' in query["sql"]]
    Membership.objects.filter(user=alice.user).delete()
    assert Backend().get_user(alice.user.pk) == alice.user
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert Backend().get_user(alice.user.pk) is None
