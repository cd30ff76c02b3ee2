"""What an audited, chained write costs (design 3.5, 8.1).

    python -m benchmarks.writes [--small | --full]

Measures, interleaved in one run, with the same durability:
- `write`: `perform("spheres.item.create")` (policy, rules, verdict, sealed and chained entry, event) beside
  plain Django saves: of the item alone, and of the item with its first version, which the action writes too;
- `append`: chained entries a second by 2 processes × 8 threads, over 1, 8 and 64 identities, beside bare
  one-row commits by the same threads;
- `verify`: entries a second, hashes only and with payloads opened, beside reading and hashing the bodies.
Proves: every entry that was promised is in its chain, and every chain is whole.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from uuid_utils.compat import uuid7

from benchmarks.crowd import by_threads, crowd
from benchmarks.ground import Ground, ground
from benchmarks.measuring import Report, side_by_side, size_of
from benchmarks.people import Person, intact, people

# writes per round, rounds, appends of each case, identities, entries to verify
SIZES = {
    "small": (10, 3, 160, (1, 4), 300),
    "usual": (100, 5, 3_200, (1, 8, 64), 10_000),
    "full": (400, 7, 16_000, (1, 8, 64), 100_000),
}
PROCESSES, THREADS = 2, 8


def main() -> None:
    size = size_of(__doc__)
    report = Report("writes", size)
    each, rounds, appends, identities, entries = SIZES[size]
    with ground() as here:
        writer, *cast = people(1 + max(identities))
        write(report, writer, each, rounds)
        sustained(report, here, cast, appends, identities)
        verify(report, writer, entries)
    report.close()


def write(report: Report, person: Person, each: int, rounds: int) -> None:
    """One audited write beside the plain one."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from governance.perform import perform
    from spheres.models import Item, ItemVersion

    values = {"type": "note", "title": "Une note", "content": "Quelques mots " * 10, "sphere": "personal"}

    def row() -> None:
        with transaction.atomic():
            Item.objects.create(**values)

    def rows() -> None:
        with transaction.atomic():
            item = Item.objects.create(**values)
            ItemVersion.objects.create(
                item=item, version=1, title=item.title, content=item.content, person=person.user.pk
            )

    def audited() -> None:
        perform("spheres.item.create", values)

    with person.acting():
        cases = {"plain_rows": rows, "plain_row": row, "audited": audited}
        report.compare("write", side_by_side(cases, rounds=rounds, each=each), "plain_rows")
        for name, call in cases.items():
            with CaptureQueriesContext(connection) as captured:
                call()
            report.tell(f"queries.{name}", f"{len(captured)} statements", queries=len(captured))
    report.prove("write.chain", intact(person), "the writer's chain is whole")


def sustained(report: Report, here: Ground, cast: list[Person], appends: int, identities: tuple[int, ...]) -> None:
    """Chained appends a second, and bare commits by the same threads."""
    share, heads = appends // PROCESSES, {person.identity_id: entries_of(person) for person in cast}
    with here.bare_table() as table, crowd(PROCESSES) as together:
        _, took = together.run(commits, [(table, share)] * PROCESSES)
        bare = appends / took
        report.tell("append.bare", f"{bare:.0f} commits/s, one row each", per_second=round(bare))
        for count in identities:
            chosen = cast[:count]
            _, took = together.run(chained, [(chosen, share)] * PROCESSES)
            rate = appends / took
            report.tell(
                f"append.{count}", f"{rate:.0f} entries/s on {count} chains, {rate / bare:.2f}× bare commits",
                per_second=round(rate), chains=count, ratio=round(rate / bare, 3),
            )  # fmt: skip
    grown = sum(entries_of(person) - heads[person.identity_id] for person in cast)
    promised = appends * len(identities)
    report.prove("append.kept", grown == promised, f"{grown} of {promised} entries are there", entries=grown)
    report.prove("append.chains", all(map(intact, cast)), f"{len(cast)} chains are whole")


def entries_of(person: Person) -> int:
    from governance.models import ChainHead

    with person.looking():
        return int(ChainHead.objects.values_list("seq", flat=True).get())


def chained(cast: list[Person], count: int) -> None:
    """In a process of its own: `count` units of work of one entry, spread over the identities."""

    def one(number: int) -> None:
        append(cast[number % len(cast)])

    by_threads(THREADS, one, range(count))


def append(person: Person) -> None:
    from governance.audit.entries import Draft
    from governance.uow import unit_of_work

    with person.acting(), unit_of_work() as uow:
        uow.drafts.append(Draft("benchmarks.append", "CREATE", "allowed", payload={"words": "Quelques mots"}))


def commits(table: str, count: int) -> None:
    """In a process of its own: `count` bare commits."""
    from django.db import connection, transaction

    def one(_: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} (id, body) VALUES (%s, %s)", [uuid7(), "x" * 900])

    by_threads(THREADS, one, range(count))


def verify(report: Report, person: Person, entries: int) -> None:
    """Entries verified a second."""
    from governance.audit.entries import Draft
    from governance.audit.models import AuditEntry
    from governance.audit.verify import verify_chain
    from governance.uow import unit_of_work

    with person.acting():
        while entries_of(person) < entries:
            with unit_of_work() as uow:
                uow.drafts += [
                    Draft("benchmarks.verify", "CREATE", "allowed", payload={"n": number}) for number in range(100)
                ]

    def bare() -> Any:
        bodies = AuditEntry.objects.order_by("seq").values_list("body", flat=True).iterator(chunk_size=2000)
        return [hashlib.sha256(hashlib.sha256(body).digest()).digest() for body in bodies][-1:]

    whole = True
    speeds: dict[str, list[float]] = {"bare": [], "hashes": [], "payloads": []}
    for _ in range(3):
        for name in speeds:
            with person.looking():
                began = time.perf_counter()
                if name == "bare":
                    bare()
                else:
                    found = verify_chain(person.identity_id, open_payloads=name == "payloads")
                    whole = whole and found.ok and found.entries >= entries
                speeds[name].append(time.perf_counter() - began)
    count = entries_of(person)
    base = sorted(speeds["bare"])[1]
    for name, took in speeds.items():
        rate = count / sorted(took)[1]
        report.tell(
            f"verify.{name}", f"{rate:.0f} entries/s ({sorted(took)[1] / base:.2f}× reading and hashing)",
            per_second=round(rate), entries=count, ratio=round(sorted(took)[1] / base, 2),
        )  # fmt: skip
    report.prove("verify.whole", whole, f"{count} entries verified")


if __name__ == "__main__":
    main()
