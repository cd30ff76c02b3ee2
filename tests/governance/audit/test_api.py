"""`/api/v2/governance/audit/…` (design 6.2, pinned)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from governance.audit import verify
from governance.models import AuditEntry, DataKey
from governance.perform import perform
from tests.cast import Api, Person
from tests.governance.checkpoints.asking import ask, counted, make_viewer

LIST = "governance/audit/"


def results(person: Person, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.api.get(LIST + query).json()["results"]
    return found


def test_the_newest_entry_comes_first_and_follows_the_one_before(alice: Person) -> None:
    ask(alice)
    found = results(alice)
    assert [row["seq"] for row in found] == list(range(len(found), 0, -1))
    assert set(found[0]) >= {
        "id", "chain", "seq", "at", "action", "effect", "outcome", "actor", "resource", "hash", "prev_hash",
    }  # fmt: skip
    assert (found[0]["action"], found[0]["outcome"]) == ("governance.message.send", "stopped")
    assert found[0]["actor"]["person"] == str(alice.user.pk)
    assert all(row["chain"] == str(alice.identity.pk) for row in found)
    assert [row["prev_hash"] for row in found] == [*[row["hash"] for row in found[1:]], "0" * 64]


def test_the_list_is_narrowed(alice: Person) -> None:
    run = uuid7()
    shown = ask(alice)
    with alice.acting(run_id=run) as context:
        perform("governance.person.update", {"display_name": "Alice Roy"})
    assert [row["action"] for row in results(alice, f"?run={run}")] == ["governance.person.update"]
    assert [row["outcome"] for row in results(alice, "?outcome=stopped")] == ["stopped"]
    assert [row["action"] for row in results(alice, "?action=governance.person.register")] == [
        "governance.person.register"
    ]
    assert [row["resource"]["id"] for row in results(alice, f"?resource={shown['id']}")] == [shown["id"]]
    assert [row["request"] for row in results(alice, f"?request={context.request_id}")] == [str(context.request_id)]
    assert results(alice, f"?run={uuid7()}") == []


def test_after_an_entry_the_log_goes_on_in_order(alice: Person) -> None:
    for name in ("Un", "Deux", "Trois"):
        with alice.acting():
            perform("governance.person.update", {"display_name": name})
    assert [row["seq"] for row in results(alice, "?after=1&limit=2")] == [2, 3]
    assert results(alice, "?after=4") == []


def test_pages_follow_each_other_without_gaps(alice: Person) -> None:
    for number in range(4):
        ask(alice, subject=str(number))
    seen: list[int] = []
    query: str | None = "?limit=2"
    while query:
        page = alice.api.get(LIST + query).json()
        seen += [row["seq"] for row in page["results"]]
        query = page["next"] and "?" + page["next"].partition("?")[2]
    assert seen == list(range(len(seen), 0, -1))
    assert len(seen) == 5


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=-1", "after=99999999999999999999", "run=1", "outcome=maybe", "colour=red", "cursor=cD1hYmM%3D"],
)
def test_a_filter_that_means_nothing_is_400(alice: Person, query: str) -> None:
    assert alice.api.get(f"{LIST}?{query}").status_code == 400


def test_the_list_costs_the_same_for_one_entry_and_for_three(alice: Person) -> None:
    api = alice.api
    with counted() as one:
        assert len(api.get(LIST).json()["results"]) == 1
    ask(alice)
    ask(alice, subject="Mercredi")
    with counted() as three:
        assert len(api.get(LIST).json()["results"]) == 3
    assert len(three) == len(one)


def test_a_member_reads_what_an_entry_tells_and_a_viewer_does_not(alice: Person, bob: Person, workshop: Any) -> None:
    ask(alice, workshop)
    owner = Api(alice.user, workshop)
    entry = owner.get(LIST).json()["results"][0]
    opened = owner.get(f"{LIST}{entry['id']}/").json()
    assert opened["payload"]["params"]["subject"] == "Mardi"
    assert {name: opened[name] for name in entry} == entry
    make_viewer(bob, workshop)
    viewer = Api(bob.user, workshop)
    assert viewer.get(f"{LIST}{entry['id']}/").json()["payload"] is None
    assert "Mardi" not in viewer.get(LIST).content.decode()


def test_once_the_key_is_erased_the_entry_stays_and_its_payload_is_gone(alice: Person, monkeypatch: Any) -> None:
    entry = results(alice)[0]
    monkeypatch.setattr("governance.audit.vault._data_key", _no_key)
    told = alice.api.get(f"{LIST}{entry['id']}/").json()
    assert told == {**entry, "payload": None}


def _no_key(_identity: Any) -> bytes:
    from governance.errors import AuditUnavailable

    raise AuditUnavailable("This identity has no data key.")


def test_another_identitys_entry_is_403_and_nobodys_404(alice: Person, charlie: Person) -> None:
    entry = results(alice)[0]
    refused = charlie.api.get(f"{LIST}{entry['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "identity_boundary_violation")
    assert charlie.api.get(f"{LIST}{uuid7()}/").status_code == 404
    assert entry["id"] not in {row["id"] for row in results(charlie)}


@pytest.mark.parametrize("query", ["", "?full=0"])
def test_a_whole_chain_verifies(alice: Person, query: str) -> None:
    ask(alice)
    told = alice.api.get(f"{LIST}verify/{query}").json()
    head = results(alice)[0]
    chain = {"chain": str(alice.identity.pk), "entries": head["seq"], "ok": True, "head": head["hash"]}
    assert told == {"ok": True, "chains": [{**chain, "first_bad": None}], "first": 1, "signed": None, "full": None}


def test_a_broken_chain_names_its_first_bad_entry(alice: Person, monkeypatch: Any) -> None:
    ask(alice)
    rows = list(_stored(alice))
    rows[1]["body"] = bytes(rows[1]["body"]).replace(b"stopped", b"allowed")
    monkeypatch.setattr(verify, "_rows", lambda after=0: iter([] if after else rows))
    told = alice.api.get(f"{LIST}verify/").json()
    assert told["ok"] is False
    bad = told["chains"][0]["first_bad"]
    assert (bad["seq"], bad["id"]) == (2, str(rows[1]["id"]))


def _stored(person: Person) -> list[dict[str, Any]]:
    with person.looking():
        return list(AuditEntry.objects.in_order().values(*verify.COLUMNS))


def test_a_log_that_is_written_to_meanwhile_is_judged_as_it_was_at_one_moment(alice: Person, monkeypatch: Any) -> None:
    read = verify._rows

    def slowly(after: int | None = None) -> Any:
        yield from read(after)
        if after is None:
            _in_another_connection(lambda: ask(alice))

    monkeypatch.setattr(verify, "_rows", slowly)
    told = alice.api.get(f"{LIST}verify/").json()
    assert (told["ok"], told["chains"][0]["entries"]) == (True, 1)


def _in_another_connection(work: Any) -> None:
    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.parametrize("query", ["full=2", "deep=1"])
def test_verify_takes_nothing_else(alice: Person, query: str) -> None:
    assert alice.api.get(f"{LIST}verify/?{query}").status_code == 400


def test_the_data_key_itself_is_never_told(alice: Person) -> None:
    with alice.looking():
        wrapped = bytes(DataKey.objects.get().wrapped)
    entry = results(alice)[0]
    assert wrapped.hex() not in alice.api.get(f"{LIST}{entry['id']}/").content.decode()
