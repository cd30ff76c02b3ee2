"""Signed heads: a chain made anew, a database put back, a key or a record that is not the right one (design 3.5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.proof import Proof, prove
from governance.audit.signing import keys, merkle, taking
from governance.audit.signing.anchoring import anchor_fault, mail_anchor
from governance.audit.signing.checking import record_faults
from governance.audit.signing.lines import BadLine, check
from governance.audit.signing.outside import RecordProblem
from governance.audit.verify import GENESIS, link
from governance.isolation.context import Why, system_scope
from governance.models import AuditEntry, SignedHead, TreeHead
from tests.cast import Person
from tests.governance.audit.chains import entries, grow, head_of, tampering
from tests.governance.isolation.walls import superuser

TABLES = ("governance_treehead", "governance_signedhead")


@pytest.fixture(autouse=True)
def apart(db: None, settings: Any, tmp_path: Path) -> Iterator[None]:
    """A key and a record of this test's own; what was signed in this database before is put away meanwhile."""
    settings.AUDIT_KEY_FILE = tmp_path / "keys" / "audit_key"
    settings.AUDIT_HEADS_FILE = tmp_path / "audit" / "heads.jsonl"
    kept = {}
    for table in TABLES:
        with tampering() as admin, admin.cursor().copy(f"COPY {table} TO STDOUT") as reading:
            kept[table] = b"".join(bytes(block) for block in reading)
    _forget()
    yield
    _forget()
    for table, rows in kept.items():
        with tampering() as admin, admin.cursor().copy(f"COPY {table} FROM STDIN") as writing:
            writing.write(rows)


def _forget(after: int = 0) -> None:
    with tampering() as admin:
        for table in TABLES:
            admin.execute(f"DELETE FROM {table} WHERE number > %s", [after])


def proven(person: Person, *, full: bool = False) -> Proof:
    with person.looking():
        return prove(full=full)


def make_anew(chain: UUID, seq: int) -> None:
    """What somebody with the whole database can do: change an entry, then every hash after it, and the head."""
    kept = entries(chain)
    with tampering() as admin:
        last = bytes(kept[seq - 2]["hash"]) if seq > 1 else GENESIS
        for row in kept[seq - 1 :]:
            body = bytes(row["body"])
            if row["seq"] == seq:
                body = body.replace(b'"outcome":"allowed"', b'"outcome":"refused"')
            fresh = link(chain, row["seq"], last, body)
            admin.execute(
                "UPDATE governance_auditentry SET body = %s, hash = %s, prev_hash = %s, "
                "outcome = convert_from(%s, 'UTF8')::jsonb ->> 'outcome' WHERE id = %s",
                [body, fresh, last, body, row["id"]],
            )
            last = fresh
        admin.execute("UPDATE governance_chainhead SET hash = %s WHERE identity_id = %s", [last, chain])


def test_heads_are_signed_once_and_again_when_something_moved(alice: Person) -> None:
    first = taking.sign_heads()
    assert first is not None
    assert first.kind == "head"
    assert taking.sign_heads() == first
    grow(alice, 1)
    second = taking.sign_heads()
    assert second is not None
    assert second.number == first.number + 1
    proof = proven(alice)
    assert proof.report.ok
    assert proof.signed is not None
    assert (proof.signed.number, proof.first) == (second.number, proof.signed.seq + 1)
    assert proof.key == keys.fingerprint(keys.public_part(keys.load()))
    assert proven(alice, full=True).first == 1
    assert record_faults() == []


def test_a_chain_that_somebody_made_anew_is_found(alice: Person) -> None:
    grow(alice, 5)
    taking.sign_heads()
    grow(alice, 2)
    make_anew(alice.identity.pk, 3)
    for full in (False, True):
        report = proven(alice, full=full).report
        assert not report.ok
        assert "made anew" in report.first_bad["reason"]


def test_a_chain_made_anew_is_never_signed_again(alice: Person) -> None:
    grow(alice, 3)
    taking.sign_heads()
    make_anew(alice.identity.pk, 2)
    grow(alice, 1)
    taking.sign_heads()
    assert not proven(alice).report.ok
    with alice.looking():
        assert SignedHead.objects.count() == 1


def test_a_forged_signed_head_is_found(alice: Person) -> None:
    """Whoever writes the rows of the database cannot write the signature."""
    grow(alice, 3)
    taking.sign_heads()
    chain = alice.identity.pk
    make_anew(chain, 2)
    with tampering() as admin:
        admin.execute(
            "UPDATE governance_signedhead SET hash = %s WHERE identity_id = %s", [head_of(chain)["hash"], chain]
        )
    assert "not in the tree" in proven(alice).report.first_bad["reason"]
    assert any("root" in fault for fault in record_faults())


def test_signed_heads_taken_away_are_found_by_the_record(alice: Person) -> None:
    taking.sign_heads()
    with tampering() as admin:
        admin.execute("DELETE FROM governance_signedhead WHERE identity_id = %s", [alice.identity.pk])
    assert record_faults() == [f"the heads kept in the database do not make the root signed in line {_last()}"]
    with tampering() as admin:
        admin.execute("DELETE FROM governance_treehead WHERE number = %s", [_last()])
    assert "is not in the database as it was signed" in record_faults()[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"chains":', b'"chaims":'), (b'"n":2', b'"n":3'), (b'"sig":"', b'"sig":"0'), (b'"v":1', b'"v":2')],
)
def test_an_altered_record_is_found(alice: Person, settings: Any, old: bytes, new: bytes) -> None:
    taking.sign_heads()
    path = settings.AUDIT_HEADS_FILE
    path.write_bytes(path.read_bytes().replace(old, new, 1) if old != b'"n":2' else _in_second(path, old, new))
    assert record_faults() != []


def _in_second(path: Path, old: bytes, new: bytes) -> bytes:
    first, second = path.read_bytes().splitlines()
    return first + b"\n" + second.replace(old, new) + b"\n"


def test_a_database_put_back_is_refused_until_somebody_takes_note(alice: Person) -> None:
    """The outside record is ahead: nothing is signed, and the start says why."""
    taking.sign_heads()
    grow(alice, 1)
    taking.sign_heads()
    _forget(after=_last() - 1)  # as an older copy would hold it
    with pytest.raises(RecordProblem, match="ahead of the database"):
        taking.sign_heads()
    assert "is not in the database" in record_faults()[0]
    with pytest.raises(CommandError, match="say why"):
        call_command("audit", "acknowledge", "--reason=oops")
    call_command("audit", "acknowledge", "--reason=Restored the copy of Monday", stdout=StringIO())
    assert record_faults() == []
    assert taking.sign_heads() is not None
    assert record_faults() == []
    with pytest.raises(RecordProblem, match="agree"):
        taking.take_note("nothing to note here")
    with system_scope(Why.VERIFY):
        told = AuditEntry.objects.filter(identity_id=SYSTEM_CHAIN).order_by("-seq").values_list("action", flat=True)
        assert "governance.audit.acknowledge" in told[:3]


def test_a_record_that_is_gone_or_behind_is_brought_up_again(alice: Person, settings: Any) -> None:
    taking.sign_heads()
    whole = settings.AUDIT_HEADS_FILE.read_bytes()
    settings.AUDIT_HEADS_FILE.write_bytes(whole.splitlines(keepends=True)[0])
    taking.sign_heads()
    assert settings.AUDIT_HEADS_FILE.read_bytes() == whole
    settings.AUDIT_HEADS_FILE.unlink()
    taking.sign_heads()
    assert settings.AUDIT_HEADS_FILE.read_bytes() == whole


def test_a_lost_or_wrong_key_is_said_and_never_replaced(alice: Person, settings: Any) -> None:
    taking.sign_heads()
    settings.AUDIT_KEY_FILE.unlink()
    with pytest.raises(keys.KeyProblem, match="cannot be read"):
        taking.sign_heads()
    keys.make()
    with pytest.raises(keys.KeyProblem, match="another key"):
        taking.sign_heads()
    assert "not signed by a key" in proven(alice).report.first_bad["reason"]
    settings.AUDIT_KEY_FILE.write_text("no key at all")
    with pytest.raises(keys.KeyProblem, match="holds no signing key"):
        taking.sign_heads()


def test_a_new_key_is_vouched_for_by_the_old_one(alice: Person, settings: Any) -> None:
    taking.sign_heads()
    before = proven(alice).key
    call_command("audit", "rotate-key", stdout=StringIO())
    assert proven(alice).report.ok, "what the old key signed still holds"
    grow(alice, 1)
    taking.sign_heads()
    proof = proven(alice, full=True)
    assert proof.report.ok
    assert proof.key != before
    assert record_faults() == []
    lines = list(taking.outside_record().lines())
    forged = [*lines[:-2], lines[-1]]
    with pytest.raises(BadLine):
        list(check(forged))
    assert (settings.AUDIT_KEY_FILE.stat().st_mode & 0o777) == 0o600


def test_the_command_tells_of_the_record_too(alice: Person, settings: Any) -> None:
    call_command("audit", "sign", stdout=StringIO())
    text = settings.AUDIT_HEADS_FILE.read_text().splitlines()
    settings.AUDIT_HEADS_FILE.write_text(text[0] + "\n" + text[1].replace('"entries":', '"entriez":') + "\n")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit", "verify", stdout=out)
    assert "is not signed by the key in force" in out.getvalue()


def test_nobody_reads_the_lines_of_the_system_and_nobody_changes_a_signed_head(alice: Person) -> None:
    taking.sign_heads()
    with alice.looking():
        assert TreeHead.objects.count() == 0
        assert SignedHead.objects.count() == 1
    with superuser(autocommit=False) as admin, pytest.raises(Exception, match="only grow"):
        admin.execute("UPDATE governance_signedhead SET seq = 0")


def test_a_start_of_two_workers_signs_once(alice: Person) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def sign() -> int:
        try:
            line = taking.sign_heads()
            return line.number if line else 0
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = [each.result() for each in [pool.submit(sign) for _ in range(4)]]
    assert set(numbers) == {2}
    assert [line.number for line in taking.outside_record().lines()] == [1, 2]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100])
def test_every_leaf_leads_to_the_root_of_rfc_6962(size: int) -> None:
    def root(leaves: list[bytes]) -> bytes:
        """MTH as the RFC defines it, by the largest power of two below."""
        if len(leaves) == 1:
            return leaves[0]
        half = 1
        while half * 2 < len(leaves):
            half *= 2
        return hashlib.sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()

    leaves = [merkle.leaf(bytes([number])) for number in range(size)]
    tree = merkle.levels(leaves)
    assert tree[-1] == [root(leaves)]
    for index, each in enumerate(leaves):
        path = merkle.path(tree, index)
        assert merkle.root_of(each, index, size, path) == tree[-1][0]
        assert merkle.root_of(merkle.leaf(b"other"), index, size, path) != tree[-1][0]
        for wrong in ([*path, path[0]] if path else [each], path[:-1] if path else [each]):
            with pytest.raises(ValueError, match="path"):
                merkle.root_of(each, index, size, wrong)


def test_the_api_tells_what_was_signed(alice: Person) -> None:
    assert alice.api.get("governance/audit/verify/").json()["signed"] is None
    line = taking.sign_heads()
    told = alice.api.get("governance/audit/verify/").json()
    assert line is not None
    assert (told["ok"], told["signed"]["line"], told["signed"]["key"]) == (True, line.number, line.told["key"])
    assert told["first"] == told["signed"]["seq"] + 1
    assert alice.api.get("governance/audit/verify/?full=1").json()["ok"] is None
    assert json.loads(line.text)["kind"] == "head"


def _last() -> int:
    with system_scope(Why.VERIFY):
        return TreeHead.objects.order_by("-number").values_list("number", flat=True)[0]


def test_an_anchor_in_a_mailbox_convicts_a_record_made_anew(alice: Person, settings: Any, mailoutbox: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert not mail_anchor(), "nobody to mail it to"
    settings.AUDIT_MAIL = ["notary@example.org"]
    assert mail_anchor()
    (mail,) = mailoutbox
    assert mail.to == ["notary@example.org"]
    anchor = next(line for line in mail.body.splitlines() if line.startswith(f"{_last()}:"))
    out = StringIO()
    call_command("audit", "verify", "--anchor", anchor, stdout=out)
    _forget()  # key, record and database: everything the installation has is made anew
    settings.AUDIT_HEADS_FILE.unlink()
    settings.AUDIT_KEY_FILE.unlink()
    grow(alice, 1)
    taking.sign_heads()
    assert record_faults() == []
    assert "is not the one that was mailed" in anchor_fault(anchor)
    assert "does not hold it" in anchor_fault(f"99:{anchor.partition(':')[2]}")
    for wrong in ("", "2", "2:abc", "x:" + 64 * "0"):
        assert "is no anchor" in anchor_fault(wrong)
