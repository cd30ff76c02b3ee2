"""The parts of an archive: one JSON file per table, the log, the people. What is there already is not written again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from allauth.account.models import EmailAddress

from governance.audit.entries import PURPOSE
from governance.audit.filters import AuditFilter
from governance.audit.models import AuditEntry, ChainHead
from governance.audit.signing.models import SignedHead
from governance.audit.vault import SALT, unseal
from governance.errors import AuditUnavailable
from governance.isolation.context import current, reading
from governance.people.models import Identity, Membership, User
from governance.rights.places import whole
from governance.rights.sources import CHUNK, sources
from governance.rules.reading import plain
from governance.rules.system import ALWAYS, FORMER

Report = Callable[[int], None]
Row = dict[str, Any]
Shape = Callable[[Row], Row]
CHAIN, READABLE, HEAD = "audit/chain.jsonl", "data/governance/log.json", "audit/head.json"
SIGNED, SYSTEM_RULES = "audit/signed.jsonl", "data/governance/system_rules.json"
PROFILE = ("id", "email", "display_name", "language", "timezone", "theme", "density", "joined_at")


def write_parts(folder: Path, report: Report) -> None:
    """Writes what is missing in `folder`; `report(rows)` after each piece, also for those found there.

    The log's end is chosen first: every verdict that an entry up to it names is committed by then.
    """
    seq = write_head(folder)
    write_once(folder / "identity.json", lambda: [_identity()], report, alone=True)
    write_once(folder / "people.json", lambda: [_people()], report)
    for source in sources():
        write_once(folder / "data" / f"{source.name}.json", source.chunks, report)
    write_once(folder / SYSTEM_RULES, lambda: [system_rules()], report)
    write_log(folder, seq, report)


def count_rows() -> int:
    """How many rows `write_parts` will report."""
    with reading():
        seq = ChainHead.objects.values_list("seq", flat=True).first() or 0
        people, signed = len(_people()), SignedHead.objects.filter(seq__lte=seq).count()
    return sum(source.count() for source in sources()) + people + signed + 2 * seq + len(system_rules()) + 1


def write_head(folder: Path) -> int:
    """Chooses how far the log of this archive reaches, once; returns the number of its last entry."""
    head = folder / HEAD
    if not head.exists():
        with reading():
            end = ChainHead.objects.values("identity_id", "seq", "hash").first()
        with whole(head) as file:
            told = {} if end is None else {"chain": end["identity_id"], "seq": end["seq"], "hash": end["hash"]}
            file.write(_json(told) + b"\n")
    seq: int = orjson.loads(head.read_bytes()).get("seq", 0)
    return seq


def write_log(folder: Path, seq: int, report: Report, asked: AuditFilter | None = None) -> None:
    """The log up to `seq`: for people to read, and byte for byte for the proof.

    Entries that do not fit what was `asked` for are there as links alone: their hashes, and nothing they tell.
    """
    write_once(folder / CHAIN, lambda: _map(_exact, seq, asked, _link), report, lines=True)
    write_once(folder / READABLE, lambda: _map(_readable, seq, asked), report)
    write_once(folder / SIGNED, lambda: [_signed(seq)], report, lines=True)


def _map(shape: Shape, up_to: int, asked: AuditFilter | None, other: Shape | None = None) -> Iterator[list[Row]]:
    """The entries in `shape`, those that do not fit in the `other`; without one they are left out."""
    after = 0
    while after < up_to:
        with reading():
            rows = AuditEntry.objects.in_order().filter(seq__gt=after, seq__lte=up_to)
            found = list(rows.values("seq", "body", "payload", "prev_hash", "hash")[:CHUNK])
            if not found:
                return
            after, fitting = found[-1]["seq"], None
            if asked is not None:
                fitting = set(asked.apply(rows.filter(seq__lte=after)).values_list("seq", flat=True))
            shapes = [(row, shape if fitting is None or row["seq"] in fitting else other) for row in found]
            shaped = [form(row) for row, form in shapes if form is not None]
        if shaped:
            yield shaped


def _exact(row: Row) -> Row:
    """Everything that a hash was made of, as text: nothing else is needed to make it again."""
    salt, payload = _opened(row)
    return {
        "seq": row["seq"],
        "prev_hash": row["prev_hash"],
        "hash": row["hash"],
        "body": bytes(row["body"]).decode(),
        "salt": salt,
        "payload": payload.decode() if payload is not None else None,
    }


def _link(row: Row) -> Row:
    """What the chain needs of an entry that is not told: everything its hash was made of, its body as a digest."""
    digest = hashlib.sha256(bytes(row["body"])).digest()
    return {"seq": row["seq"], "prev_hash": row["prev_hash"], "hash": row["hash"], "body": None, "digest": digest}


def _readable(row: Row) -> Row:
    _, payload = _opened(row)
    told = orjson.loads(payload) if payload is not None else None
    return {"seq": row["seq"], **orjson.loads(bytes(row["body"])), "payload": told}


def _signed(up_to: int) -> list[dict[str, Any]]:
    """The heads that were signed, each with its way to the root and the signed line."""
    with reading():
        rows = SignedHead.objects.filter(seq__lte=up_to).order_by("number")
        return [
            {
                "number": row.number,
                "seq": row.seq,
                "hash": row.hash,
                "index": row.index,
                "path": row.path,
                "line": bytes(row.text).decode(),
            }
            for row in rows.iterator()
        ]


def _opened(row: dict[str, Any]) -> tuple[bytes | None, bytes | None]:
    """(salt, payload) in the clear; an entry that does not open stays in the archive without them."""
    try:
        plain = unseal(current().identity_id, PURPOSE, bytes(row["payload"]))
    except AuditUnavailable:
        return None, None
    return plain[:SALT], plain[SALT:]


def system_rules() -> list[Row]:
    """The installation's rules, those of former versions too: what verdicts are found from, besides own rules."""
    return [{"code": spec.code, "version": spec.version, **plain(spec)} for spec in (*ALWAYS, *FORMER)]


def _identity() -> list[dict[str, Any]]:
    return [dict(row) for row in Identity.objects.filter(pk=current().identity_id).values()]


def _people() -> list[dict[str, Any]]:
    """Who belongs to the identity. In a personal one, its person with their whole profile."""
    identity = Identity.objects.get(pk=current().identity_id)
    members = Membership.objects.filter(identity=identity).select_related("user").order_by("pk")
    personal = identity.kind == Identity.Kind.PERSONAL
    return [
        {"role": member.role, "since": member.created_at, **_person(member.user, in_full=personal)}
        for member in members
    ]


def _person(user: User, *, in_full: bool) -> dict[str, Any]:
    names = PROFILE if in_full else ("id", "email", "display_name")
    more = {"addresses": list(_addresses(user.pk))} if in_full else {}
    return {name: getattr(user, name) for name in names} | more


def _addresses(person_id: UUID) -> Iterable[dict[str, Any]]:
    return EmailAddress.objects.filter(user_id=person_id).order_by("pk").values("email", "verified", "primary")


def write_once(
    path: Path,
    chunks: Callable[[], Iterable[list[dict[str, Any]]]],
    report: Report,
    *,
    lines: bool = False,
    alone: bool = False,
) -> None:
    """Writes the rows one per line: as a JSON array, as JSON lines, or `alone` as one object."""
    if path.exists():
        with path.open("rb") as file:
            report(sum(line.startswith(b"{") for line in file))
        return
    before, between, after = (b"", b"\n", b"\n") if lines or alone else (b"[\n", b",\n", b"\n]\n")
    with whole(path) as file:
        file.write(before)
        written = 0
        for rows in chunks():
            text = between.join(_json(row) for row in rows)
            file.write(between + text if written else text)
            written += len(rows)
            report(len(rows))
        file.write(after)


def _json(value: Any) -> bytes:
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> str:
    """Bytes as hexadecimal digits, anything else as it is told."""
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
