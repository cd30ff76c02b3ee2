"""The ends on the page and by program: asked for, seen coming, undone."""

from __future__ import annotations

from typing import Any

import pytest

from governance.models import Erasure, Membership
from tests.cast import Api, Person
from tests.governance.rights.endings import carried_out, erasure_of
from tests.governance.rights.test_exports import confirm, stepped_up


def into(person: Person, identity: Any) -> None:
    person.post(f"/identities/{identity.pk}/activate/")


def test_an_owner_erases_on_the_page_everybody_sees_it_coming_and_an_owner_undoes_it(
    alice: Person, bob: Person, workshop: Any
) -> None:
    into(alice, workshop)
    assert "/settings/data/erase/" in alice.browser.get("/settings/data/").content.decode()
    assert 'name="name"' not in alice.browser.get("/settings/data/erase/").content.decode()
    answer = alice.post("/settings/data/erase/", {"name": "Atelier Roy"})
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fsettings%2Fdata%2Ferase%2F"
    confirm(alice)
    wrong = alice.post("/settings/data/erase/", {"name": "Atelier"})
    assert (wrong.status_code, "Ce n’est pas le nom de l’identité" in wrong.content.decode()) == (400, True)
    assert alice.post("/settings/data/erase/", {"name": "Atelier Roy"})["Location"] == "/settings/data/"
    assert Erasure.objects.of_identity(workshop.pk).get().state == "waiting"
    into(bob, workshop)
    told = bob.browser.get("/home/").content.decode()
    assert "Atelier Roy et tout son contenu seront effacés le" in told
    assert "erase/undo/" not in told
    assert bob.post("/settings/data/erase/undo/").status_code == 403
    assert "erase/undo/" in alice.browser.get("/home/").content.decode()
    done = alice.post("/settings/data/erase/undo/", follow=True).content.decode()
    assert "Rien ne sera effacé" in done
    assert "seront effacés" not in alice.browser.get("/home/").content.decode()


def test_the_page_of_a_personal_identity_and_of_a_member_offers_no_erasure(
    alice: Person, bob: Person, workshop: Any
) -> None:
    assert "/settings/data/erase/" not in alice.browser.get("/settings/data/").content.decode()
    into(bob, workshop)
    assert "/settings/data/erase/" not in bob.browser.get("/settings/data/").content.decode()
    assert bob.browser.get("/settings/data/erase/").status_code == 403


def test_what_was_erased_is_shown_with_its_proof(alice: Person, workshop: Any) -> None:
    done = carried_out(erasure_of(alice, workshop))
    page = alice.browser.get("/settings/data/").content.decode()
    assert "governance_membership" in page
    assert done.proof["chain"]["hash"] in page


def test_an_account_is_deleted_on_the_page_seen_in_every_identity_and_undone(alice: Person) -> None:
    assert 'name="email"' not in alice.browser.get("/settings/account/delete/").content.decode()
    confirm(alice)
    wrong = alice.post("/settings/account/delete/", {"email": "other@example.com"})
    assert (wrong.status_code, "Ce n’est pas l’adresse" in wrong.content.decode()) == (400, True)
    assert alice.post("/settings/account/delete/", {"email": alice.email})["Location"] == "/settings/data/"
    assert "Votre compte et tout ce qu’il contient seront effacés le" in alice.browser.get("/home/").content.decode()
    assert "déjà prévu" in alice.post("/settings/account/delete/", {"email": alice.email}).content.decode()
    alice.post("/settings/account/delete/undo/")
    assert "seront effacés" not in alice.browser.get("/home/").content.decode()


def test_the_page_names_what_stands_in_the_way_of_the_last_owner(alice: Person, workshop: Any) -> None:
    confirm(alice)
    for answer in (
        alice.browser.get("/settings/account/delete/"),
        alice.post("/settings/account/delete/", {"email": alice.email}),
    ):
        assert "Atelier Roy, où d’autres travaillent aussi" in answer.content.decode()
    assert not Erasure.objects.of_account(alice.user.pk).exists()


def test_a_program_erases_and_undoes_an_identity(alice: Person, workshop: Any) -> None:
    program, path = Api(alice.user, workshop), f"auth/identities/{workshop.pk}/erase/"
    assert program.get(path).status_code == 404
    assert program.post(path, {"name": "Atelier Roy"}).json()["code"] == "step_up_required"
    stepped_up(program)
    wrong = program.post(path, {"name": "Atelier"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["name"])
    assert program.post(path, {}).status_code == 400
    answer = program.post(path, {"name": "Atelier Roy"})
    told = answer.json()
    assert (answer.status_code, told["state"], told["target_id"]) == (202, "waiting", str(workshop.pk))
    assert program.get(path).json() == told
    assert program.delete(path).json()["state"] == "undone"
    assert program.delete(path).json()["code"] == "nothing_to_undo"


def test_another_identity_than_the_one_acted_for_is_refused(alice: Person, bob: Person, workshop: Any) -> None:
    body = {"name": "Atelier Roy"}
    for program in (alice.api, Api(bob.user)):
        answer = program.post(f"auth/identities/{workshop.pk}/erase/", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "identity_boundary_violation")
    assert alice.api.post("auth/identities/00000000-0000-4000-8000-000000000000/erase/", body).status_code == 404
    member = Api(bob.user, workshop).post(f"auth/identities/{workshop.pk}/erase/", body)
    assert (member.status_code, member.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_a_program_deletes_and_keeps_an_account_from_any_identity(
    alice: Person, bob: Person, workshop: Any, role: str
) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="viewer")
    program = Api(bob.user, workshop if role == "viewer" else None)
    assert program.get("auth/me/erase/").status_code == 404
    assert program.post("auth/me/erase/", {"email": bob.email}).json()["code"] == "step_up_required"
    answer = stepped_up(program).post("auth/me/erase/", {"email": bob.email})
    assert (answer.status_code, answer.json()["kind"]) == (202, "account")
    assert program.delete("auth/me/erase/").json()["state"] == "undone"
