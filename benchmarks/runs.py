"""What a governed run costs (design 4.1, 8.1).

    python -m benchmarks.runs [--small | --full]

The provider's simulator answers at once; everything between the client and the disk is real. Measures:
- `run`: a plain question through lanes A–G, its job claimed and executed in this process, beside three bare
  commits; then the same through a real worker process; with the statements each step needs;
- `http`: over real HTTP against the real web process, with its worker: a plain answer (200); a question that
  a rule stops in lane D (423); one that stops at a tool call, after one call of the model (423); and the
  same two with a context five times larger.
Proves: every run ended as it should, with exactly the commits that are planned for it (three for a plain answer
beside those of its job and its words), and every chain is whole.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.ground import Ground, ground
from benchmarks.measuring import Report, figure, side_by_side, size_of, timed
from benchmarks.people import Person, intact, people

# runs per round, rounds, requests of each kind
SIZES = {"small": (3, 2, 4), "usual": (20, 5, 100), "full": (60, 7, 400)}
RUNS_OF_ONE = 60  # of one person: what the credits of a month pay for
PLAIN = "Que contient ma note Jardin ?\n#sim text Des tomates."
LANE_D = "Résume mon dossier médical, c’est top secret"
TOOL = "Envoie un courriel à paul@example.com pour confirmer notre rendez-vous de mardi"
NOTES, WORDS = 6, "Les tomates sont plantées le 12 mai, à côté du mur. "


def main() -> None:
    size = size_of(__doc__)
    report = Report("runs", size)
    each, rounds, requests = SIZES[size]
    with ground() as here:
        here.simulator()
        cast = people(-(-2 * (rounds * each + 8) // RUNS_OF_ONE))
        for person in cast:
            take_notes(person, 4)
        in_process(report, here, cast, each, rounds)
        here.worker()
        through_worker(report, here, cast, each, rounds)
        over_http(report, here, requests)
        report.prove("chains", all(map(intact, cast)), f"{len(cast)} chains are whole, payloads open")
    report.close()


def take_notes(person: Person, repeated: int) -> None:
    from governance.perform import perform

    with person.acting():
        for number in range(NOTES):
            note = {"title": f"Jardin {number}", "content": WORDS * repeated, "sphere": "personal"}
            perform("spheres.item.create", note)


class Turns:
    """Hands out the people in turn."""

    def __init__(self, cast: list[Person]) -> None:
        self.cast, self.number, self.states = cast, 0, Counter[str]()

    def next(self) -> Person:
        self.number += 1
        return self.cast[self.number % len(self.cast)]


def ask(person: Person, text: str) -> UUID:
    from governance.perform import perform

    with person.acting():
        return perform("agents.run.start", {"text": text, "sphere": "personal"}).pk


def do_jobs() -> None:
    """Claims what is due and executes it here, as a worker's thread does."""
    from django.db import connection

    from governance.jobs import claims
    from governance.jobs.execution import run_job
    from governance.jobs.hands import hands

    hands.open()
    for claimed in claims.claim(1, hands.holder, ["agents.run.execute"]):
        connection.close()
        run_job(claimed.id, claimed.fence)


def status_of(person: Person, run: UUID) -> str:
    from agents.models import Run

    with person.looking():
        return str(Run.objects.values_list("status", flat=True).get(pk=run))


def bare_commits(table: str) -> Callable[[], None]:
    """Three transactions of one statement each."""
    from django.db import connection, transaction

    def three() -> None:
        for _ in range(3):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {table} (id, body) VALUES (%s, %s)", [uuid7(), "x" * 900])

    return three


def in_process(report: Report, here: Ground, cast: list[Person], each: int, rounds: int) -> None:
    turns = Turns(cast)

    def governed() -> None:
        person = turns.next()
        run = ask(person, PLAIN)
        do_jobs()
        turns.states[status_of(person, run)] += 1

    with here.bare_table() as table:
        cases = {"three_commits": bare_commits(table), "governed": governed}
        report.compare("run", side_by_side(cases, rounds=rounds, each=each), "three_commits")
    count_statements(report, turns.next())
    report.prove("run.completed", set(turns.states) == {"completed"}, str(dict(turns.states)), states=turns.states)


def count_statements(report: Report, person: Person) -> None:
    """Messages to the database, the statements in them, and commits, of the two halves of a run in this process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for name, step in (("start", lambda: ask(person, PLAIN)), ("execute", do_jobs)):
        before = commits_so_far()
        with CaptureQueriesContext(connection) as captured:
            step()
        commits = commits_so_far() - before
        texts = [query["sql"] for query in captured.captured_queries]
        statements = sum(text.count(";\n") + 1 for text in texts)
        report.tell(
            f"statements.{name}", f"{len(texts)} messages with {statements} statements; {commits} transaction ids",
            messages=len(texts), statements=statements, transactions=commits,
        )  # fmt: skip


def commits_so_far() -> int:
    """Transactions that have written: only those get a number."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmax(txid_current_snapshot())")
        return int(cursor.fetchone()[0])


def through_worker(report: Report, here: Ground, cast: list[Person], each: int, rounds: int) -> None:
    from agents.pipeline.models import SETTLED
    from governance.live.waiting import wait_until

    turns = Turns(cast)

    def settled(person: Person, run: UUID) -> str | None:
        status = status_of(person, run)
        return status if status in SETTLED else None

    def governed() -> None:
        person = turns.next()
        run = ask(person, PLAIN)
        turns.states[wait_until(lambda: settled(person, run), person.identity_id, 30) or "waited in vain"] += 1

    first = timed(governed)
    report.tell("worker.first", f"the first run of a new worker: {first / 1000:.0f} ms", us=round(first))
    with here.bare_table() as table:
        cases = {"three_commits": bare_commits(table), "governed": governed}
        report.compare("worker", side_by_side(cases, rounds=rounds, each=each), "three_commits")
    report.prove("worker.completed", set(turns.states) == {"completed"}, str(dict(turns.states)), states=turns.states)


class Caller:
    """One person's calls to the web process, each over a connection that was opened before the clock started."""

    def __init__(self, address: str, person: Person) -> None:
        self.host = urlsplit(address).netloc
        self.headers = {"Authorization": f"Bearer {person.token()}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes, float]:
        """Status, body, and the microseconds from the first byte sent to the last one read."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.connect()
        began = time.perf_counter()
        connection.request(method, path, body, {**self.headers, "Prefer": "wait=30"})
        response = connection.getresponse()
        told = response.read()
        took = (time.perf_counter() - began) * 1e6
        connection.close()
        return response.status, told, took

    def ask(self, text: str) -> tuple[str, float]:
        """The status of the answer, of a 423 also where it stopped; microseconds.

        What stopped is cancelled after the clock: an agent with ten questions waiting would be paused.
        """
        body = json.dumps({"query": text, "sphere": "personal"})
        status, raw, took = self.call("POST", "/api/v2/nova/query/", body)
        told = json.loads(raw)
        if status != 423:
            return f"{status} {told.get('status', told.get('code', ''))}", took
        self.call("POST", f"/api/v2/nova/runs/{told['run_id']}/cancel/")
        return f"423 {told['checkpoint']['action']}", took


def over_http(report: Report, here: Ground, requests: int) -> None:
    """p50 and p99 of each kind of request, in turn; small and five times larger context."""
    address = here.web()
    kinds = {"plain": (PLAIN, "200 completed"), "lane_d": (LANE_D, "423 agents.run.execute")}
    kinds["tool_call"] = (TOOL, "423 governance.message.send")
    callers: dict[str, list[Caller]] = {}
    for name, repeated in (("", 3), (".5x", 15)):
        cast = people(max(1, -(-3 * requests // (2 * RUNS_OF_ONE))))
        for person in cast:
            take_notes(person, repeated)
        callers[name] = [Caller(address, person) for person in cast]
    taken: dict[str, list[float]] = {"healthz": [], **{f"{kind}{name}": [] for name in callers for kind in kinds}}
    wrong: Counter[str] = Counter()
    for number in range(-2, requests):
        for name, group in callers.items():
            caller = group[number % len(group)]
            for kind, (text, wanted) in kinds.items():
                told, took = caller.ask(text)
                if number >= 0:
                    taken[f"{kind}{name}"].append(took)
                if told != wanted:
                    wrong[f"{kind}: {told}"] += 1
        if number >= 0:
            taken["healthz"].append(caller.call("GET", "/healthz")[2])
    tell_http(report, taken)
    report.prove("http.answers", not wrong, f"every answer is the expected one {dict(wrong)}", wrong=dict(wrong))


def tell_http(report: Report, taken: dict[str, list[float]]) -> None:
    figures: dict[str, Any] = {name: figure([values]) for name, values in taken.items()}
    for name, one in figures.items():
        larger = {"ratio_5x": round(figures[f"{name}.5x"].p50 / one.p50, 2)} if f"{name}.5x" in figures else {}
        report.tell(
            f"http.{name}", f"p50 {one.p50 / 1000:.1f} ms, p99 {one.p99 / 1000:.1f} ms "
            f"{f'(5× context: {larger}) ' if larger else ''}n={one.n}",
            p50_us=round(one.p50), p99_us=round(one.p99), n=one.n, **larger,
        )  # fmt: skip


if __name__ == "__main__":
    main()
