"""An approval is carried out once (design 3.4, 8.2).

    python -m benchmarks.resumes [--small | --full]

50 approved e-mails; each approval is executed 40 times at once, by 4 processes × 10 threads: half of the
racers as a person's own request, half as the job that carries approvals out. Proves: each mail is written
once and leaves once, each approval has one execution and one entry, every other racer is refused clearly,
and what the racers leave behind says “executed”.
Tells how long the slowest race took.
"""

from __future__ import annotations

import email
from collections import Counter
from email import policy
from typing import Any
from uuid import UUID

from benchmarks.crowd import by_threads, crowd
from benchmarks.ground import Ground, ground
from benchmarks.measuring import Report, size_of
from benchmarks.people import Person, intact, people

# approvals, racers of each, processes
SIZES = {"small": (4, 12, 2), "usual": (50, 40, 4), "full": (200, 80, 4)}
EACH_PERSON = 10
SEND = "governance.message.send"
Approved = tuple[Person, UUID, dict[str, Any]]


def main() -> None:
    size = size_of(__doc__)
    report = Report("resumes", size)
    with ground() as here:
        approvals, racers, processes = SIZES[size]
        cast = people(-(-approvals // EACH_PERSON))
        asked = [approved(cast[number // EACH_PERSON], number) for number in range(approvals)]
        threads = racers // processes
        with crowd(processes) as together:
            counted: Counter[str] = Counter()
            slowest = 0.0
            for one in asked:
                answers, took = together.run(race, [(*one, threads)] * processes)
                counted.update(code for each in answers for code in each)
                slowest = max(slowest, took)
        tell(report, asked, counted, approvals, racers, slowest)
        prove(report, here, asked)
    report.close()


def approved(person: Person, number: int) -> Approved:
    """An e-mail that the person asked for, saw and approved."""
    from governance.errors import CheckpointRequired
    from governance.models import Checkpoint
    from governance.perform import perform

    mail = {"to": [f"paul-{number}@example.com"], "subject": f"Resumes {number}", "body": "Bonjour"}
    with person.acting():
        try:
            perform(SEND, mail)
        except CheckpointRequired as asked:
            question = UUID(asked.checkpoint["id"])
    with person.looking():
        digest = Checkpoint.objects.get(pk=question).envelope_digest
    with person.acting():
        decision = {"checkpoint": question, "decision": "approve", "envelope_digest": digest}
        perform("governance.checkpoint.decide", decision)
    return person, question, mail


def race(person: Person, question: UUID, mail: dict[str, Any], threads: int) -> list[str]:
    """In a process of its own: `threads` racers; what each of them was told."""
    from governance.checkpoints.carrying import carry_out_approved
    from governance.errors import GovernanceError
    from governance.perform import perform

    def one(number: int) -> str:
        try:
            if number % 2:
                with person.acting("task"):
                    carry_out_approved(question)
                return "job"
            with person.acting():
                perform(SEND, mail, approval=question)
            return "sent"
        except GovernanceError as refusal:
            return refusal.code

    return by_threads(threads, one, range(threads))


def tell(
    report: Report, asked: list[Approved], counted: Counter[str], approvals: int, racers: int, slowest: float
) -> None:
    report.tell(
        "raced", f"{approvals} × {racers}: {dict(counted)}, slowest race {slowest * 1000:.0f} ms",
        answers=dict(counted), slowest_ms=round(slowest * 1000),
    )  # fmt: skip
    known = {"sent", "job", "checkpoint_consumed"}
    report.prove("answers", set(counted) <= known, "every racer wins or is told why not", answers=sorted(counted))


def prove(report: Report, here: Ground, asked: list[Approved]) -> None:
    from governance.models import AuditEntry, Checkpoint, Execution, OutboundMail

    rows: list[int] = []
    executions: list[int] = []
    entries: list[int] = []
    states: Counter[str] = Counter()
    for person, question, mail in asked:
        with person.looking():
            rows.append(OutboundMail.objects.filter(subject=mail["subject"], status="sent").count())
            executions.append(Execution.objects.filter(checkpoint=question, state="done").count())
            entries.append(AuditEntry.objects.filter(checkpoint_id=question, action=SEND, outcome="allowed").count())
            states[Checkpoint.objects.get(pk=question).status] += 1
    once = [1] * len(asked)
    report.prove("mails", rows == once, f"{sum(rows)} mails written for {len(asked)} approvals", mails=sum(rows))
    left = left_by_subject(here, {mail["subject"] for _, _, mail in asked})
    report.prove("left", sorted(left.values()) == once, f"{sum(left.values())} mails left", left=sum(left.values()))
    report.prove("executions", executions == once, f"{sum(executions)} executions", executions=sum(executions))
    report.prove("entries", entries == once, f"{sum(entries)} entries of a sent mail", entries=sum(entries))
    report.prove("states", set(states) == {"executed"}, f"{dict(states)}", states=dict(states))
    cast = {person.identity_id: person for person, _, _ in asked}.values()
    report.prove("chains", all(map(intact, cast)), f"{len(cast)} chains are whole, payloads open")


def left_by_subject(here: Ground, subjects: set[str]) -> Counter[str]:
    """The files in the outbox, by subject."""
    found: Counter[str] = Counter()
    for path in (here.folder / "outbox").glob("*.eml"):
        subject = str(email.message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"])
        if subject in subjects:
            found[subject] += 1
    return found


if __name__ == "__main__":
    main()
