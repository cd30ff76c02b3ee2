"""Identities as a whole: changed, archived, brought back; their credits shared (governance/people, ledger/sharing)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from governance.errors import BudgetExceeded, Conflict, IdentityBoundary, NotAllowed
from governance.isolation.context import reading
from governance.ledger import budget
from governance.models import AuditEntry, Identity, LedgerEntry, Membership
from governance.perform import perform
from tests.cast import Api, Person, make_workshop
from tests.governance.checkpoints.asking import counted
from tests.governance.people.racing import race

SHARE = "governance.credits.share"


def credits(person: Person, identity: Any = None) -> tuple[int, int]:
    with person.looking(identity):
        return budget.credits_left()


def give(person: Person, to: Any, credits: int, identity: Any = None) -> Any:
    with person.acting(identity):
        return perform(SHARE, {"to": to.pk, "credits": credits})


def test_a_share_moves_from_one_identity_to_the_other_and_back(alice: Person, workshop: Any) -> None:
    give(alice, workshop, 40_000)
    assert (credits(alice), credits(alice, workshop)) == ((60_000, 60_000), (40_000, 40_000))
    give(alice, alice.identity, 15_000, workshop)
    assert (credits(alice), credits(alice, workshop)) == ((75_000, 75_000), (25_000, 25_000))
    with alice.looking(workshop):
        rows = LedgerEntry.objects.order_by("id").values_list("kind", "tokens", "balance_tokens")
        assert list(rows) == [("transfer", 40_000, 40_000), ("transfer", -15_000, 25_000)]


def test_what_is_held_or_spent_stays(alice: Person, workshop: Any) -> None:
    with alice.acting(), transaction.atomic():
        spent = budget.hold(budget.sphere_account("personal"), 10_000, 0)
        budget.hold(budget.sphere_account("personal"), 20_000, 0)
        budget.settle(spent.id, 5_000, 0)
    with pytest.raises(BudgetExceeded) as refusal:
        give(alice, workshop, 75_001)
    assert refusal.value.extra["budget"] == {"limit": 100_000, "free": 75_000, "asked": 75_001}
    assert credits(alice, workshop) == (0, 0)
    give(alice, workshop, 75_000)
    assert (credits(alice), credits(alice, workshop)) == ((0, 25_000), (75_000, 75_000))


def test_the_entries_in_both_chains_name_the_other_identity(alice: Person, workshop: Any) -> None:
    give(alice, workshop, 1)
    found = {}
    for identity in (alice.identity, workshop):
        with alice.looking(identity):
            entry = AuditEntry.objects.get(action=SHARE)
            found[identity.pk] = (entry.resource_type, entry.resource_id, entry.request_id)
    (mine, theirs) = found[alice.identity.pk], found[workshop.pk]
    assert mine == ("governance.identity", workshop.pk, theirs[2])
    assert theirs[:2] == ("governance.identity", alice.identity.pk)
    for identity in (alice.identity, workshop):
        assert Api(alice.user, identity).get("governance/audit/verify/").json()["ok"] is True


def test_shares_that_cross_neither_wait_for_each_other_nor_lose_a_credit(alice: Person, workshop: Any) -> None:
    give(alice, workshop, 50_000)

    def cross(number: int) -> None:
        one, other = (alice.identity, workshop) if number % 2 else (workshop, alice.identity)
        give(alice, other, 100 + number, one)

    assert race(8, cross) == [None] * 8
    assert credits(alice)[1] + credits(alice, workshop)[1] == 100_000


def test_only_between_identities_that_one_owns(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    with pytest.raises(NotAllowed):
        give(bob, workshop, 1)  # a member there, not an owner
    with pytest.raises(NotAllowed):
        give(bob, bob.identity, 1, workshop)
    with pytest.raises(IdentityBoundary):
        give(alice, charlie.identity, 1)
    assert (credits(charlie), credits(bob)) == ((100_000, 100_000), (100_000, 100_000))


def test_the_database_itself_refuses_a_share_nobody_owns_both_ends_of(alice: Person, charlie: Person) -> None:
    """Twin: the action's own check is not the only one."""
    with alice.acting(), pytest.raises(DatabaseError, match="nobody owns both"), transaction.atomic():
        budget.share(charlie.identity.pk, 1)


def test_neither_nothing_nor_less_is_a_share(alice: Person, workshop: Any) -> None:
    for wrong in (0, -5):
        answer = alice.api.post(f"auth/identities/{alice.identity.pk}/share/", {"to": workshop.pk, "credits": wrong})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["credits"])
    with alice.acting(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT chenu.ledger_share(%s, -1, '[]', '[]')", [workshop.pk])


def test_sharing_by_program_answers_with_what_is_left(alice: Person, workshop: Any) -> None:
    address = f"auth/identities/{alice.identity.pk}/share/"
    answer = alice.api.post(address, {"to": workshop.pk, "credits": 500})
    assert (answer.status_code, answer.json()) == (
        200,
        {"to": str(workshop.pk), "credits_left": 99_500, "credits_cap": 99_500},
    )
    refused = alice.api.post(address, {"to": workshop.pk, "credits": 100_000})
    assert (refused.status_code, refused.json()["code"]) == (403, "budget_exceeded")
    assert alice.api.post(address, {"to": alice.identity.pk, "credits": 1}).status_code == 400


def test_an_owner_renames_and_others_do_not(alice: Person, bob: Person, workshop: Any) -> None:
    address = f"auth/identities/{workshop.pk}/"
    changed = Api(alice.user, workshop).patch(address, {"name": "Atelier Roy & fils", "currency": "EUR"})
    assert (changed.status_code, changed.json()["name"], changed.json()["currency"]) == (
        200,
        "Atelier Roy & fils",
        "EUR",
    )
    refused = Api(bob.user, workshop).patch(address, {"name": "Atelier Bob"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert Api(bob.user, workshop).get(address).json()["role"] == "member"


def test_two_identities_of_one_kind_have_two_names(alice: Person, workshop: Any) -> None:
    with alice.acting():
        other = perform("governance.identity.create", {"kind": "enterprise", "name": "Clinique Roy"})
    answer = Api(alice.user, other).patch(f"auth/identities/{other.pk}/", {"name": workshop.name})
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_exists")


def test_an_identity_is_changed_while_acting_for_it_only(alice: Person, workshop: Any) -> None:
    answer = alice.api.patch(f"auth/identities/{workshop.pk}/", {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "identity_boundary_violation")


def test_an_archived_identity_is_nobody_s_to_act_for_until_it_is_brought_back(
    alice: Person, bob: Person, workshop: Any
) -> None:
    theirs = Api(bob.user, workshop)
    assert Api(alice.user, workshop).post(f"auth/identities/{workshop.pk}/archive/").status_code == 200
    assert theirs.get("threads/").status_code == 403
    assert Api(alice.user, workshop).get("threads/").status_code == 403
    assert str(workshop.pk) not in alice.api.get("auth/identities/").content.decode()
    archived = alice.api.get("auth/identities/?status=archived").json()["results"]
    assert [(one["id"], one["role"]) for one in archived] == [(str(workshop.pk), "owner")]
    assert bob.api.get("auth/identities/?status=archived").json()["results"] == []
    assert alice.api.get("auth/identities/?status=lost").status_code == 400
    back = alice.api.post(f"auth/identities/{workshop.pk}/restore/")
    assert (back.status_code, back.json()["name"]) == (200, workshop.name)
    assert theirs.get("threads/").status_code == 200
    again = alice.api.post(f"auth/identities/{workshop.pk}/restore/")
    assert (again.status_code, again.json()["code"]) == (409, "not_archived")
    with alice.looking(workshop):
        entry = AuditEntry.objects.get(action="governance.identity.restore")
        assert entry.resource_id == alice.identity.pk


def test_only_its_owner_brings_it_back(alice: Person, bob: Person, charlie: Person, workshop: Any) -> None:
    Api(alice.user, workshop).post(f"auth/identities/{workshop.pk}/archive/")
    for who in (bob, charlie):
        assert who.api.post(f"auth/identities/{workshop.pk}/restore/").status_code == 403
    assert Identity.objects.get(pk=workshop.pk).status == "archived"


def test_the_personal_identity_stays(alice: Person) -> None:
    with alice.acting(), pytest.raises(Conflict) as refusal:
        perform("governance.identity.archive", {})
    assert refusal.value.code == "personal_stays"
    assert Identity.objects.get(pk=alice.identity.pk).status == "active"


def test_an_administrator_does_not_archive(alice: Person, bob: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="admin")
    assert Api(bob.user, workshop).post(f"auth/identities/{workshop.pk}/archive/").status_code == 403


def test_archiving_on_the_page_goes_on_as_the_personal_identity(alice: Person, workshop: Any) -> None:
    alice.post(f"/identities/{workshop.pk}/activate/")
    answer = alice.post(f"/identities/{workshop.pk}/archive/", follow=True)
    assert answer.redirect_chain == [("/identities/", 302)]
    assert answer.context["here"] == alice.identity.pk
    assert [one.identity_id for one in answer.context["archived"]] == [workshop.pk]
    answer = alice.post(f"/identities/{workshop.pk}/restore/", follow=True)
    assert answer.context["archived"] == []


def test_the_page_creates_and_says_what_is_wrong(alice: Person) -> None:
    fields = {"kind": "creative", "name": "Studio", "region": "CA-QC", "currency": "CAD"}
    assert alice.post("/identities/", fields).status_code == 302
    again = alice.post("/identities/", fields)
    assert (again.status_code, "Studio" in again.content.decode()) == (400, True)
    assert len(again.context["form"].non_field_errors()) == 1
    assert alice.post("/identities/", {**fields, "kind": "personal"}).status_code == 400
    assert Identity.objects.filter(owner=alice.user).count() == 2


def test_the_page_shares_and_keeps_what_was_typed_when_it_is_too_much(alice: Person, workshop: Any) -> None:
    address = f"/identities/{alice.identity.pk}/share/"
    wrong = alice.post(address, {"to": workshop.pk, "credits": 100_001})
    assert (wrong.status_code, 'value="100001"' in wrong.content.decode()) == (400, True)
    assert alice.post(address, {"to": workshop.pk, "credits": 1_000}).status_code == 302
    assert credits(alice, workshop) == (1_000, 1_000)


def test_a_member_sees_the_identity_without_its_forms(alice: Person, bob: Person, workshop: Any) -> None:
    bob.post(f"/identities/{workshop.pk}/activate/")
    text = bob.browser.get(f"/identities/{workshop.pk}/").content.decode()
    assert "Atelier Roy" in text
    assert f'action="/identities/{workshop.pk}/archive/"' not in text
    assert bob.post(f"/identities/{workshop.pk}/", {"name": "x", "region": "FR", "currency": "EUR"}).status_code == 403


def test_the_list_costs_the_same_for_two_identities_and_for_four(alice: Person) -> None:
    make_workshop(alice)
    alice.browser.get("/identities/")
    with counted() as few:
        alice.browser.get("/identities/")
    with alice.acting():
        for name in ("Un", "Deux"):
            perform("governance.identity.create", {"kind": "design", "name": name})
    with counted() as more:
        assert len(alice.browser.get("/identities/").context["memberships"]) == 4
    assert len(few) == len(more)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_pages_are_drawn_in_both_languages(alice: Person, workshop: Any, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    for address in ("/identities/", f"/identities/{alice.identity.pk}/"):
        answer = alice.browser.get(address)
        assert (answer.status_code, f'<html lang="{language}"' in answer.content.decode()) == (200, True)


def test_ten_identities_are_enough(alice: Person) -> None:
    with alice.acting():
        for number in range(9):
            perform("governance.identity.create", {"kind": "design", "name": str(number)})
        with pytest.raises(NotAllowed):
            perform("governance.identity.create", {"kind": "design", "name": "10"})
    assert alice.browser.get("/identities/").context["is_full"] is True
    with reading():
        assert Identity.objects.filter(owner=alice.user).count() == 10
