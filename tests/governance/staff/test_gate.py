"""The admin is reached by staff who showed a second factor in this sign-in, not long ago, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from governance.access.stepup import proof
from governance.errors import NotThere
from governance.models import Identity, User
from governance.staff import gate
from governance.staff.site import site
from tests.cast import PASSWORD, Person
from tests.governance.access.doors import call, code, enrol, password_shown, proven_browser, sign_in
from tests.governance.access.test_stepup import later
from tests.governance.staff.staff import at_work, hire, submit, system_entries
from tests.isolation.cases_staff import CASES

pytestmark = pytest.mark.security
AGAIN, SECURITY, SIGN_IN = "/accounts/reauthenticate/", "/accounts/security/", "/accounts/login/"


def admin_patterns(resolver: Any = None, inside: bool = False) -> Iterator[URLPattern]:
    """Every address that the resolver has below /admin/."""
    for each in (resolver or get_resolver()).url_patterns:
        below = inside or str(each.pattern) == "admin/"
        if isinstance(each, URLResolver):
            yield from admin_patterns(each, below)
        elif below:
            yield each


def every_address(alice: Person) -> list[tuple[str, str]]:
    """(method, path) of each, with an object that exists."""
    cases = {case.name: case for case in CASES}
    found = []
    for pattern in admin_patterns():
        case = cases[f"admin:{pattern.name}"]
        path = reverse(case.name, kwargs=case.make(alice))
        found += [(method, path) for method in case.methods]
    return found


def ask(browser: Client, method: str, path: str) -> Any:
    if method == "GET":
        return browser.get(path)
    return browser.post(path, {"epoch": browser.session.get("epoch", "")})


def test_the_resolver_has_no_address_of_djangos_that_writes() -> None:
    names = {pattern.name for pattern in admin_patterns()}
    assert len(names) == len(CASES) == 36
    assert not [name for name in names if name.endswith(("_add", "_delete", "_history"))]
    assert not names & {"login", "logout", "password_change", "jsi18n", "autocomplete", "view_on_site", "app_list"}


def test_nobody_is_led_to_sign_in_from_every_address(alice: Person) -> None:
    for method, path in every_address(alice):
        answer = ask(Client(), method, path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, SIGN_IN), path


def test_who_is_no_staff_finds_nothing_at_every_address(alice: Person) -> None:
    enrol(alice)
    browser = proven_browser(alice)
    for method, path in every_address(alice):
        assert ask(browser, method, path).status_code == 404, path
    assert browser.get("/admin/nothing/such/").status_code == 404


def test_staff_without_a_second_factor_are_led_to_set_one_up(alice: Person, sam: Person) -> None:
    browser = proven_browser(sam)
    for method, path in every_address(alice):
        answer = ask(browser, method, path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, SECURITY), path
    page = browser.get(SECURITY).content.decode()
    assert "second facteur" in page or "second factor" in page


def test_half_a_sign_in_opens_none(alice: Person, sam: Person) -> None:
    enrol(sam)
    browser = password_shown(sam)
    for method, path in every_address(alice):
        answer = ask(browser, method, path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, SIGN_IN), path


def test_an_old_proof_is_asked_for_again_at_every_address(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    addresses = every_address(alice)
    later(browser, 30 * 60 + 1)
    for method, path in addresses:
        answer = ask(browser, method, path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, AGAIN), path
    shown = browser.post("/accounts/reauthenticate/code/", {"code": code(1), "next": "/admin/"})
    assert shown["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_a_session_that_never_showed_one_is_none(sam: Person) -> None:
    hire(sam)
    browser = Client()
    browser.force_login(sam.user)
    assert browser.get("/admin/")["Location"].startswith(AGAIN)
    session = browser.session
    session["account_authentication_methods"] = [proof("password")]
    session.save()
    assert browser.get("/admin/")["Location"].startswith(AGAIN)


def test_no_token_opens_any_address(alice: Person, sam: Person) -> None:
    token = sign_in(hire(sam))["access"]
    api_key = call("POST", "auth/tokens/", {"name": "key", "scopes": ["threads:read"]}, token=token).json()
    for secret in filter(None, [token, api_key.get("token"), api_key.get("key")]):
        for method, path in every_address(alice):
            answer = Client().generic(method, path, HTTP_AUTHORIZATION=f"Bearer {secret}")
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, SIGN_IN), path


def test_staff_who_showed_it_reach_every_address(alice: Person, sam: Person) -> None:
    """Twin: otherwise all of the above could be green because nothing works at all."""
    browser = at_work(hire(sam))
    for method, path in every_address(alice):
        if method == "GET":
            found = browser.get(path).status_code
            assert found == (404 if "/glass/" in path and "/open/" not in path and path != "/admin/glass/" else 200), (
                path
            )


def test_the_site_asks_for_itself_too(alice: Person, sam: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the door let everybody in: django-otp's site refuses who has not shown a second factor."""
    hire(sam)
    weak = Client()
    weak.force_login(sam.user)
    request = HttpRequest()
    request.session, request.user = weak.session, User.objects.get(pk=sam.user.pk)  # type: ignore[assignment]
    assert not site.has_permission(request)
    with pytest.raises(NotThere):
        site.admin_view(lambda request: None)(request)  # type: ignore[arg-type, return-value]
    strong = HttpRequest()
    strong.session, strong.user = at_work(sam).session, request.user  # type: ignore[assignment]
    assert site.has_permission(strong)


def test_who_leaves_the_staff_or_is_suspended_loses_it_at_once(sam: Person) -> None:
    browser = at_work(hire(sam))
    assert browser.get("/admin/").status_code == 200
    call_command("staff", sam.email, "--off", stdout=StringIO())
    assert browser.get("/admin/").status_code == 404
    call_command("staff", sam.email, stdout=StringIO())
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(pk=sam.user.pk).update(is_active=False)
    assert browser.get("/admin/")["Location"].startswith(SIGN_IN)


def test_the_flag_of_superusers_opens_nothing(alice: Person, sam: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_superuser=True)
    enrol(alice)
    assert proven_browser(alice).get("/admin/").status_code == 404
    User.objects.filter(pk=sam.user.pk).update(is_superuser=True)
    assert proven_browser(sam).get("/admin/")["Location"].startswith(SECURITY)


def test_the_step_up_of_the_admin_counts_as_every_other(sam: Person) -> None:
    from tests.governance.access.doors import wrong

    browser = at_work(hire(sam))
    later(browser, 30 * 60 + 1)
    codes = [
        browser.post("/accounts/reauthenticate/code/", {"code": wrong(), "next": "/admin/"}).status_code
        for _ in range(5)
    ]
    assert codes == [200] * 5
    answer = browser.post("/accounts/reauthenticate/code/", {"code": code(1), "next": "/admin/"})
    assert answer.status_code == 429
    assert browser.get("/admin/").status_code == 302


def test_a_stale_page_does_not_act(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    browser.get("/admin/")
    answer = browser.post(f"/admin/people/{alice.user.pk}/suspend/", {"reason": "a good reason", "epoch": "old"})
    assert answer.status_code == 409
    assert User.objects.get(pk=alice.user.pk).is_active


def test_every_page_carries_the_strict_policy_and_is_never_kept(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    for method, path in every_address(alice):
        if method == "GET":
            answer = browser.get(path)
            assert "unsafe" not in answer["Content-Security-Policy"]
            text = answer.content.decode()
            assert "<style" not in text
            assert " style=" not in text
            assert "no-store" in answer.headers.get("Cache-Control", "no-store")


def test_what_staff_read_is_on_record(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    browser.get(f"/admin/people/{alice.user.pk}/")
    row = system_entries("governance.staff.read")[-1]
    assert (row.person_id, row.effect, row.outcome) == (sam.user.pk, "READ", "allowed")
    assert b'"reason":"governance_user_change"' in bytes(row.body)


def test_a_page_that_cannot_be_recorded_is_not_sent(sam: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.errors import AuditUnavailable

    browser = at_work(hire(sam))

    def broken(*_: Any) -> None:
        raise AuditUnavailable("no log")

    monkeypatch.setattr(gate, "perform", broken)
    answer = browser.get("/admin/people/")
    assert answer.status_code == 503
    assert sam.email not in answer.content.decode()


def test_an_act_asks_for_the_proof_again_after_ten_minutes(alice: Person, sam: Person) -> None:
    browser = at_work(hire(sam))
    later(browser, 601)
    assert browser.get("/admin/").status_code == 200
    answer = submit(browser, f"/admin/people/{alice.user.pk}/suspend/", {"reason": "a good reason"})
    assert answer["Location"].startswith(AGAIN)
    assert User.objects.get(pk=alice.user.pk).is_active


def test_a_person_without_identities_of_others_sees_none(alice: Person, sam: Person) -> None:
    """Staff are bound to the installation: PostgreSQL shows them no row of any identity, not even of their own."""
    from django.db import connection

    from governance.isolation.context import reading
    from tests.governance.staff.staff import acting

    with alice.acting():
        from governance.perform import perform

        perform("spheres.capture.create", {"content": "Du pain", "sphere": "personal"})
    assert Identity.objects.filter(owner=alice.user).exists()
    with acting(hire(sam)), reading(), connection.cursor() as cursor:
        for table in ("spheres_capture", "governance_checkpoint", "governance_event"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0] == 0, table


def test_the_password_alone_is_not_enough_to_come_back(sam: Person) -> None:
    browser = at_work(hire(sam))
    later(browser, 30 * 60 + 1)
    browser.post(AGAIN, {"password": PASSWORD, "next": "/admin/"})
    assert browser.get("/admin/").status_code == 302
