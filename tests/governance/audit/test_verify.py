"""0 undetected mutations of audit data: each is found, and named where it is (design 3.5, 8.2)."""

from __future__ import annotations

import random
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from uuid_utils.compat import uuid7

from chenu.management.commands.audit import Command
from governance.audit import verify
from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.verify import GENESIS, link
from tests.cast import Person, make_person
from tests.governance.audit.chains import entries, grow, head_of, restore, tampering, verified

ENTRIES = 30
MUTATIONS = 260
_kept: list[Any] = []


@pytest.fixture
def alice(db: None) -> Person:
    """One Alice with a chain of 30 entries for the whole module; every test puts it back."""
    if not _kept:
        person = make_person("Alice")
        grow(person, ENTRIES - 1)
        _kept.extend([person, entries(person.identity.pk), head_of(person.identity.pk)])
    return _kept[0]


@pytest.fixture
def chain(alice: Person) -> Any:
    yield alice.identity.pk
    restore(alice.identity.pk, _kept[1], _kept[2])
    assert verified(alice, payloads=True).ok


def test_a_clean_chain_is_intact_to_its_head(alice: Person, chain: UUID) -> None:
    report = verified(alice, payloads=True)
    assert (report.ok, report.entries, report.first_bad) == (True, ENTRIES, None)
    assert report.head == bytes(_kept[2]["hash"]).hex()
    assert report.chain == str(chain)


def test_a_chain_that_was_never_begun_is_intact_and_empty(workshop: Any, bob: Person) -> None:
    report = verified(bob, workshop)
    assert (report.ok, report.entries, report.head) == (True, 0, GENESIS.hex())


def test_the_hash_is_the_one_of_the_design(alice: Person) -> None:
    """Recomputed here from the stored bytes alone, without our code."""
    import hashlib

    last = bytes(32)
    for number, row in enumerate(_kept[1], 1):
        digest = hashlib.sha256(bytes(row["body"])).digest()
        whole = b"chenu.audit.v1" + row["identity_id"].bytes + number.to_bytes(8, "big") + last + digest
        last = hashlib.sha256(whole).digest()
        assert (row["seq"], bytes(row["hash"])) == (number, last)


# --- Mutations: each takes (admin, chain, victim's row, dice) and returns the seq that must be named ----

Mutation = Callable[[psycopg.Connection, UUID, dict[str, Any], random.Random], int]


def flipped(value: bytes, dice: random.Random) -> bytes:
    changed = bytearray(value)
    place = dice.randrange(len(changed))
    changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


def change(admin: psycopg.Connection, row: dict[str, Any], **values: Any) -> int:
    for name, value in values.items():
        admin.execute(f"UPDATE governance_auditentry SET {name} = %s WHERE id = %s", [value, row["id"]])
    return int(row["seq"])


def flip(column: str) -> Mutation:
    return lambda admin, _chain, row, dice: change(admin, row, **{column: flipped(bytes(row[column]), dice)})


def other(column: str, value: Callable[[dict[str, Any]], Any]) -> Mutation:
    return lambda admin, _chain, row, _dice: change(admin, row, **{column: value(row)})


def shortened(admin: psycopg.Connection, _chain: UUID, row: dict[str, Any], dice: random.Random) -> int:
    return change(admin, row, body=bytes(row["body"])[: dice.randrange(len(bytes(row["body"])))])


def rewritten_with_its_hash(admin: psycopg.Connection, chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    """The forger recomputes this link: the next one no longer follows (the last one: the head)."""
    body = bytes(row["body"]).replace(b'"outcome":"allowed"', b'"outcome":"refused"')
    hashed = link(chain, row["seq"], bytes(row["prev_hash"]), body)
    change(admin, row, body=body, hash=hashed, outcome="refused")
    return int(row["seq"]) + 1


def deleted(admin: psycopg.Connection, _chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    admin.execute("DELETE FROM governance_auditentry WHERE id = %s", [row["id"]])
    return int(row["seq"]) + (0 if row["seq"] == ENTRIES else 1)


def deleted_and_closed_up(admin: psycopg.Connection, chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    admin.execute("DELETE FROM governance_auditentry WHERE id = %s", [row["id"]])
    for seq in range(row["seq"] + 1, ENTRIES + 1):
        admin.execute(
            "UPDATE governance_auditentry SET seq = %s WHERE identity_id = %s AND seq = %s", [seq - 1, chain, seq]
        )
    return int(row["seq"])


def swapped(admin: psycopg.Connection, chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    """Two neighbours change places."""
    first = min(row["seq"], ENTRIES - 1)
    move = "UPDATE governance_auditentry SET seq = %s WHERE identity_id = %s AND seq = %s"
    for new, old in ((-1, first), (first, first + 1), (first + 1, -1)):
        admin.execute(move, [new, chain, old])
    return int(first)


def inserted(admin: psycopg.Connection, chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    """A copy slips in, and everything behind it moves up by one."""
    for seq in range(ENTRIES, row["seq"], -1):
        admin.execute(
            "UPDATE governance_auditentry SET seq = %s WHERE identity_id = %s AND seq = %s", [seq + 1, chain, seq]
        )
    copy = {**row, "id": uuid7(), "seq": row["seq"] + 1}
    admin.execute(
        f"INSERT INTO governance_auditentry ({', '.join(copy)}) VALUES ({', '.join(['%s'] * len(copy))})",
        list(copy.values()),
    )
    return int(row["seq"]) + 1


def truncated(admin: psycopg.Connection, chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    admin.execute("DELETE FROM governance_auditentry WHERE identity_id = %s AND seq >= %s", [chain, row["seq"]])
    return int(row["seq"])


def given_away(admin: psycopg.Connection, _chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    admin.execute(
        "UPDATE governance_auditentry SET identity_id = %s, seq = -seq WHERE id = %s", [SYSTEM_CHAIN, row["id"]]
    )
    return int(row["seq"]) + (0 if row["seq"] == ENTRIES else 1)


def renumbered(admin: psycopg.Connection, _chain: UUID, row: dict[str, Any], _dice: random.Random) -> int:
    change(admin, row, seq=row["seq"] + 1000)
    return int(row["seq"]) + 1 if row["seq"] < ENTRIES else row["seq"] + 1000


MUTATIONS_BY_NAME: dict[str, Mutation] = {
    "a bit of the body": flip("body"),
    "a shortened body": shortened,
    "a bit of the hash": flip("hash"),
    "a bit of the previous hash": flip("prev_hash"),
    "a link rewritten with its hash": rewritten_with_its_hash,
    "an entry deleted": deleted,
    "an entry deleted and the gap closed": deleted_and_closed_up,
    "two entries swapped": swapped,
    "an entry inserted": inserted,
    "the tail cut off": truncated,
    "an entry given to another chain": given_away,
    "an entry renumbered": renumbered,
    "another action": other("action", lambda row: row["action"] + "x"),
    "another effect": other("effect", lambda row: "READ"),
    "another outcome": other("outcome", lambda row: "failed"),
    "another person": other("person_id", lambda row: uuid7()),
    "no person": other("person_id", lambda row: None),
    "another run": other("run_id", lambda row: uuid7()),
    "another request": other("request_id", lambda row: uuid7()),
    "another kind of resource": other("resource_type", lambda row: "threads.thread"),
    "another resource": other("resource_id", lambda row: uuid7()),
    "another checkpoint": other("checkpoint_id", lambda row: uuid7()),
    "another time": other("at", lambda row: row["at"].replace(year=2001)),
    "another id": other("id", lambda row: uuid7()),
}


@pytest.mark.parametrize("batch", range(4))
def test_every_random_mutation_is_found_and_located(batch: int, alice: Person, chain: UUID) -> None:
    dice = random.Random(f"audit {batch}")
    names = list(MUTATIONS_BY_NAME)
    for number in range(MUTATIONS // 4):
        name = names[(batch * (MUTATIONS // 4) + number) % len(names)]
        victim = dice.choice(_kept[1])
        with tampering() as admin:
            expected = MUTATIONS_BY_NAME[name](admin, chain, victim, dice)
        report = verified(alice)
        assert not report.ok, f"{name} at {victim['seq']} went unseen"
        assert report.first_bad is not None
        assert report.first_bad["seq"] == expected, f"{name} at {victim['seq']}: {report.first_bad}"
        restore(chain, _kept[1], _kept[2])


def test_every_mutation_of_a_payload_is_found_when_payloads_are_opened(alice: Person, chain: UUID) -> None:
    dice = random.Random("payloads")
    for _ in range(40):
        victim, donor = dice.sample(_kept[1], 2)
        kind = dice.choice(["flip", "swap", "empty", "short"])
        value = {
            "flip": flipped(bytes(victim["payload"]), dice),
            "swap": bytes(donor["payload"]),
            "empty": b"",
            "short": bytes(victim["payload"])[:-1],
        }[kind]
        with tampering() as admin:
            change(admin, victim, payload=value)
        assert verified(alice).ok, "the chain of headers stays whole, also after an erasure"
        report = verified(alice, payloads=True)
        assert report.first_bad is not None, kind
        assert report.first_bad["seq"] == victim["seq"], kind
        with tampering() as admin:
            change(admin, victim, payload=bytes(victim["payload"]))


HEADS = {
    "its number raised": ("seq = seq + 1", ENTRIES + 1),
    "its number lowered": ("seq = seq - 1", ENTRIES + 1),
    "its hash changed": ("hash = sha256(hash)", ENTRIES + 1),
}


@pytest.mark.parametrize("name", list(HEADS))
def test_a_mutated_head_is_found(name: str, alice: Person, chain: UUID) -> None:
    assignment, seq = HEADS[name]
    with tampering() as admin:
        admin.execute(f"UPDATE governance_chainhead SET {assignment} WHERE identity_id = %s", [chain])
    report = verified(alice)
    assert report.first_bad is not None
    assert report.first_bad["seq"] == seq


def test_a_missing_head_is_found(alice: Person, chain: UUID) -> None:
    with tampering() as admin:
        admin.execute("DELETE FROM governance_chainhead WHERE identity_id = %s", [chain])
    report = verified(alice)
    assert (report.ok, report.first_bad and report.first_bad["reason"]) == (False, "the chain has no head")


def test_a_whole_chain_wiped_but_for_its_head_is_found(alice: Person, chain: UUID) -> None:
    with tampering() as admin:
        admin.execute("DELETE FROM governance_auditentry WHERE identity_id = %s", [chain])
    report = verified(alice)
    assert (report.ok, report.first_bad and report.first_bad["seq"]) == (False, 1)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"actor": 1}', b"not json", b"\xff", b'{"v":1,"v":2}'])
def test_a_forged_body_with_a_right_hash_is_named_instead_of_breaking_the_verifier(
    body: bytes, alice: Person, chain: UUID
) -> None:
    row = _kept[1][9]
    with tampering() as admin:
        change(admin, row, body=body, hash=link(chain, row["seq"], bytes(row["prev_hash"]), body))
    for payloads in (False, True):
        report = verified(alice, payloads=payloads)
        assert report.first_bad == {"seq": row["seq"], "id": str(row["id"]), "reason": "its body is not an entry"}


@pytest.mark.parametrize(
    ("check", "mutation"),
    [("_fault", "a bit of the body"), ("_column_fault", "another outcome"), ("_head_fault", "the tail cut off")],
)
def test_each_check_is_what_finds_its_mutation(
    check: str, mutation: str, alice: Person, chain: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twin: without the check the mutation goes unseen."""
    with tampering() as admin:
        MUTATIONS_BY_NAME[mutation](admin, chain, _kept[1][12], random.Random(1))
    assert not verified(alice).ok
    monkeypatch.setattr(verify, check, lambda *_: "")
    if check == "_fault":
        monkeypatch.setattr(verify, "_head_fault", lambda *_: "")
    assert verified(alice).ok


# --- manage.py audit verify ------------------------------------------------------------------------


def commanded(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit", "verify", *options, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_names_every_chain_and_succeeds_when_all_are_intact(alice: Person, chain: UUID) -> None:
    code, out = commanded("--payloads")
    assert f"{chain} {ENTRIES:>8} intact\n" in out
    assert str(SYSTEM_CHAIN) in out
    assert code == (0 if out.endswith(" 0 broken\n") else 1), "other tests may have broken chains of their own"


@pytest.fixture
def few_chains(chain: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command verifies only this chain and the system's, of those it finds: other tests left thousands."""
    every = Command.chains
    monkeypatch.setattr(Command, "chains", lambda self: [pk for pk in every(self) if pk in {chain, SYSTEM_CHAIN}])


@pytest.mark.usefixtures("few_chains")
@pytest.mark.parametrize("mutation", ["a bit of the body", "another outcome", "an entry deleted", "the tail cut off"])
def test_the_command_prints_the_first_bad_entry_and_fails(mutation: str, alice: Person, chain: UUID) -> None:
    with tampering() as admin:
        seq = MUTATIONS_BY_NAME[mutation](admin, chain, _kept[1][12], random.Random(1))
    code, out = commanded()
    assert code == 1
    assert f"'seq': {seq}" in next(line for line in out.splitlines() if line.startswith(str(chain)))
    assert not out.endswith(" 0 broken\n")


@pytest.mark.usefixtures("few_chains")
def test_the_command_also_finds_a_chain_whose_head_is_gone(alice: Person, chain: UUID) -> None:
    with tampering() as admin:
        admin.execute("DELETE FROM governance_chainhead WHERE identity_id = %s", [chain])
    code, out = commanded()
    assert code == 1
    assert "the chain has no head" in out
