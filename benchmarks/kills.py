"""Nothing is lost and nothing is done twice when workers are killed (design 8.2).

    python -m benchmarks.kills [--small | --full]

200 runs by a real worker process, which a supervisor loop starts again each time after it was killed with
SIGKILL, 40 times at random moments while it works. Half are plain questions, a quarter writes a note by a
tool, a quarter sends an e-mail that is approved here. (`--full`: 1 000 kills.)

Proves at the end: every run is over; no e-mail left twice (by Message-ID, and by run) and a completed run
that sends has sent; no note and no answer is doubled; nothing is reserved after the sweeps; balances are
the sums of their rows and attempts are what runs report; every chain is whole with its payloads opened.
Tells how long interrupted jobs waited until somebody worked on them again.
"""

from __future__ import annotations

import email
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from typing import Any
from uuid import UUID

from benchmarks.ground import Ground, Process, ground
from benchmarks.measuring import Report, size_of
from benchmarks.people import Person, intact, people, wrong_balances

# runs, kills
SIZES = {"small": (8, 2), "usual": (200, 40), "full": (3_000, 1_000)}
EACH_PERSON = 20  # runs; fifty mails a day are allowed, and some credits
MOST_UNDER_WAY = 4  # of one person: one less than would be refused
LONGEST_LIVES = (1.0, 10.0)  # seconds of work before a worker is killed: many die young, some get things done
SETTLES_WITHIN = 240  # seconds after the last kill
OPEN = ("pending", "queued", "running")


@dataclass(slots=True)
class Asked:
    """One run: who asked, what for, and its number, by which everything it makes can be counted."""

    person: Person
    number: int
    kind: str
    run: UUID | None = None
    status: str = ""
    error: str = ""

    @property
    def is_over(self) -> bool:
        from agents.pipeline.models import OVER

        return self.status in OVER


@dataclass(slots=True)
class Interrupted:
    """Jobs that were in hand when their worker died, and how long they waited to be in hand again."""

    since: dict[UUID, tuple[int, float]] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)

    def note(self) -> None:
        """Called right after a kill."""
        from governance.models import Job

        rows = Job.objects.filter(state__in=["queued", "running"], kind="agents.run.execute")
        for pk, fence in rows.values_list("pk", "fence"):
            self.since.setdefault(pk, (fence, time.monotonic()))

    def look(self) -> None:
        from governance.models import Job

        rows = Job.objects.filter(pk__in=list(self.since)).values_list("pk", "fence", "state")
        for pk, fence, state in rows:
            before, since = self.since[pk]
            if fence > before or state not in OPEN:
                self.waited.append(time.monotonic() - since)
                del self.since[pk]


def main() -> None:
    size = size_of(__doc__)
    report = Report("kills", size)
    runs, kills = SIZES[size]
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    with ground() as here:
        here.simulator()
        cast = people(max(4, -(-runs // EACH_PERSON)))
        kinds = ("question", "send", "question", "note")
        asked = [Asked(cast[number % len(cast)], number, kinds[number % 4]) for number in range(runs)]
        chance.shuffle(asked)
        stalled = torment(report, here, asked, kills, chance, seed)
        report.prove("over", not stalled, f"{len(stalled)} of {runs} runs are not over", stalled=stalled)
        sweep(report)
        prove(report, here, asked, cast)
    report.close()


def torment(
    report: Report, here: Ground, asked: list[Asked], kills: int, chance: random.Random, seed: int
) -> list[Any]:
    """Feeds the runs to workers and kills them; the runs that are not over at the end."""
    waiting, interrupted, began = list(asked), Interrupted(), time.monotonic()
    for number in range(kills):
        worker, life = here.worker(), chance.uniform(0, chance.choice(LONGEST_LIVES))
        live(waiting, asked, interrupted, share(len(waiting), kills - number), life)
        worker.kill()
        interrupted.note()
        complaints(report, worker)
    last_kill = time.monotonic()
    worker = here.worker()
    while time.monotonic() - last_kill < SETTLES_WITHIN and not all(one.is_over for one in asked):
        live(waiting, asked, interrupted, len(waiting), 0.2)
    settled = time.monotonic() - last_kill
    worker.stop()
    complaints(report, worker)
    hit, worst = interrupted.waited or [0.0], max(interrupted.waited, default=0.0)
    report.tell(
        "kills", f"{kills} kills in {last_kill - began:.0f} s hit {len(interrupted.waited)} jobs; they waited "
        f"{statistics.median(hit):.1f} s, at most {worst:.1f}; everything settled {settled:.1f} s after the last",
        kills=kills, seed=seed, interrupted=len(interrupted.waited), waited_p50=round(statistics.median(hit), 2),
        waited_max=round(worst, 2), settled_after=round(settled, 1),
    )  # fmt: skip
    return [(one.kind, one.status, str(one.run)) for one in asked if not one.is_over]


def share(left: int, lives: int) -> int:
    """How many runs this life of the worker gets to begin with."""
    return -(-left // lives)


def live(waiting: list[Asked], asked: list[Asked], interrupted: Interrupted, most: int, seconds: float) -> None:
    """Starts runs, approves what is asked, and watches, until the time is over."""
    end, left = time.monotonic() + seconds, most
    while True:
        under_way = Counter(one.person.identity_id for one in asked if one.run and not one.is_over)
        for one in list(waiting):
            if left and under_way[one.person.identity_id] < MOST_UNDER_WAY:
                start(one)
                waiting.remove(one)
                under_way[one.person.identity_id] += 1
                left -= 1
        look(asked)
        interrupted.look()
        if time.monotonic() >= end:
            return
        time.sleep(0.02)


def start(one: Asked) -> None:
    from governance.perform import perform

    pause = f"#sim slow {50 + one.number * 37 % 350}ms"
    text = {
        "question": f"Que contient ce fil ?\n{pause}\n#sim text Réponse {one.number}.",
        "note": f"Crée une note « Kills {one.number} »\n{pause}\n"
        f'#sim tool spheres.item.create {{"title": "Kills {one.number}", "sphere": "personal"}}',
        "send": f"Envoie un courriel à kills-{one.number}@example.com pour confirmer notre rendez-vous\n{pause}",
    }[one.kind]
    if one.kind == "send":
        text += (
            f'\n#sim tool governance.message.send {{"to": ["kills-{one.number}@example.com"], '
            f'"subject": "Kills {one.number}", "body": "Bonjour"}}'
        )
    with one.person.acting():
        one.run = perform("agents.run.start", {"text": text, "sphere": "personal"}).pk


def look(asked: list[Asked]) -> None:
    """Reads what has become of the runs, and approves as the person whose run asks."""
    from agents.models import Run
    from governance.isolation.context import Why, system_scope

    open_runs = {one.run: one for one in asked if one.run and not one.is_over}
    with system_scope(Why.VERIFY):
        rows = list(Run.objects.filter(pk__in=list(open_runs)).values_list("pk", "status", "error", "checkpoint_id"))
    for pk, status, error, question in rows:
        open_runs[pk].status, open_runs[pk].error = status, error
        if status == "awaiting_approval":
            approve(open_runs[pk].person, question)


def approve(person: Person, question: UUID) -> None:
    from governance.models import Checkpoint
    from governance.perform import perform

    with person.looking():
        row = Checkpoint.objects.get(pk=question)
    if row.status == "pending":
        with person.acting():
            decision = {"checkpoint": row.pk, "decision": "approve", "envelope_digest": row.envelope_digest}
            perform("governance.checkpoint.decide", decision)


def complaints(report: Report, worker: Process) -> None:
    """What the worker wrote is told: a healthy one writes nothing."""
    if told := worker.written().strip():
        report.tell("log", told.splitlines()[-1][:200], log=told[-4000:])


def sweep(report: Report) -> None:
    """The sweeps, with the age from which they act lowered to nothing."""
    from governance.checkpoints.tasks import show_lost
    from governance.ledger.tasks import end_orphans

    shown, ended = show_lost(timedelta(0)), end_orphans(timedelta(0))
    report.tell("sweeps", f"{shown} lost executions shown, {ended} holds ended", executions=shown, holds=ended)


def prove(report: Report, here: Ground, asked: list[Asked], cast: list[Person]) -> None:
    states = Counter(f"{one.kind} {one.status} {one.error}".strip() for one in asked)
    report.tell("states", str(dict(sorted(states.items()))), states=dict(states))
    prove_mails(report, here, asked)
    prove_rows(report, asked)
    wrong = [line for person in cast for line in [*wrong_balances(person), *still_held(person)]]
    report.prove("ledger", not wrong, f"{len(wrong)} accounts hold something or differ from their rows", wrong=wrong)
    broken = [str(person.identity_id) for person in cast if not intact(person)]
    report.prove("chains", not broken, f"{len(cast)} chains, {len(broken)} broken", broken=broken)


def prove_mails(report: Report, here: Ground, asked: list[Asked]) -> None:
    """Files in the outbox: each Message-ID once, each run once, none missing for a completed run."""
    from governance.models import OutboundMail

    mine = {f"Kills {one.number}": one for one in asked if one.kind == "send"}
    ids: Counter[str] = Counter()
    subjects: Counter[str] = Counter()
    for path in (here.folder / "outbox").glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if str(message["Subject"]) in mine:
            ids[str(message["Message-ID"])] += 1
            subjects[str(message["Subject"])] += 1
    rows = Counter[str]()
    for one in mine.values():
        with one.person.looking():
            rows[f"Kills {one.number}"] = OutboundMail.objects.filter(run_id=one.run).count()
    doubled = [key for counted in (ids, subjects, rows) for key, times in counted.items() if times > 1]
    missing = [subject for subject, one in mine.items() if one.status == "completed" and not subjects[subject]]
    report.prove(
        "mails", not doubled and not missing,
        f"{sum(ids.values())} e-mails left for {len(mine)} runs; {len(doubled)} doubled, {len(missing)} missing",
        left=sum(ids.values()), doubled=doubled, missing=missing,
    )  # fmt: skip


def prove_rows(report: Report, asked: list[Asked]) -> None:
    """Notes, answers and attempts of every run."""
    from django.db.models import Sum

    from agents.models import Attempt, Run
    from spheres.models import Item
    from threads.models import Message

    faults: list[str] = []
    for one in asked:
        with one.person.looking():
            notes = Item.objects.filter(title=f"Kills {one.number}").count()
            answers = Message.objects.filter(run_id=one.run).count()
            attempts = Attempt.objects.filter(run_id=one.run)
            paid = attempts.aggregate(total=Sum("credits"))["total"] or 0
            calling = attempts.filter(state="calling").count()
            run = Run.objects.get(pk=one.run)
        wanted = one.kind == "note" and one.status == "completed"
        if notes > 1 or (wanted and notes != 1):
            faults.append(f"{one.kind} {one.number} {one.status}: {notes} notes")
        if answers != 1 or (one.status == "completed" and not run.result_text):
            faults.append(f"{one.kind} {one.number} {one.status}: {answers} answers")
        if paid != run.credits or calling:
            faults.append(f"{one.kind} {one.number} {one.status}: paid {paid}, told {run.credits}, calling {calling}")
    report.prove("once", not faults, f"{len(faults)} runs with a doubled or missing act or answer", faults=faults)


def still_held(person: Person) -> list[str]:
    from governance.models import Account, Hold

    with person.looking():
        held = Account.objects.exclude(tokens_held=0, pico_usd_held=0).values_list("kind", "tokens_held")
        open_holds = Hold.objects.filter(state__in=["held", "calling"]).count()
        return [f"{kind} holds {tokens}" for kind, tokens in held] + [f"{open_holds} holds are open"] * bool(open_holds)


if __name__ == "__main__":
    main()
