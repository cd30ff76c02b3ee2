"""A provider's limits are exact over all processes, in any window (design 5.4, 8.2).

    python -m benchmarks.limits [--small | --full]

16 processes ask for 16 × 100 calls against 100 requests in ten seconds, without waiting for room; once counted in
PostgreSQL, once in a Redis of the benchmark's own, which is killed in the middle and started again. (`--full`:
16 × 1 000 calls against 100 a minute. `--small`: 4 processes, a window of two seconds.)

Proves: the largest number of grants in any window is the limit, exactly, by the counter's own clock; so it stays
across the loss of Redis; while it is lost nobody is let through, each refusal says `limits_unavailable`, and calls
go on by themselves when it is back.
Measures: one take with its return, beside one bare conditional update and its commit in the same run.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.crowd import crowd
from benchmarks.ground import Ground, eventually, ground
from benchmarks.measuring import Report, side_by_side, size_of

# processes, calls of each, limit, window in seconds, the share of it that may begin in one second
SIZES = {"small": (4, 120, 20, 2.0, 2), "usual": (16, 100, 100, 10.0, 5), "full": (16, 1000, 100, 60.0, 10)}
AWAY = 1.5  # seconds without Redis
Given = tuple[list[float], list[tuple[float, str]]]


class Server:
    """A Redis of this benchmark alone."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        arguments = ["redis-server", "--port", str(self.port), "--save", "", "--dir", self.folder]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        eventually(self.answers, "Redis answers")

    def answers(self) -> bool:
        with socket.socket() as one:
            return not one.connect_ex(("127.0.0.1", self.port))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def redis() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="chenu-bench-redis-") as folder:
        server = Server(folder)
        try:
            yield server
        finally:
            server.kill()


def main() -> None:
    size = size_of(__doc__)
    report = Report("limits", size)
    processes, calls, most, window, share = SIZES[size]
    with ground() as here, redis() as server, crowd(processes) as together:
        name = f"bench-{uuid4().hex[:12]}"
        asked = [(name, "", calls, most, window, share, 3 * window)] * processes
        answers, _ = together.run(ask, asked)
        granted = sorted(at for grants, _ in answers for at in grants)
        prove_bound(report, "postgres", granted, processes * calls, most, window, share)
        lose(report, server, together, SIZES[size])
        measure(report, here, server, 20 if size == "small" else 150)
    report.close()


def lose(report: Report, server: Server, together: Any, size: tuple[int, int, int, float, int]) -> None:
    """The same in Redis, for as long again as a new server needs until its window is known to be empty."""
    processes, calls, most, window, share = size
    time.sleep(window + 3)  # a server that has just started is not believed
    span = 6 * window + 6
    down: list[float] = []

    def disturb() -> None:
        time.sleep(span / 3)
        server.kill()
        down.append(time.time())
        time.sleep(AWAY)
        down.append(time.time())
        server.start()

    helper = threading.Thread(target=disturb)
    helper.start()
    asked = [(f"bench-{uuid4().hex[:12]}", server.url, 2 * calls, most, window, share, span)] * processes
    answers, _ = together.run(ask, asked)
    helper.join()
    granted = sorted(at for grants, _ in answers for at in grants)
    prove_bound(report, "redis", granted, 2 * processes * calls, most, window, share)
    went, back = down
    said = Counter(why for _, refused in answers for at, why in refused if went + 0.2 < at < back)
    meanwhile = sum(went < at < back for at in granted)
    report.prove(
        "redis.lost", meanwhile == 0 and set(said) == {"limits_unavailable"},
        f"nobody was let through without Redis; {dict(said)}", granted=meanwhile, said=dict(said),
    )  # fmt: skip
    after = [at for at in granted if at > back]
    report.prove(
        "redis.back", bool(after) and after[0] >= back + window,
        f"{len(after)} went on by themselves, the first {after[0] - back if after else 0:.1f} s after it was back",
        granted=len(after), seconds=round(after[0] - back, 2) if after else None,
    )  # fmt: skip


def prove_bound(
    report: Report, what: str, granted: list[float], calls: int, most: int, window: float, share: int
) -> None:
    """By the moments that the counter itself noted."""
    largest, burst = densest(granted, window), densest(granted, 1.0)
    report.prove(
        f"{what}.window", largest == most,
        f"at most {largest} of {calls} calls in any {window:.0f} s, {most} allowed; {len(granted)} in all",
        largest=largest, allowed=most, granted=len(granted), calls=calls, window=window,
    )  # fmt: skip
    report.prove(
        f"{what}.burst", burst <= max(1, most // share),
        f"at most {burst} in any second, {max(1, most // share)} allowed", largest=burst,
    )  # fmt: skip


def densest(moments: list[float], span: float) -> int:
    """The largest number of them within any `span` seconds, both ends included."""
    return max((bisect_right(moments, first + span) - place for place, first in enumerate(moments)), default=0)


def ask(name: str, url: str, calls: int, most: int, window: float, share: int, span: float) -> Given:
    """In a process of its own: `calls` calls spread over `span` seconds; moments of grants, and refusals."""
    from agents.llm.limits.contract import Lease, Limits, LimitsUnavailable
    from agents.llm.limits.in_postgres import InPostgres
    from agents.llm.limits.in_redis import in_redis

    counting = in_redis(url) if url else InPostgres()
    limits, identity = Limits(name, most, None, 10**6, window, share), uuid4()
    granted: list[float] = []
    refused: list[tuple[float, str]] = []
    began = time.monotonic()
    for number in range(calls):
        time.sleep(max(0.0, began + span * number / calls - time.monotonic()))
        ticket = uuid4()
        try:
            answer = counting.take(limits, ticket, identity, 1, 1)
            counting.leave(name, ticket, 1)
        except LimitsUnavailable as away:
            refused.append((time.time(), away.code))
            continue
        if isinstance(answer, Lease):
            granted.append(answer.at)
        else:
            refused.append((time.time(), answer.why))
    return granted, refused


def measure(report: Report, here: Ground, server: Server, each: int) -> None:
    """One call's way through the limits, counted in each of the two."""
    from django.db import connection, transaction

    from agents.llm.limits.contract import Counting, Limits
    from agents.llm.limits.in_postgres import InPostgres
    from agents.llm.limits.in_redis import in_redis

    limits, identity = Limits(f"bench-{uuid4().hex[:12]}", 10**6, None, 10**6, 1.0, 1), uuid4()

    def through(counting: Counting) -> None:
        ticket = uuid4()
        counting.take(limits, ticket, identity, 1, 1)
        counting.leave(limits.provider, ticket, 1)

    with here.bare_table() as table, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, room) VALUES (%s, 1000000)", [identity])

        def bare() -> None:
            with transaction.atomic():
                cursor.execute(f"UPDATE {table} SET room = room - 1 WHERE id = %s AND room >= 1", [identity])

        postgres, redis = InPostgres(), in_redis(server.url)
        cases = {"bare": bare, "postgres": lambda: through(postgres), "redis": lambda: through(redis)}
        report.compare("take", side_by_side(cases, rounds=5, each=each), "bare")


if __name__ == "__main__":
    main()
