"""The end of an account: what is the person's alone goes with it, nobody else is left without an owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage

from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import Erasure, Identity, Membership, User
from governance.perform import perform
from governance.rights.account import end_due_accounts, hand_over
from governance.rights.standing import standing_of
from tests.cast import PASSWORD, Api, Person, make_person, make_workshop
from tests.governance.audit.chains import verified
from tests.governance.isolation.walls import superuser
from tests.governance.rights.endings import NOW, overdue
from tests.governance.rights.test_erasing import KEPT, rows_of
from tests.spheres import makers

State = Erasure.State


def deletion_of(person: Person) -> Erasure:
    with person.acting():
        return perform("governance.account.delete", {"email": person.email.upper()})


def ended(row: Erasure) -> Erasure:
    overdue(row)
    end_due_accounts(NOW)
    row.refresh_from_db()
    return row


def share(owner: Person, identity: Any, with_whom: Person, role: str) -> None:
    Membership.objects.update_or_create(user=with_whom.user, identity=identity, defaults={"role": role})


def test_the_address_must_be_typed_and_only_the_person_in_person_may(alice: Person) -> None:
    with alice.acting(), pytest.raises(BadInput) as refused:
        perform("governance.account.delete", {"email": "other@example.com"})
    assert list(refused.value.errors) == ["email"]
    with alice.acting(agent="nova"), pytest.raises(NotAllowed):
        perform("governance.account.delete", {"email": alice.email})
    assert not Erasure.objects.of_account(alice.user.pk).exists()


def test_it_waits_and_can_be_undone(alice: Person) -> None:
    row = deletion_of(alice)
    end_due_accounts(NOW)
    row.refresh_from_db()
    assert (row.state, (row.due_at - row.requested_at).days) == (State.WAITING, 7)
    with alice.acting():
        perform("governance.account.keep", {})
    assert ended(row).state == State.UNDONE
    assert User.objects.get(pk=alice.user.pk).is_active


def test_the_person_and_all_that_is_theirs_alone_are_gone(alice: Person) -> None:
    house = make_workshop(alice)
    for identity in (None, house):
        with alice.acting(identity):
            makers.item("Bail")
    alice.browser.get("/home/")
    api = alice.api
    EmailAddress.objects.create(user=alice.user, email=f"autre-{alice.email}", verified=True, primary=True)
    EmailMessage("Confirmez", "x", to=[f"Alice <{alice.email}>"]).send()
    row = ended(deletion_of(alice))
    assert row.state == State.DONE
    assert not User.objects.filter(pk=alice.user.pk).exists()
    assert not EmailAddress.objects.filter(email__contains=alice.email).exists()
    for identity in (alice.identity, house):
        assert {name for name, count in rows_of(identity.pk).items() if count} == KEPT - {"governance_signedhead"}
    sessions = [session.get_decoded().get("_auth_user_id") for session in Session.objects.all()]
    assert str(alice.user.pk) not in sessions
    assert api.get("auth/me/").status_code == 401
    assert alice.browser.get("/home/").status_code == 302
    assert not [path for path in Path(settings.OUTBOX_DIR).glob("*.eml") if alice.email in path.read_text()]
    assert row.proof["tables"]["governance_user"] == [1, 0]


def test_signing_in_again_finds_nobody_and_the_address_is_free(alice: Person) -> None:
    ended(deletion_of(alice))
    nobody = Api(None)
    answer = nobody.post("auth/login/", {"email": alice.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    again = {"email": alice.email, "password": PASSWORD, "display_name": "Alice", "language": "fr"}
    assert nobody.post("auth/register/", again).status_code == 201


def test_the_last_owner_of_what_others_share_is_told_so(alice: Person, bob: Person, workshop: Any) -> None:
    with pytest.raises(Conflict) as refused:
        deletion_of(alice)
    assert refused.value.code == "last_owner"
    assert "Atelier Roy" in str(refused.value.detail)
    share(alice, workshop, bob, "owner")
    assert deletion_of(alice).state == State.WAITING


def test_who_became_the_last_owner_meanwhile_is_kept(alice: Person, bob: Person, workshop: Any) -> None:
    share(alice, workshop, bob, "owner")
    row = deletion_of(alice)
    share(alice, workshop, bob, "member")
    assert ended(row).state == State.REFUSED
    assert User.objects.get(pk=alice.user.pk).is_active


def test_who_is_leaving_takes_nothing_over(alice: Person, bob: Person, workshop: Any) -> None:
    share(alice, workshop, bob, "owner")
    first = deletion_of(alice)
    with pytest.raises(Conflict) as refused:
        deletion_of(bob)
    assert refused.value.code == "last_owner"
    assert ended(first).state == State.DONE
    assert Identity.objects.get(pk=workshop.pk).owner_id == bob.user.pk
    assert ended(deletion_of(bob)).state == State.DONE
    assert not Identity.objects.filter(pk=workshop.pk).exists()


def test_others_are_never_left_without_an_owner_even_at_the_last_moment(
    alice: Person, bob: Person, charlie: Person, workshop: Any
) -> None:
    share(alice, workshop, bob, "owner")
    share(alice, workshop, charlie, "member")
    row = overdue(deletion_of(alice))
    end_due_accounts()
    share(alice, workshop, bob, "member")
    end_due_accounts(NOW)
    row.refresh_from_db()
    assert (row.state, Identity.objects.filter(pk=workshop.pk).exists()) == (State.ERASING, True)
    assert not User.objects.get(pk=alice.user.pk).is_active
    share(alice, workshop, bob, "owner")
    end_due_accounts(NOW)
    row.refresh_from_db()
    assert row.state == State.DONE


def test_what_became_theirs_alone_at_the_last_moment_goes_too(alice: Person, bob: Person, workshop: Any) -> None:
    share(alice, workshop, bob, "owner")
    row = overdue(deletion_of(alice))
    end_due_accounts()
    Membership.objects.filter(user=bob.user, identity=workshop).delete()
    for _ in range(3):
        end_due_accounts(NOW)
    row.refresh_from_db()
    assert (row.state, Identity.objects.filter(pk=workshop.pk).exists()) == (State.DONE, False)


def test_one_that_fails_does_not_keep_the_others_waiting(
    alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from governance.rights import account

    rows = [overdue(deletion_of(person)) for person in (alice, bob)]
    real = account.remove_mails

    def fails(person: Any) -> None:
        if person.pk == alice.user.pk:
            raise OSError("the disk is gone")
        real(person)

    with monkeypatch.context() as broken, pytest.raises(OSError, match="the disk is gone"):
        broken.setattr(account, "remove_mails", fails)
        end_due_accounts(NOW)
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == [State.ERASING, State.DONE]
    end_due_accounts(NOW)
    rows[0].refresh_from_db()
    assert rows[0].state == State.DONE


def test_what_has_another_owner_is_handed_over_whole(alice: Person, bob: Person, workshop: Any) -> None:
    share(alice, workshop, bob, "owner")
    with alice.acting(workshop):
        makers.item("Bail")
    before = rows_of(workshop.pk)
    assert ended(deletion_of(alice)).state == State.DONE
    after = rows_of(workshop.pk)
    assert Identity.objects.get(pk=workshop.pk).owner_id == bob.user.pk
    assert after == before | {"governance_membership": 1}
    assert verified(bob, workshop, payloads=True).ok


def test_a_name_the_heir_has_already_gets_a_number(alice: Person, bob: Person, workshop: Any) -> None:
    make_workshop(bob)
    hand_over(workshop, bob.user.pk)
    assert Identity.objects.get(pk=workshop.pk).name == "Atelier Roy (2)"


def test_nobody_else_loses_anything(alice: Person, bob: Person) -> None:
    bob.browser.get("/home/")
    api = bob.api
    EmailMessage("Bonjour", "x", to=[bob.email]).send()
    before = rows_of(bob.identity.pk)
    ended(deletion_of(alice))
    assert rows_of(bob.identity.pk) == before
    assert api.get("auth/me/").status_code == 200
    assert bob.browser.get("/home/").status_code == 200
    assert any(bob.email in path.read_text() for path in Path(settings.OUTBOX_DIR).glob("*.eml"))


def test_a_crash_between_the_identities_and_the_person_is_gone_on_with(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = deletion_of(alice)
    overdue(row)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("governance.rights.account.remove_mails", _dies)
        end_due_accounts(NOW)
    assert not Identity.objects.filter(pk=alice.identity.pk).exists()
    assert not User.objects.get(pk=alice.user.pk).is_active
    end_due_accounts(NOW)
    row.refresh_from_db()
    assert row.state == State.DONE


def _dies(_: Any) -> None:
    raise KeyboardInterrupt


def test_an_identity_that_was_to_be_erased_anyway_goes_at_once(db: None) -> None:
    from tests.governance.rights.endings import erasure_of

    person = make_person("Alice")
    house = make_workshop(person)
    own = erasure_of(person, house)
    assert standing_of(person.user.pk).alone == sorted([person.identity, house], key=lambda one: one.pk)
    assert ended(deletion_of(person)).state == State.DONE
    own.refresh_from_db()
    assert own.state == State.DONE


def test_no_table_still_names_the_person_by_more_than_an_id(alice: Person) -> None:
    """Tables that hang on the person by a key: none has a row left."""
    ended(deletion_of(alice))
    with superuser() as admin:
        keys = admin.execute(
            "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "WHERE c.contype = 'f' AND c.confrelid = 'governance_user'::regclass"
        ).fetchall()
        assert ("governance_membership", "user_id") in keys
        for table, column in keys:
            left = admin.execute(f'SELECT count(*) FROM {table} WHERE "{column}" = %s', [alice.user.pk]).fetchone()
            assert left == (0,), table
