"""`GET auth/identities/{id}/permissions/`: what is in force is what is told (design 3.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils.timezone import now

from governance.models import IdentityPermission, Membership
from tests.cast import Api, Person
from tests.governance.members.roles import ROLES

pytestmark = pytest.mark.security


def told(person: Person, identity: Any) -> dict[str, Any]:
    answer = Api(person.user, identity).get(f"auth/identities/{identity.pk}/permissions/")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("role", ["owner", "admin", "member", "viewer"])
def test_it_tells_what_the_table_of_roles_says(role: str, bob: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role=role)
    body = told(bob, workshop)
    assert body["role"] == role
    named = {one["action"] for one in body["actions"] if not one["action"].startswith("tests.")}
    assert named == {name for name, roles in ROLES.items() if role in roles}


def test_labels_speak_the_readers_language(alice: Person) -> None:
    found = {one["action"]: one for one in told(alice, alice.identity)["actions"]}
    assert found["governance.message.send"]["effect"] == "SEND"
    assert found["governance.message.send"]["label"]


def test_a_grant_is_told_while_it_lasts(alice: Person, workshop: Any) -> None:
    with alice.acting(workshop), transaction.atomic():
        for key, left in (("kept", 1), ("over", -1)):
            IdentityPermission.objects.create(
                key=key, value={"most": 3}, granted_by_id=alice.user.pk, expires_at=now() + timedelta(hours=left)
            )
        IdentityPermission.objects.create(key="always")
    assert [(row["key"], row["value"]) for row in told(alice, workshop)["granted"]] == [
        ("always", {}),
        ("kept", {"most": 3}),
    ]
    assert told(alice, alice.identity)["granted"] == []


def test_another_identity_than_the_one_acted_for_is_refused(alice: Person, workshop: Any) -> None:
    answer = Api(alice.user).get(f"auth/identities/{workshop.pk}/permissions/")
    assert answer.json()["code"] == "identity_boundary_violation"
