"""Roles and their end (governance/members): page and API."""

from __future__ import annotations

from typing import Any

import pytest

from governance.errors import Conflict, IdentityBoundary, NotAllowed, NotThere
from governance.models import AuditEntry, Identity, Membership
from governance.perform import perform
from tests.cast import Api, Person, make_person, make_workshop
from tests.governance.checkpoints.asking import counted
from tests.governance.people.racing import race


def place(person: Person, identity: Any) -> Membership:
    return Membership.objects.get(user=person.user, identity=identity)


def set_role(person: Person, identity: Any, role: str) -> Membership:
    Membership.objects.filter(user=person.user, identity=identity).update(role=role)
    return place(person, identity)


def change(actor: Person, identity: Any, member: Any, role: str) -> Any:
    with actor.acting(identity):
        return perform("governance.member.change_role", {"member": member.pk, "role": role})


def remove(actor: Person, identity: Any, member: Any) -> Any:
    with actor.acting(identity):
        return perform("governance.member.remove", {"member": member.pk})


def leave(person: Person, identity: Any) -> Any:
    with person.acting(identity):
        return perform("governance.member.leave", {})


def test_a_role_counts_from_the_next_request_on(alice: Person, bob: Person, workshop: Any) -> None:
    theirs = Api(bob.user, workshop)
    task = {"title": "x", "sphere": "business"}
    change(alice, workshop, place(bob, workshop), "viewer")
    assert theirs.post("threads/", task).status_code == 403
    change(alice, workshop, place(bob, workshop), "member")
    assert theirs.post("threads/", task).status_code in {200, 201}


def test_an_administrator_reaches_up_to_their_own_role(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    set_role(bob, workshop, "admin")
    other = Membership.objects.create(user=charlie.user, identity=workshop, role="viewer")
    change(bob, workshop, other, "admin")
    for role in ("owner",):
        with pytest.raises(NotAllowed):
            change(bob, workshop, other, role)
    with pytest.raises(NotAllowed):
        change(bob, workshop, place(alice, workshop), "viewer")
    with pytest.raises(NotAllowed):
        remove(bob, workshop, place(alice, workshop))
    remove(bob, workshop, other)
    assert not Membership.objects.filter(pk=other.pk).exists()


def test_never_the_last_owner(alice: Person, bob: Person, workshop: Any) -> None:
    mine = place(alice, workshop)
    for attempt in (
        lambda: change(alice, workshop, mine, "admin"),
        lambda: remove(alice, workshop, mine),
        lambda: leave(alice, workshop),
    ):
        with pytest.raises(Conflict) as refusal:
            attempt()
        assert refusal.value.code == "last_owner"
    assert place(alice, workshop).role == "owner"


def test_two_owners_who_leave_at_once_leave_one(alice: Person, bob: Person, workshop: Any) -> None:
    set_role(bob, workshop, "owner")
    found = race(2, lambda number: leave((alice, bob)[number], workshop))
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Membership"]
    assert Membership.objects.filter(identity=workshop, role="owner").count() == 1
    holder = Identity.objects.get(pk=workshop.pk).owner_id
    assert Membership.objects.filter(identity=workshop, role="owner", user_id=holder).exists()


def test_the_next_owner_holds_the_identity(alice: Person, bob: Person, workshop: Any) -> None:
    set_role(bob, workshop, "owner")
    leave(alice, workshop)
    assert Identity.objects.get(pk=workshop.pk).owner_id == bob.user.pk
    with alice.looking():
        assert AuditEntry.objects.get(action="governance.member.leave").resource_id == workshop.pk


def test_an_owner_with_an_identity_of_that_name_is_told_to_rename_one(
    alice: Person, bob: Person, workshop: Any
) -> None:
    make_workshop(bob)
    set_role(bob, workshop, "owner")
    with pytest.raises(Conflict) as refusal:
        leave(alice, workshop)
    assert refusal.value.code == "identity_exists"


def test_members_of_another_identity_are_out_of_reach(alice: Person, bob: Person, charlie: Person) -> None:
    mine, theirs = make_workshop(alice), make_workshop(charlie, bob)
    for act in ("change_role", "remove"):
        with alice.acting(mine), pytest.raises(IdentityBoundary):
            more = {"role": "viewer"} if act == "change_role" else {}
            perform(f"governance.member.{act}", {"member": place(bob, theirs).pk, **more})
    with alice.acting(mine), pytest.raises(NotThere):
        perform("governance.member.remove", {"member": mine.pk})


def test_the_personal_identity_is_not_left(alice: Person) -> None:
    with pytest.raises(Conflict):
        leave(alice, alice.identity)


def test_the_page_shows_members_their_managers_more(alice: Person, bob: Person, workshop: Any) -> None:
    for who in (alice, bob):
        who.post(f"/identities/{workshop.pk}/activate/")
    seen, theirs = (who.browser.get("/team/").content.decode() for who in (alice, bob))
    assert (bob.email in seen, 'action="/team/invite/"' in seen) == (True, True)
    assert ("Alice" in theirs, alice.email in theirs, 'action="/team/invite/"' in theirs) == (True, False, False)


def test_the_page_changes_removes_and_lets_go(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    other = Membership.objects.create(user=charlie.user, identity=workshop, role="member")
    for who in (alice, bob):
        who.post(f"/identities/{workshop.pk}/activate/")
    assert alice.post(f"/team/{other.pk}/role/", {"role": "viewer"}).status_code == 302
    assert place(charlie, workshop).role == "viewer"
    assert alice.post(f"/team/{other.pk}/role/", {"role": "emperor"}).status_code == 400
    assert alice.post(f"/team/{other.pk}/remove/").status_code == 302
    assert bob.post("/team/leave/").headers["Location"] == "/identities/"
    assert bob.browser.get("/team/").context["is_personal"] is True
    assert Membership.objects.filter(identity=workshop).count() == 1


def test_the_page_says_what_is_wrong_with_an_invitation(alice: Person, bob: Person, workshop: Any) -> None:
    alice.post(f"/identities/{workshop.pk}/activate/")
    fields = {"role": "member", "days": "7"}
    for email in ("no address", bob.email):
        answer = alice.post("/team/invite/", {**fields, "email": email})
        assert (answer.status_code, bool(answer.context["form"].errors)) == (400, True)


def test_the_list_costs_the_same_for_few_members_and_for_many(alice: Person, bob: Person, workshop: Any) -> None:
    alice.post(f"/identities/{workshop.pk}/activate/")
    address = f"auth/identities/{workshop.pk}/members/"
    api = Api(alice.user, workshop)
    alice.browser.get("/team/"), api.get(address)
    with counted() as few:
        alice.browser.get("/team/"), api.get(address)
    for _ in range(2):
        Membership.objects.create(user=make_person("Dora").user, identity=workshop, role="member")
        with alice.acting(workshop):
            perform("governance.member.invite", {"email": make_person("Emil").email})
    with counted() as many:
        assert len(alice.browser.get("/team/").context["rows"]) == 4
        assert len(api.get(address).json()["results"]) == 4
    assert len(many) == len(few)


def test_members_by_program(alice: Person, bob: Person, workshop: Any) -> None:
    address = f"auth/identities/{workshop.pk}/members/"
    mine, theirs = Api(alice.user, workshop), Api(bob.user, workshop)
    seen = theirs.get(address).json()["results"]
    assert [(one["display_name"], one["role"], one["email"]) for one in seen] == [
        ("Bob", "member", None),
        ("Alice", "owner", None),
    ]
    of_bob = f"{address}{place(bob, workshop).pk}/"
    assert mine.patch(of_bob, {"role": "admin"}).json()["role"] == "admin"
    assert mine.patch(of_bob, {"role": "x"}).status_code == 400
    assert mine.patch(of_bob, {"role": "admin", "member": str(workshop.pk)}).status_code == 400
    assert theirs.get(of_bob).json()["email"] == bob.email
    assert theirs.delete(f"{address}{place(alice, workshop).pk}/").status_code == 403
    assert theirs.delete(of_bob).status_code == 204
    assert theirs.get(address).status_code == 403
    with alice.looking(workshop):
        assert AuditEntry.objects.filter(action="governance.member.leave").count() == 1


def test_invitations_by_program_are_for_managers(alice: Person, bob: Person, workshop: Any) -> None:
    address = f"auth/identities/{workshop.pk}/invitations/"
    mine, theirs = Api(alice.user, workshop), Api(bob.user, workshop)
    made = mine.post(address, {"email": "new@example.com", "role": "viewer", "days": 3}).json()
    assert [one["id"] for one in mine.get(address).json()["results"]] == [made["id"]]
    assert theirs.get(address).status_code == 403
    assert theirs.delete(f"{address}{made['id']}/").status_code == 403
    assert mine.post(f"{address}{made['id']}/again/").status_code == 429
    assert mine.delete(f"{address}{made['id']}/").status_code == 204
    assert mine.delete(f"{address}{made['id']}/").status_code == 409
    assert mine.post(address, {"email": "new@example.com", "days": 31}).status_code == 400


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_is_drawn_in_both_languages(alice: Person, workshop: Any, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    answer = alice.browser.get("/team/")
    assert (answer.status_code, f'<html lang="{language}"' in answer.content.decode()) == (200, True)
