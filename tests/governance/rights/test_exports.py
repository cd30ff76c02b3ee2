"""Asking for archives and taking them, on the page and by program."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from governance.models import AuditEntry
from governance.rights.models import DataExport
from tests.cast import PASSWORD, Api, Person
from tests.governance.rights.archives import Opened, again, exported, file_of, requested

State = DataExport.State


def confirm(person: Person) -> None:
    """The person shows on the page that it is them."""
    answer = person.browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings/data/"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/data/")


def stepped_up(program: Api) -> Api:
    """The same for a program."""
    assert program.post("auth/step-up/", {"password": PASSWORD}).status_code == 204
    return program


def body_of(answer: Any) -> bytes:
    async def whole() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return asyncio.run(whole())


def all_of(person: Person, identity: Any = None) -> list[DataExport]:
    with person.looking(identity):
        return list(DataExport.objects.newest_first())


def test_the_page_asks_who_it_is_before_it_offers_anything(alice: Person) -> None:
    exported(alice)
    page = alice.browser.get("/settings/data/").content.decode()
    assert "/accounts/reauthenticate/?next=/settings/data/" in page
    assert "download/" not in page
    confirm(alice)
    page = alice.browser.get("/settings/data/").content.decode()
    assert "/accounts/reauthenticate/" not in page
    assert "download/" in page


def test_the_proof_lasts_a_few_minutes_only(alice: Person) -> None:
    confirm(alice)
    assert alice.post("/settings/data/exports/")["Location"] == "/settings/data/"
    session = alice.browser.session
    session["account_authentication_methods"] = [
        {**one, "at": one["at"] - 601} for one in session["account_authentication_methods"]
    ]
    session.save()
    assert alice.post("/settings/data/exports/")["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("path", ["/settings/data/exports/", "/settings/data/exports/{}/download/"])
def test_without_the_proof_nothing_is_done_and_one_is_led_to_it(alice: Person, path: str) -> None:
    row = exported(alice)
    answer = alice.post(path.format(row.pk))
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/reauthenticate/?next=%2Fsettings%2Fdata%2F")
    assert [one.pk for one in all_of(alice)] == [row.pk]
    assert again(alice, row).downloads == 0


def test_asking_on_the_page_shows_how_far_it_has_come(alice: Person) -> None:
    confirm(alice)
    assert alice.post("/settings/data/exports/").status_code == 302
    (row,) = all_of(alice)
    assert (row.state, row.person_id) == (State.WAITING, alice.user.pk)
    with alice.acting(), transaction.atomic():
        DataExport.objects.update(state=State.WRITING, rows_done=12, rows_total=40)
    part = alice.browser.get("/settings/data/exports/").content.decode()
    assert "12 sur 40" in part
    assert 'data-live-kinds="export.*"' in alice.browser.get("/settings/data/").content.decode()
    again = alice.post("/settings/data/exports/", follow=True)
    assert "déjà en cours d’écriture" in again.content.decode()


def test_the_download_is_the_file_itself_and_an_entry(alice: Person) -> None:
    row = exported(alice)
    confirm(alice)
    answer = alice.post(f"/settings/data/exports/{row.pk}/download/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == f'attachment; filename="chenu-{row.created_at:%Y-%m-%d}.zip"'
    raw = body_of(answer)
    assert int(answer["Content-Length"]) == len(raw)
    assert raw == file_of(row).read_bytes()
    assert Opened(raw).json("identity.json")["name"] == "Alice"
    with alice.looking():
        assert AuditEntry.objects.latest_first()[0].action == "governance.export.download"


def test_a_program_shows_who_it_is_and_takes_the_archive(alice: Person) -> None:
    program = stepped_up(alice.api)
    answer = program.post("exports/")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    (row,) = all_of(alice)
    from tests.governance.rights.archives import written

    written(alice, row)
    told = program.get(f"exports/{row.pk}/").json()
    assert (told["state"], told["rows_done"]) == ("ready", told["rows_total"])
    assert [one["id"] for one in program.get("exports/").json()["results"]] == [str(row.pk)]
    answer = program.post(f"exports/{row.pk}/download/")
    assert body_of(answer) == file_of(row).read_bytes()


def test_a_program_that_has_not_shown_who_it_is_gets_nothing(alice: Person) -> None:
    row = exported(alice)
    for path in ("exports/", f"exports/{row.pk}/download/"):
        answer = alice.api.post(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert len(all_of(alice)) == 1


def test_bad_bodies_are_400(alice: Person) -> None:
    program = stepped_up(alice.api)
    for body in ({"password": 7}, {"other": "x"}, b"[1]", b"{"):
        assert program.post("exports/", body).status_code == 400


def test_a_member_gets_neither_list_nor_archive(alice: Person, bob: Person, workshop: Any) -> None:
    row = exported(alice, workshop)
    program = Api(bob.user, workshop)
    assert program.get("exports/").status_code == 403
    assert program.get(f"exports/{row.pk}/").status_code == 403
    assert program.post("exports/").json()["code"] == "not_allowed"
    assert program.post(f"exports/{row.pk}/download/").json()["code"] == "not_allowed"
    bob.post(f"/identities/{workshop.pk}/activate/")
    confirm(bob)
    page = bob.browser.get("/settings/data/")
    assert page.status_code == 200
    assert "download/" not in page.content.decode()
    assert bob.browser.get("/settings/data/exports/").status_code == 403
    assert bob.post("/settings/data/exports/").status_code == 403


def test_after_the_week_it_is_410(alice: Person) -> None:
    row = exported(alice)
    file_of(row).unlink()
    program = stepped_up(alice.api)
    answer = program.post(f"exports/{row.pk}/download/")
    assert (answer.status_code, answer.json()["code"]) == (410, "export_expired")
    assert program.post(f"exports/{requested(alice).pk}/download/").status_code == 409


@pytest.mark.parametrize("url", ["/settings/data/", "/settings/data/exports/", "/api/v2/exports/"])
def test_one_archive_costs_as_much_as_three(alice: Person, url: str) -> None:
    def cost() -> int:
        ask = alice.browser.get if not url.startswith("/api") else lambda _: alice.api.get("exports/")
        ask(url)
        with CaptureQueriesContext(connection) as seen:
            assert ask(url).status_code == 200
        return len(seen)

    exported(alice)
    one = cost()
    exported(alice)
    exported(alice)
    assert cost() == one
