"""The socket door: who gets in, as whom, and for how long (design 3.2, 4.5)."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from governance.live.door import is_own_origin
from governance.live.notify import recheck
from governance.models import AuditEntry, Membership, User, Violation
from tests.cast import PASSWORD, Api
from tests.governance.live.conftest import announce, close_code, greeted, live, receive, web  # noqa: F401

pytestmark = pytest.mark.security


def test_nobody_in_particular_is_sent_away(live):
    assert close_code(live(None)) == 4401


def test_a_made_up_session_and_a_made_up_token_are_nobody(live, alice):
    assert close_code(live(None, headers={"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"})) == 4401
    assert close_code(live(alice, token="eyJhbGciOiJub25lIn0.e30.")) == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", None])
def test_a_page_of_another_site_may_not_use_the_cookie(live, alice, origin):
    with pytest.raises(InvalidStatus) as refusal:
        live(alice, origin=origin)
    assert refusal.value.response.status_code == 403


def test_another_site_learns_nothing_even_without_a_cookie(live):
    with pytest.raises(InvalidStatus):
        live(None, origin="https://evil.example")


def test_a_program_shows_its_token_and_needs_no_origin(live, alice):
    assert receive(live(alice, token=True))["identity"] == str(alice.identity.pk)


def test_a_token_in_the_address_is_not_looked_at(live, alice):
    from governance.access.tokens import issue

    assert close_code(live(None, f"?token={issue(alice.user).access}")) == 4401


def test_another_persons_identity_is_refused_and_recorded(live, alice, charlie):
    for token in (None, True):
        assert close_code(live(charlie, f"?identity={alice.identity.pk}", token=token)) == 4403
    with charlie.looking():
        assert list(Violation.objects.values_list("kind", "path").distinct()) == [("invalid_identity", "/ws/live/")]
        assert AuditEntry.objects.filter(action="governance.boundary.cross", outcome="refused").count() == 2
    with alice.looking():
        assert not Violation.objects.exists()


def test_after_twenty_refusals_a_minute_one_signs_in_again(live, alice, charlie):
    for _ in range(21):
        assert close_code(live(charlie, f"?identity={alice.identity.pk}")) == 4403
    assert close_code(live(charlie)) == 4401


def test_what_is_not_an_identity_is_refused_too(live, alice):
    assert close_code(live(alice, "?identity=all")) == 4403


def test_ones_other_identity_needs_a_switch_or_the_programs_header(live, alice, workshop):
    assert close_code(live(alice, f"?identity={workshop.pk}")) == 4403
    assert receive(live(alice, f"?identity={alice.identity.pk}"))["identity"] == str(alice.identity.pk)
    program = live(alice, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    assert receive(program)["identity"] == str(workshop.pk)


def test_a_programs_header_with_anothers_identity_is_refused(live, alice, charlie):
    assert close_code(live(charlie, token=True, headers={"X-Identity-ID": str(alice.identity.pk)})) == 4403


@pytest.mark.parametrize("last_seq", ["-1", "x", "1.5", "9" * 19, "²"])
def test_a_number_that_is_none_is_refused(live, alice, last_seq):
    from urllib.parse import quote

    assert close_code(live(alice, f"?last_seq={quote(last_seq)}")) == 4400


def test_whatever_is_sent_ends_the_socket(live, alice):
    page = live(alice)
    greeted(page)
    page.send("hello")
    assert close_code(page) == 4400


def test_switching_the_identity_ends_the_sockets_of_the_old_context(live, alice, workshop):
    browser = alice.browser
    browser.get("/api/v2/auth/me/")
    epoch = browser.session["epoch"]
    page, program = live(alice, f"?epoch={epoch}"), live(alice, token=True)
    greeted(page)
    greeted(program)
    activate = f"/api/v2/auth/identities/{workshop.pk}/activate/"
    assert browser.post(activate, headers={"X-Chenu-Epoch": epoch}, content_type="application/json").status_code == 200
    announce(alice, identity=workshop)
    assert close_code(page) == 4409
    assert close_code(live(alice, f"?epoch={epoch}")) == 4409
    assert receive(live(alice, f"?epoch={browser.session['epoch']}"))["identity"] == str(workshop.pk)
    mine = announce(alice)
    assert receive(program)["id"] == str(mine)


def test_signing_out_ends_the_sockets(live, alice):
    page, program = live(alice), live(alice, token=True)
    greeted(page)
    greeted(program)
    alice.browser.logout()
    assert close_code(page) == 4401
    User.objects.filter(pk=alice.user.pk).update(password="changed")
    assert close_code(program) == 4401


def test_a_program_that_signs_out_ends_its_socket(live, alice):
    signed_in = Api(None).post("auth/login/", {"email": alice.email, "password": PASSWORD}).json()
    program = live(alice, token=signed_in["access"])
    greeted(program)
    Api(None).post("auth/logout/", HTTP_AUTHORIZATION=f"Bearer {signed_in['access']}")
    assert close_code(program) == 4401


def test_leaving_an_identity_ends_its_sockets_and_no_other(live, alice, bob, workshop):
    program = live(bob, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    own, colleague = live(bob, token=True), live(alice, token=True, headers={"X-Identity-ID": str(workshop.pk)})
    for each in (program, own, colleague):
        greeted(each)
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    recheck(bob.user.pk)
    assert close_code(program) == 4403
    announce(bob)
    announce(alice, identity=workshop)
    assert (receive(own)["seq"], receive(colleague)["kind"]) == (1, "message.created")


def test_the_eleventh_socket_of_a_person_is_one_too_many(live, alice, bob):
    sockets = [live(alice) for _ in range(10)]
    for each in sockets:
        greeted(each)
    assert close_code(live(alice, token=True)) == 4429
    greeted(live(bob))
    sockets[0].close()
    greeted(live(alice))


def test_no_other_address_takes_a_socket(web):
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://{web}/ws/elsewhere/", origin=f"http://{web}")
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:3000", "localhost:8000", False),
        ("http://evil.example", "evil.example", False),
        ("", "", False),
        ("http://", "", False),
        ("https://chenu.example.org", "internal:8000", True),
    ],
)
def test_an_origin_is_ours_when_it_is_the_host_asked_and_that_host_is_served(settings, origin, host, own):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chenu.example.org"]
    assert is_own_origin(origin, host) is own
