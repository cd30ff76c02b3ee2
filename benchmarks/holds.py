"""No overspending: concurrent holds on one small room (design 3.6, 8.2).

    python -m benchmarks.holds [--small | --full]

10 000 holds of one credit, by 4 processes × 4 threads at once, on a thread account with room for 4 000.
Proves: exactly 4 000 are granted; no cap is passed; every balance is the sum of its ledger rows; after
ending all holds concurrently (twice each) nothing is held and exactly what was used is spent.
Measures: one hold and its commit, beside one bare conditional update and its commit in the same run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.crowd import by_threads, crowd
from benchmarks.ground import Ground, ground
from benchmarks.measuring import Report, side_by_side, size_of
from benchmarks.people import Person, people, wrong_balances

# holds, room, processes, threads of each
SIZES = {"small": (240, 96, 2, 4), "usual": (10_000, 4_000, 4, 4), "full": (40_000, 16_000, 8, 8)}
Given = tuple[list[str], int, list[float]]


def main() -> None:
    size = size_of(__doc__)
    report = Report("holds", size)
    with ground() as here:
        (person,) = people(1)
        race(report, person, *SIZES[size])
        measure(report, here, person, 20 if size == "small" else 150)
    report.close()


def race(report: Report, person: Person, holds: int, room: int, processes: int, threads: int) -> None:
    account = open_room(person, room)
    with crowd(processes) as together:
        answers, took = together.run(grab, [(person, account, holds // processes, threads)] * processes)
        granted = [one for held, _, _ in answers for one in held]
        refused = sum(no for _, no, _ in answers)
        times = sorted(value for _, _, each in answers for value in each)
        report.tell(
            "time", f"{took:.1f} s for {holds}: {holds / took:.0f}/s, p50 {times[len(times) // 2]:.0f} µs each",
            seconds=round(took, 2), per_second=round(holds / took), p50_us=round(times[len(times) // 2]),
        )  # fmt: skip
        report.prove(
            "granted", (len(granted), refused) == (room, holds - room),
            f"{len(granted)} of {holds} granted on room for {room}", granted=len(granted), refused=refused,
        )  # fmt: skip
        prove_state(report, "held", person, account, (room, 0, 0))
        halves = [granted[number::processes] for number in range(processes)]
        ended = sum(together.run(finish, [(person, half, threads) for half in halves])[0])
    report.prove("ended", ended == room, f"{ended} of {room} holds ended, each by one of two racers", ended=ended)
    used = sum(1 for one in granted if UUID(one).int % 2)
    prove_state(report, "settled", person, account, (0, used, room - used))


def open_room(person: Person, room: int) -> UUID:
    from django.db import transaction

    from governance.ledger import budget

    with person.acting(), transaction.atomic():
        return budget.thread_account(uuid7(), "personal", room)


def prove_state(report: Report, what: str, person: Person, account: UUID, wanted: tuple[int, int, int]) -> None:
    """(held, spent, balance) of the account, and every balance of the identity against its rows."""
    from governance.models import Account

    with person.looking():
        row = Account.objects.get(pk=account)
    found, wrong = (row.tokens_held, row.tokens_spent, row.tokens_balance), wrong_balances(person)
    report.prove(what, found == wanted, f"held, spent, left = {found}", found=found, wanted=wanted)
    report.prove(f"{what}.sums", not wrong, "every balance is the sum of its rows", wrong=wrong)


def grab(person: Person, account: UUID, count: int, threads: int) -> Given:
    """In a process of its own: `count` holds of one credit by `threads` threads."""
    from governance.errors import BudgetExceeded
    from governance.ledger import budget

    def one(_: int) -> tuple[str, float]:
        began, held = time.perf_counter_ns(), ""
        with contextlib.suppress(BudgetExceeded):
            held = str(_committed(person, lambda: budget.hold(account, 1, 1)).id)
        return held, (time.perf_counter_ns() - began) / 1000

    done = by_threads(threads, one, range(count))
    held = [name for name, _ in done if name]
    return held, count - len(held), [value for _, value in done]


def finish(person: Person, held: list[str], threads: int) -> int:
    """Ends each hold twice, racing; odd ids are used, even ones released. How many endings counted."""
    from governance.ledger import budget

    def one(name: str) -> bool:
        return bool(_committed(person, lambda: budget.settle(UUID(name), UUID(name).int % 2, 0)))

    return sum(by_threads(threads, one, [name for name in held for _ in range(2)]))


def _committed(person: Person, step: Callable[[], Any]) -> Any:
    from django.db import transaction

    with person.acting(), transaction.atomic():
        return step()


def measure(report: Report, here: Ground, person: Person, each: int) -> None:
    """One hold, root to leaf on four accounts, beside one conditional update."""
    from django.db import connection, transaction

    from governance.ledger import budget

    account = open_room(person, 25_000)
    with here.bare_table() as table, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, room) VALUES (%s, 1000000)", [account])

        def bare() -> None:
            with transaction.atomic():
                cursor.execute(f"UPDATE {table} SET room = room - 1 WHERE id = %s AND room >= 1", [account])

        def held() -> None:
            with person.acting(), transaction.atomic():
                budget.hold(account, 1, 1)

        report.compare("hold", side_by_side({"bare": bare, "governed": held}, rounds=5, each=each), "bare")


if __name__ == "__main__":
    main()
