"""The lines of design 6.2 that a client written before the code relies on: accounts, tokens, identities."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from governance.models import AuditEntry, IdempotencyRecord, Identity, Membership, User
from tests.cast import PASSWORD, Api, Person

PERSON = {"id", "email", "display_name", "language", "timezone", "theme", "density"}
IDENTITY = {"id", "kind", "name", "region", "currency", "role", "is_default", "second_factor_required"}


def call(method: str, path: str, body: Any = None, token: str = "", **extra: Any) -> Any:
    if token:
        extra["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    api = Api(None)
    return api.request(method, path, body, **extra)


def registration(email: str, **changes: Any) -> dict[str, Any]:
    return {"email": email, "password": PASSWORD, "display_name": "Zoé Tremblay", "language": "en"} | changes


@pytest.fixture
def email(db: None) -> str:
    from uuid import uuid4

    return f"zoe-{uuid4().hex}@example.com"


def sign_in(person: Person) -> dict[str, Any]:
    answer = call("POST", "auth/login/", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()


def actions(person: Person) -> list[str]:
    with person.looking():
        return list(AuditEntry.objects.in_order().values_list("action", flat=True))


def test_registering_answers_with_the_person_the_identity_and_a_pair(email: str) -> None:
    answer = call("POST", "auth/register/", registration(email))
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"user", "identity", "access", "refresh"}
    assert set(body["user"]) == PERSON
    assert set(body["identity"]) == IDENTITY
    assert (body["user"]["email"], body["user"]["display_name"]) == (email, "Zoé Tremblay")
    assert (body["user"]["language"], body["user"]["timezone"]) == ("en", "America/Toronto")
    assert body["identity"] | {"id": ""} == {
        "id": "", "kind": "personal", "name": "Zoé Tremblay", "region": "CA-QC", "currency": "CAD",
        "role": "owner", "is_default": True, "second_factor_required": False,
    }  # fmt: skip
    assert call("GET", "auth/me/", token=body["access"]).json() == body["user"]
    person = User.objects.get(email=email)
    assert actions(Person(person, Identity.objects.get(owner=person))) == [
        "governance.person.register",
        "governance.session.open",
    ]


def test_signing_in_answers_with_the_pair_the_person_and_the_identities(alice: Person, workshop: Any) -> None:
    body = sign_in(alice)
    assert set(body) == {"access", "refresh", "user", "identities"}
    assert body["user"]["id"] == str(alice.user.pk)
    assert [(row["name"], row["role"], row["is_default"]) for row in body["identities"]] == [
        ("Alice", "owner", True),
        ("Atelier Roy", "owner", False),
    ]
    assert actions(alice)[-1] == "governance.session.open"


def test_an_e_mail_address_is_the_same_in_any_case(email: str) -> None:
    assert call("POST", "auth/register/", registration(email.upper())).status_code == 201
    assert User.objects.get(email=email)
    for written in (email, email.upper(), email.title(), f"  {email} "):
        assert call("POST", "auth/login/", {"email": written, "password": PASSWORD}).status_code == 200, written
    again = call("POST", "auth/register/", registration(email.title()))
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")


def test_a_taken_address_is_409_and_changes_nothing(alice: Person) -> None:
    before = (User.objects.count(), Identity.objects.count(), Membership.objects.count())
    answer = call("POST", "auth/register/", registration(alice.email))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert (User.objects.count(), Identity.objects.count(), Membership.objects.count()) == before


def test_with_mandatory_verification_a_new_and_a_taken_address_look_the_same(
    alice: Person, email: str, settings: Any
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    from django.core import mail

    mail.outbox = []
    answers = [call("POST", "auth/register/", registration(address)) for address in (email, alice.email)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json() for answer in answers] == [{"verification_required": True}] * 2
    assert [message.to for message in mail.outbox] == [[email], [alice.email]], "the owner of the address is told"
    assert User.objects.get(email=email).display_name == "Zoé Tremblay"
    assert User.objects.get(email=alice.email).display_name == "Alice"
    refused = call("POST", "auth/login/", {"email": email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "verification_required")


def test_two_simultaneous_registrations_of_one_address_make_one_account(email: str) -> None:
    from tests.governance.people.racing import race

    codes = race(2, lambda _: call("POST", "auth/register/", registration(email)).status_code)
    assert sorted(codes) == [201, 409]
    assert User.objects.filter(email=email).count() == 1


@pytest.mark.parametrize("policy", ["closed", "invite"])
def test_a_closed_installation_makes_no_account(policy: str, alice: Person, email: str, settings: Any) -> None:
    settings.SIGNUP_POLICY = policy
    for address in (email, alice.email):
        answer = call("POST", "auth/register/", registration(address))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not User.objects.filter(email=email).exists()


@pytest.mark.parametrize(
    "password",
    ["short7!", "password123", "1234567890", "zoe-tremblay@example.com", "          ", "a" * 1025],
    ids=["short", "common", "digits", "like the address", "spaces", "too long"],
)
def test_a_weak_password_is_refused_on_its_field(password: str, db: None) -> None:
    email = "zoe-tremblay@example.com"
    answer = call("POST", "auth/register/", registration(email, password=password))
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"password"}
    assert not User.objects.filter(email=email).exists()


def test_a_refresh_rotates_and_the_old_one_is_dead(alice: Person) -> None:
    first = sign_in(alice)
    second = call("POST", "auth/refresh/", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert set(second.json()) == {"access", "refresh"}
    assert second.json()["refresh"] != first["refresh"]
    assert call("GET", "auth/me/", token=second.json()["access"]).status_code == 200
    third = call("POST", "auth/refresh/", {"refresh": second.json()["refresh"]})
    assert third.status_code == 200


def test_a_reused_refresh_ends_its_own_sign_in_and_no_other(alice: Person) -> None:
    stolen, other = sign_in(alice), sign_in(alice)
    rotated = call("POST", "auth/refresh/", {"refresh": stolen["refresh"]}).json()
    reused = call("POST", "auth/refresh/", {"refresh": stolen["refresh"]})
    assert (reused.status_code, reused.json()["code"]) == (401, "invalid_token")
    assert reused.headers["WWW-Authenticate"] == "Bearer"
    for token in (stolen["access"], rotated["access"]):
        assert call("GET", "auth/me/", token=token).status_code == 401
    assert call("POST", "auth/refresh/", {"refresh": rotated["refresh"]}).status_code == 401
    assert call("GET", "auth/me/", token=other["access"]).status_code == 200
    assert call("POST", "auth/refresh/", {"refresh": other["refresh"]}).status_code == 200


def test_two_racing_refreshes_of_one_token_do_not_both_succeed(alice: Person) -> None:
    from tests.governance.people.racing import race

    refresh = sign_in(alice)["refresh"]
    codes = race(4, lambda _: call("POST", "auth/refresh/", {"refresh": refresh}).status_code)
    assert sorted(codes) == [200, 401, 401, 401]


@pytest.mark.parametrize("what", ["access", "nonsense", "", "a.b.c", "é" * 40])
def test_what_is_no_refresh_token_is_refused(what: str, alice: Person) -> None:
    token = sign_in(alice)["access"] if what == "access" else what
    answer = call("POST", "auth/refresh/", {"refresh": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_an_expired_access_token_in_the_header_does_not_hinder_signing_in_or_refreshing(alice: Person) -> None:
    """Clients send their header everywhere; where nobody in particular is served it means nothing."""
    pair = sign_in(alice)
    assert call("POST", "auth/refresh/", {"refresh": pair["refresh"]}, token="expired").status_code == 200
    login = call("POST", "auth/login/", {"email": alice.email, "password": PASSWORD}, token="expired")
    assert login.status_code == 200


def test_signing_out_ends_access_and_refresh_of_this_sign_in_only(alice: Person) -> None:
    pair, other = sign_in(alice), sign_in(alice)
    assert call("POST", "auth/logout/", token=pair["access"]).status_code == 204
    assert call("GET", "auth/me/", token=pair["access"]).status_code == 401
    assert call("POST", "auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401
    assert call("GET", "auth/me/", token=other["access"]).status_code == 200
    assert actions(alice)[-1] == "governance.session.close"


def test_a_changed_password_ends_every_sign_in(alice: Person) -> None:
    pair = sign_in(alice)
    alice.user.set_password("another-cheval-8-agrafe")
    alice.user.save()
    assert call("GET", "auth/me/", token=pair["access"]).status_code == 401
    assert call("POST", "auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_a_profile_changes_only_where_named_and_the_change_is_an_entry(alice: Person) -> None:
    answer = alice.api.patch("auth/me/", {"theme": "dark", "language": "en"})
    assert answer.status_code == 200
    assert (answer.json()["theme"], answer.json()["language"]) == ("dark", "en")
    assert answer.json()["display_name"] == "Alice"
    assert alice.api.get("auth/me/").json() == answer.json()
    assert actions(alice)[-1] == "governance.person.update"


WRONG = {
    "display_name": ["", " ", "x" * 81, 7, ["a"], "a\x00b"],
    "language": ["de", "", "français", 1],
    "timezone": ["Mars/Olympus", "", "../../etc/passwd", 3],
    "theme": ["pink", "", {}],
    "density": ["huge", 0],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_wrong_profile_value_is_named_and_nothing_changes(field: str, value: Any, alice: Person) -> None:
    answer = alice.api.patch("auth/me/", {field: value, **({} if field == "theme" else {"theme": "dark"})})
    assert answer.status_code == 400
    expected = {"__all__"} if value == "a\x00b" else {field}
    assert set(answer.json()["errors"]) == expected
    assert alice.api.get("auth/me/").json()["theme"] == "auto"


def test_identities_are_listed_and_made(alice: Person) -> None:
    made = alice.api.post("auth/identities/", {"kind": "creative", "name": "Studio Nord", "region": "FR"})
    assert made.status_code == 201
    assert set(made.json()) == IDENTITY
    assert made.json() | {"id": ""} == {
        "id": "", "kind": "creative", "name": "Studio Nord", "region": "FR", "currency": "CAD",
        "role": "owner", "is_default": False, "second_factor_required": False,
    }  # fmt: skip
    listed = alice.api.get("auth/identities/").json()
    assert [row["name"] for row in listed["results"]] == ["Alice", "Studio Nord"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "personal", "name": "Moi"}, 409, "personal_exists"),
        ({"kind": "enterprise", "name": "Atelier Roy"}, 409, "identity_exists"),
        ({"kind": "guild", "name": "X"}, 400, "invalid"),
        ({"kind": "enterprise"}, 400, "invalid"),
        ({"kind": "enterprise", "name": "X", "currency": "dollars"}, 400, "invalid"),
        ({"kind": "enterprise", "name": "X", "region": "MOON"}, 400, "invalid"),
    ],
)
def test_an_identity_that_cannot_be_is_refused(
    body: dict[str, Any], status: int, code: str, alice: Person, workshop: Any
) -> None:
    answer = alice.api.post("auth/identities/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Identity.objects.filter(owner=alice.user).count() == 2


def test_a_person_holds_ten_identities_at_most_even_when_racing(alice: Person) -> None:
    from tests.governance.people.racing import race

    api = alice.api
    codes = race(12, lambda number: api.post("auth/identities/", {"kind": "design", "name": f"N{number}"}).status_code)
    assert sorted(codes) == [201] * 9 + [403] * 3
    assert Identity.objects.filter(owner=alice.user).count() == 10


def test_activating_an_identity_of_mine_answers_with_it(alice: Person, workshop: Any) -> None:
    answer = alice.api.post(f"auth/identities/{workshop.pk}/activate/")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["role"]) == (str(workshop.pk), "owner")
    assert actions(alice)[-1] == "governance.identity.activate"


def test_activating_an_identity_that_is_not_mine_is_403(alice: Person, charlie: Person) -> None:
    for other in (charlie.identity.pk, UUID(int=7)):
        answer = alice.api.post(f"auth/identities/{other}/activate/")
        assert (answer.status_code, answer.json()["code"]) == (403, "identity_boundary_violation")
    assert alice.api.post("auth/identities/not-an-id/activate/").status_code == 404


def test_a_header_names_the_identity_to_act_for(alice: Person, bob: Person, workshop: Any) -> None:
    for person, role in ((alice, "owner"), (bob, "member")):
        answer = Api(person.user, workshop).post(
            "auth/identities/", {"kind": "design", "name": f"For {person.user}"}, HTTP_IDEMPOTENCY_KEY="k" * 20
        )
        assert answer.status_code == 201, role
        with person.acting(workshop), transaction.atomic():
            assert IdempotencyRecord.objects.count() >= 1


def test_the_same_body_answers_a_wrong_password_an_unknown_and_an_inactive_account(
    alice: Person, charlie: Person, email: str
) -> None:
    User.objects.filter(pk=charlie.user.pk).update(is_active=False)
    answers = [
        call("POST", "auth/login/", {"email": address, "password": password})
        for address, password in ((alice.email, "wrong-pass-word"), (email, PASSWORD), (charlie.email, PASSWORD))
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["code"] == "invalid_credentials"
    own = {"X-Request-ID", "RateLimit"}  # every answer's own
    assert len({tuple(sorted((k, v) for k, v in a.headers.items() if k not in own)) for a in answers}) == 1


@pytest.mark.parametrize("known", [True, False])
def test_five_failures_lock_an_address_known_or_not(known: bool, alice: Person, email: str) -> None:
    address = alice.email if known else email
    codes = [call("POST", "auth/login/", {"email": address, "password": f"wrong-{n}"}).status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    locked = call("POST", "auth/login/", {"email": address.upper(), "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_requests")
    assert locked.headers["Retry-After"] == "900"


def test_a_locked_address_does_not_lock_another(alice: Person, charlie: Person) -> None:
    for number in range(6):
        call("POST", "auth/login/", {"email": alice.email, "password": f"wrong-{number}"})
    assert sign_in(charlie)["user"]["email"] == charlie.email


def test_a_success_does_not_count_as_a_failure(alice: Person) -> None:
    for _ in range(7):
        sign_in(alice)


def test_checking_an_unknown_address_costs_as_many_hashes_as_a_known_one(
    alice: Person, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth import hashers

    hasher = type(hashers.get_hasher())
    calls: list[str] = []
    for name in ("encode", "verify"):
        before = getattr(hasher, name)
        monkeypatch.setattr(hasher, name, lambda *a, _f=before, _n=name, **k: (calls.append(_n), _f(*a, **k))[1])
    counts = []
    for address in (alice.email, email):
        calls.clear()
        call("POST", "auth/login/", {"email": address, "password": "wrong-pass-word"})
        counts.append(len(calls))
    assert counts == [1, 1]
