"""Inviting and joining (governance/members): one address, one role, one use."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from governance.errors import Conflict, Gone, NotAllowed, NotThere, TooMany
from governance.members.querysets import hash_of
from governance.models import AuditEntry, Invitation, Membership
from governance.perform import perform
from tests.cast import PASSWORD, Api, Person, make_person

JOIN = "governance.member.join"


def invite(owner: Person, identity: Any, email: str, **more: Any) -> Any:
    with owner.acting(identity):
        return perform("governance.member.invite", {"email": email, **more})


def join(person: Person, token: str) -> Any:
    with person.acting():
        return perform(JOIN, {"token": token})


def role_of(person: Person, identity: Any) -> str | None:
    return Membership.objects.filter(user=person.user, identity=identity).values_list("role", flat=True).first()


def newest_mail(settings: Any, to: str) -> Any:
    found = []
    for path in sorted(Path(settings.OUTBOX_DIR).glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if message["To"] == to:
            found.append(message)
    return found[-1]


def link_in(message: Any) -> str:
    found = re.search(r"/accounts/invitation/[\w-]+/", message.get_content())
    assert found
    return found.group()


def test_a_person_joins_once_in_the_role_that_was_given(alice: Person, charlie: Person, workshop: Any) -> None:
    row = invite(alice, workshop, charlie.email.upper(), role="viewer")
    join(charlie, row.token)
    assert role_of(charlie, workshop) == "viewer"
    with pytest.raises(Gone):
        join(charlie, row.token)


def test_both_chains_say_who_joined(alice: Person, charlie: Person, workshop: Any) -> None:
    membership = join(charlie, invite(alice, workshop, charlie.email).token)
    for identity in (workshop, charlie.identity):
        person = alice if identity is workshop else charlie
        with person.looking(identity):
            entry = AuditEntry.objects.get(action=JOIN)
            assert (entry.resource_id, entry.person_id) == (membership.pk, charlie.user.pk)


def test_the_secret_is_kept_nowhere(alice: Person, charlie: Person, workshop: Any) -> None:
    row = invite(alice, workshop, charlie.email)
    kept = Invitation.objects.filter(pk=row.pk).values().get()
    assert row.token not in str(kept)
    assert kept["token_hash"] == hash_of(row.token)
    join(charlie, row.token)
    with charlie.looking():
        entry = AuditEntry.objects.get(action=JOIN)
    opened = charlie.api.get(f"governance/audit/{entry.pk}/").content.decode()
    assert row.token not in opened


def test_it_is_for_the_invited_address_only(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    row = invite(alice, workshop, "somebody-else@example.com")
    with pytest.raises(NotAllowed):
        join(charlie, row.token)
    charlie.user.emailaddress_set.create(email="somebody-else@example.com", verified=False)
    with pytest.raises(NotAllowed):
        join(charlie, row.token)
    charlie.user.emailaddress_set.filter(email="somebody-else@example.com").update(verified=True)
    join(charlie, row.token)
    assert role_of(charlie, workshop) == "member"


def test_too_late_withdrawn_and_unknown_open_nothing(alice: Person, charlie: Person, workshop: Any) -> None:
    late = invite(alice, workshop, charlie.email)
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Gone):
        join(charlie, late.token)
    row = invite(alice, workshop, charlie.email)  # the late one is no obstacle
    with alice.acting(workshop):
        perform("governance.member.uninvite", {"invitation": row.pk})
    with pytest.raises(Gone):
        join(charlie, row.token)
    with pytest.raises(NotThere):
        join(charlie, "made-up")
    assert role_of(charlie, workshop) is None


def test_sending_again_kills_the_earlier_secret(alice: Person, charlie: Person, workshop: Any) -> None:
    row = invite(alice, workshop, charlie.email)
    with alice.acting(workshop), pytest.raises(TooMany):
        perform("governance.member.invite_again", {"invitation": row.pk})
    Invitation.objects.filter(pk=row.pk).update(sent_at=timezone.now() - timedelta(minutes=2))
    with alice.acting(workshop):
        again = perform("governance.member.invite_again", {"invitation": row.pk})
    with pytest.raises(NotThere):
        join(charlie, row.token)
    join(charlie, again.token)


def test_what_its_author_may_no_longer_give_is_not_given(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="admin")
    row = invite(bob, workshop, charlie.email)
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="member")
    with pytest.raises(Gone):
        join(charlie, row.token)
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    with pytest.raises(Gone):
        join(charlie, row.token)


def test_an_archived_identity_lets_nobody_in(alice: Person, charlie: Person, workshop: Any) -> None:
    row = invite(alice, workshop, charlie.email)
    with alice.acting(workshop):
        perform("governance.identity.archive", {})
    with pytest.raises(Gone):
        join(charlie, row.token)


@pytest.mark.parametrize(("role", "given", "allowed"), [
    ("owner", "owner", True), ("admin", "owner", False), ("admin", "admin", True),
    ("member", "viewer", False), ("viewer", "viewer", False),
])  # fmt: skip
def test_nobody_gives_a_role_above_their_own(
    alice: Person, bob: Person, workshop: Any, role: str, given: str, allowed: bool
) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role=role)
    if allowed:
        assert invite(bob, workshop, "new@example.com", role=given).role == given
    else:
        with pytest.raises(NotAllowed):
            invite(bob, workshop, "new@example.com", role=given)


def test_a_personal_identity_has_one_member(alice: Person) -> None:
    with pytest.raises(Conflict) as refusal:
        invite(alice, alice.identity, "new@example.com")
    assert refusal.value.code == "personal_alone"


def test_members_and_invited_people_are_not_invited_twice(alice: Person, bob: Person, workshop: Any) -> None:
    invite(alice, workshop, "new@example.com")
    for email, code in (("new@example.com", "already_invited"), (bob.email, "already_member")):
        with pytest.raises(Conflict) as refusal:
            invite(alice, workshop, email)
        assert refusal.value.code == code


def test_fifty_invitations_a_day(alice: Person, workshop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("governance.members.invitations.MOST_A_DAY", 1)
    invite(alice, workshop, "one@example.com")
    with pytest.raises(TooMany):
        invite(alice, workshop, "two@example.com")


def test_the_whole_way_by_page_with_an_account(alice: Person, charlie: Person, workshop: Any, settings: Any) -> None:
    alice.post(f"/identities/{workshop.pk}/activate/")
    assert alice.post("/team/invite/", {"email": charlie.email, "role": "member", "days": "7"}).status_code == 302
    address = link_in(newest_mail(settings, charlie.email))
    assert "Atelier Roy" in Client().get(address).content.decode()
    seen = charlie.browser.get(address)
    assert (seen.status_code, seen.context["is_mine"]) == (200, True)
    joined = charlie.browser.post(address, follow=True)
    assert joined.redirect_chain == [("/home/", 302)]
    assert joined.context["shell"].identity["id"] == workshop.pk
    assert charlie.browser.get(address).status_code == 302
    assert Client().get(address).status_code == 410


def test_somebody_else_who_is_signed_in_sees_why_it_is_not_theirs(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    row = invite(alice, workshop, "new@example.com")
    address = f"/accounts/invitation/{row.token}/"
    assert charlie.browser.get(address).context["is_mine"] is False
    assert charlie.browser.post(address).status_code == 403
    assert Client().post(address).status_code == 302
    assert Client().get("/accounts/invitation/made-up/").status_code == 404
    assert role_of(charlie, workshop) is None


def sign_up(client: Client, email: str, back: str = "") -> Any:
    fields = {"display_name": "Zoé", "email": email, "password1": PASSWORD, "next": back}
    return client.post("/accounts/signup/", fields)


def test_an_invitation_opens_the_sign_up_for_its_address_only(alice: Person, workshop: Any, settings: Any) -> None:
    settings.SIGNUP_POLICY = "invite"
    email = make_person("Unused").email.replace("unused", "zoe")
    row = invite(alice, workshop, email)
    address = f"/accounts/invitation/{row.token}/"
    browser = Client()
    assert "signup_closed" in str([one.name for one in browser.get("/accounts/signup/").templates])
    assert browser.get(address).context["may_sign_up"] is True
    assert sign_up(browser, "other-" + email).status_code == 200  # the form again, with its error
    answer = sign_up(browser, email, address)
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert browser.post(address).headers["Location"] == "/home/"
    assert Membership.objects.filter(user__email=email, identity=workshop, role="member").count() == 1


def test_a_closed_installation_stays_closed(alice: Person, workshop: Any, settings: Any) -> None:
    settings.SIGNUP_POLICY = "closed"
    row = invite(alice, workshop, "zoe@example.com")
    browser = Client()
    assert browser.get(f"/accounts/invitation/{row.token}/").context["may_sign_up"] is False
    assert "signup_closed" in str([one.name for one in browser.get("/accounts/signup/").templates])


def test_the_same_by_program(alice: Person, workshop: Any, settings: Any) -> None:
    settings.SIGNUP_POLICY = "invite"
    email = make_person("Unused").email.replace("unused", "yves")
    sent = Api(alice.user, workshop).post(f"auth/identities/{workshop.pk}/invitations/", {"email": email})
    assert (sent.status_code, sent.json()["sent"], sent.json()["role"]) == (201, True, "member")
    token = link_in(newest_mail(settings, email)).split("/")[-2]
    body = {"email": email, "password": PASSWORD, "display_name": "Yves"}
    assert Api(None).post("auth/register/", body).status_code == 403
    assert Api(None).post("auth/register/", {**body, "invitation": "made-up"}).status_code == 403
    made = Api(None).post("auth/register/", {**body, "invitation": token})
    assert made.status_code == 201
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {made.json()['access']}"}
    joined = Api(None).post("auth/invitations/accept/", {"token": token}, **bearer)
    assert (joined.status_code, joined.json()["identity"]["id"]) == (201, str(workshop.pk))
    assert Api(None).post("auth/invitations/accept/", {"token": token}, **bearer).status_code == 410


def test_names_with_line_breaks_cannot_add_headers(alice: Person, workshop: Any, settings: Any) -> None:
    Api(alice.user, workshop).patch(f"auth/identities/{workshop.pk}/", {"name": "Roy\r\nBcc: all@example.com"})
    invite_by = Api(alice.user, workshop).post(
        f"auth/identities/{workshop.pk}/invitations/", {"email": "header@example.com"}
    )
    assert invite_by.status_code == 201
    message = newest_mail(settings, "header@example.com")
    assert message["Bcc"] is None
    assert "Roy Bcc: all@example.com" in message["Subject"]


def test_a_repeated_request_sends_no_second_mail(alice: Person, workshop: Any, settings: Any) -> None:
    email = make_person("Unused").email.replace("unused", "once")
    key = str(uuid7())
    for _ in range(2):
        answer = Api(alice.user, workshop).post(
            f"auth/identities/{workshop.pk}/invitations/", {"email": email}, HTTP_IDEMPOTENCY_KEY=key
        )
        assert answer.status_code == 201
    mails = [path for path in Path(settings.OUTBOX_DIR).glob("*.eml") if email.encode() in path.read_bytes()]
    assert len(mails) == 1


def test_without_a_mail_server_the_link_is_shown_once(alice: Person, workshop: Any) -> None:
    alice.post(f"/identities/{workshop.pk}/activate/")
    alice.post("/team/invite/", {"email": "once@example.com", "role": "member", "days": "7"})
    first, second = (alice.browser.get("/team/").content.decode() for _ in range(2))
    assert ("/accounts/invitation/" in first, "/accounts/invitation/" in second) == (True, False)
