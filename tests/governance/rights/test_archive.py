"""One ZIP that holds everything of an identity and can be read and checked without the program."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from governance.errors import Conflict, Gone, NotAllowed
from governance.isolation.context import Channel
from governance.models import AuditEntry, Event, Job, Membership
from governance.perform import perform
from governance.rights import parts, places
from governance.rights.models import DataExport
from governance.rights.sources import sources
from governance.rights.tasks import sweep
from tests.cast import Person
from tests.governance.rights.archives import again, exported, file_of, opened, requested, written
from tests.spheres import makers

State = DataExport.State


def filled(person: Person) -> None:
    with person.acting():
        makers.item("Bail de la rue Fabre", content="Loyer : 1 000 $")
        makers.capture("Appeler la régie")
        thread = perform("threads.thread.create", {"title": "Assurance", "sphere": "personal"})
        perform("threads.message.add", {"thread": thread.pk, "content": "Où est la police ?"})


def test_it_holds_the_rows_of_every_table_the_people_and_a_read_me_in_both_languages(alice: Person) -> None:
    filled(alice)
    held = opened(exported(alice))
    assert {f"data/{source.name}.json" for source in sources()} <= held.names()
    assert [row["title"] for row in held.json("data/spheres/items.json")] == ["Bail de la rue Fabre"]
    assert [row["content"] for row in held.json("data/spheres/captures.json")] == ["Appeler la régie"]
    assert "Où est la police ?" in [row["content"] for row in held.json("data/threads/messages.json")]
    assert held.json("identity.json")["name"] == "Alice"
    assert [(row["email"], row["role"]) for row in held.json("people.json")] == [(alice.email, "owner")]
    assert "Archive d’une identité" in held.text("LISEZMOI.txt")
    assert "Archive of one identity" in held.text("README.txt")


def test_the_rows_are_all_rows_with_all_their_columns(alice: Person) -> None:
    filled(alice)
    row = requested(alice)
    with alice.looking():
        counts = {source.name: source.count() for source in sources() if source.model is not Event}
    held = opened(written(alice, row))
    assert {name: len(held.json(f"data/{name}.json")) for name in counts} == counts
    for source in sources():
        assert all(set(one) == set(source.columns) for one in held.json(f"data/{source.name}.json")), source.name


def test_more_rows_than_one_piece_are_all_there_in_order(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.rights.sources.CHUNK", 2)
    monkeypatch.setattr("governance.rights.parts.CHUNK", 3)
    with alice.acting():
        for number in range(5):
            makers.capture(f"capture {number}")
    held = opened(exported(alice))
    told = [row["content"] for row in held.json("data/spheres/captures.json")]
    assert told == [f"capture {number}" for number in range(5)]
    chain = [json.loads(line)["seq"] for line in held.text("audit/chain.jsonl").splitlines()]
    assert chain == list(range(1, held.json("audit/head.json")["seq"] + 1))


def test_the_log_is_there_with_opened_payloads_and_its_exact_bytes(alice: Person) -> None:
    filled(alice)
    held = opened(exported(alice))
    readable = held.json("data/governance/log.json")
    created = next(entry for entry in readable if entry["action"] == "spheres.item.create")
    assert created["payload"]["params"]["title"] == "Bail de la rue Fabre"
    with alice.looking():
        kept = {row.seq: bytes(row.body).decode() for row in AuditEntry.objects.all()}
    for line in held.text("audit/chain.jsonl").splitlines():
        entry = orjson.loads(line)
        assert entry["body"] == kept[entry["seq"]]


def test_its_own_verifier_finds_it_whole_and_every_change_to_it(alice: Person, tmp_path: Path) -> None:
    filled(alice)
    held = opened(exported(alice))
    code, told = held.verify(tmp_path)
    assert (code, told.splitlines()[-1]) == (0, "whole")
    assert "signed up to entry" in told
    chain = (tmp_path / "audit/chain.jsonl").read_text().splitlines(keepends=True)
    for name, text in {
        "body": chain[0].replace("governance.person.register", "governance.person.regisTer") + "".join(chain[1:]),
        "payload": chain[0].replace("example.com", "example.org") + "".join(chain[1:]),
        "cut": "".join(chain[:-1]),
        "hole": "".join([*chain[:2], *chain[3:]]),
        "order": "".join([chain[1], chain[0], *chain[2:]]),
    }.items():
        (tmp_path / "audit/chain.jsonl").write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        manifest["files"]["audit/chain.jsonl"]["sha256"] = digest
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        code, told = _verify(tmp_path)
        assert (code, "\nlog: " in told, "manifest.json: altered" in told) == (1, True, True), (name, told)


def _verify(folder: Path) -> tuple[int, str]:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True, env={}, check=False
    )
    return done.returncode, done.stdout


def test_the_manifest_has_the_digest_of_every_file(alice: Person, tmp_path: Path) -> None:
    held = opened(exported(alice))
    files = held.json("manifest.json")["files"]
    assert set(files) == held.names() - {"manifest.json", "manifest.sig"}
    for name, facts in files.items():
        raw = held.zip.read(name)
        assert (facts["sha256"], facts["bytes"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
    held.zip.extractall(tmp_path)
    (tmp_path / "README.txt").write_text("x")
    (tmp_path / "more.txt").write_text("x")
    (tmp_path / "LISEZMOI.txt").unlink()
    code, told = _verify(tmp_path)
    assert (code, [line for line in told.splitlines() if not line.startswith("signed up to")]) == (
        1, ["LISEZMOI.txt: missing", "more.txt: not in the manifest", "README.txt: altered", "3 faults"],
    )  # fmt: skip


def test_own_mails_and_files_are_in_it_and_nobody_elses(alice: Person, charlie: Person) -> None:
    for person, word in ((alice, "la nôtre"), (charlie, "la leur")):
        _sent(person, word)
        folder = Path(settings.DATA_DIR) / "files" / str(person.identity.pk)
        folder.mkdir(parents=True)
        (folder / "bail.txt").write_text(word)
    held = opened(exported(alice))
    assert held.text("files/bail.txt") == "la nôtre"
    mails = [name for name in held.names() if name.startswith("outbox/")]
    assert len(mails) == 1
    assert "la leur" not in held.all_text()
    assert charlie.email not in held.all_text()


def _sent(person: Person, word: str) -> None:
    """An e-mail of the person that has left, with its file in the outbox."""
    from governance.models import OutboundMail

    message = f"<{word.replace(' ', '-')}-{person.identity.pk}@chenu.invalid>".replace("ô", "o")
    with person.acting(), transaction.atomic():
        OutboundMail.objects.create(
            to=["paul@example.com"], subject=word, body=word, message_id=message, person_id=person.user.pk,
            recipients=1, created_at=timezone.now(),
        )  # fmt: skip
    EmailMessage(word, word, to=["paul@example.com"], headers={"Message-ID": message}).send()


def test_only_the_installation_itself_can_read_the_file(alice: Person) -> None:
    row = exported(alice)
    assert stat.S_IMODE(file_of(row).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(row).parent.stat().st_mode) == 0o700
    assert [path.name for path in file_of(row).parent.iterdir()] == [f"{row.pk}.zip"]


def test_asking_makes_a_job_and_finishing_opens_it_for_a_week_with_its_digest(alice: Person) -> None:
    row = requested(alice)
    job = Job.objects.get(object_id=row.pk)
    assert (row.state, job.kind, job.identity_id) == (State.WAITING, "governance.rights.export", alice.identity.pk)
    done = written(alice, row)
    assert (done.state, done.rows_done) == (State.READY, done.rows_total)
    assert done.sha256 == hashlib.sha256(file_of(row).read_bytes()).hexdigest()
    assert done.bytes == file_of(row).stat().st_size
    assert (done.expires_at - done.ready_at).days == 7
    with alice.looking():
        told = list(Event.objects.filter(object_id=row.pk).order_by("seq").values_list("kind", flat=True))
    assert (told[0], told[-1], set(told[1:-1])) == ("export.requested", "export.ready", {"export.progress"})


def test_a_second_one_waits_for_the_first_and_a_finished_one_is_not_written_again(alice: Person) -> None:
    row = requested(alice)
    with pytest.raises(Conflict) as refused:
        requested(alice)
    assert refused.value.code == "export_under_way"
    done = written(alice, row)
    before = file_of(row).stat().st_mtime_ns
    assert written(alice, row).sha256 == done.sha256
    assert file_of(row).stat().st_mtime_ns == before
    assert requested(alice).pk != row.pk


def test_a_worker_that_dies_in_the_middle_leaves_parts_the_next_one_goes_on_from(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(alice)
    row = requested(alice)
    real, seen = parts.write_once, []

    def dies(path: Path, *args: Any, **more: Any) -> None:
        if path.name == "messages.json":
            raise KeyboardInterrupt
        real(path, *args, **more)

    monkeypatch.setattr(parts, "write_once", dies)
    with pytest.raises(KeyboardInterrupt):
        written(alice, row)
    assert again(alice, row).state == State.WRITING
    assert not file_of(row).exists()
    kept = {p: p.stat().st_mtime_ns for p in places.parts_of(row.identity_id, row.pk).rglob("items.json")}
    assert len(kept) == 1

    def watches(path: Path, *args: Any, **more: Any) -> None:
        seen.append((path.name, path.exists()))
        real(path, *args, **more)

    monkeypatch.setattr(parts, "write_once", watches)
    done = written(alice, row)
    assert ("items.json", True) in seen
    assert ("messages.json", False) in seen
    assert (done.state, done.rows_done) == (State.READY, done.rows_total)
    assert not places.parts_of(row.identity_id, row.pk).exists()
    assert [one["title"] for one in opened(done).json("data/spheres/items.json")] == ["Bail de la rue Fabre"]


def test_a_member_may_not_ask_nor_take_and_an_agent_never(alice: Person, bob: Person, workshop: Any) -> None:
    row = exported(alice, workshop)
    with pytest.raises(NotAllowed):
        requested(bob, workshop)
    with bob.acting(workshop), pytest.raises(NotAllowed):
        perform("governance.export.download", {"export": row.pk})
    with alice.acting(agent="nova"), pytest.raises(NotAllowed):
        perform("governance.export.request", {})
    with alice.acting(), pytest.raises(NotAllowed):
        perform("governance.export.finish", {"export": row.pk, "bytes": 1, "sha256": "0" * 64})


def test_who_was_demoted_meanwhile_gets_no_archive(alice: Person, bob: Person, workshop: Any) -> None:
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="admin")
    row = requested(bob, workshop)
    Membership.objects.filter(user=bob.user, identity=workshop).update(role="member")
    with pytest.raises(NotAllowed):
        written(bob, row, workshop)
    assert not file_of(row).exists()


def test_a_download_is_an_entry_of_the_log(alice: Person) -> None:
    row = exported(alice)
    with alice.acting():
        perform("governance.export.download", {"export": row.pk})
    with alice.looking():
        entry = AuditEntry.objects.latest_first()[0]
        assert (entry.action, entry.effect, entry.resource_id) == ("governance.export.download", "READ", row.pk)
    assert again(alice, row).downloads == 1


def test_after_a_week_it_is_gone_even_before_the_sweep_and_the_sweep_takes_the_file_away(alice: Person) -> None:
    row = exported(alice)
    with alice.acting(), transaction.atomic():
        DataExport.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    assert again(alice, row).shown_state == State.EXPIRED
    with alice.acting(), pytest.raises(Gone):
        perform("governance.export.download", {"export": row.pk})
    assert file_of(row).exists()
    sweep(None)
    assert not file_of(row).exists()
    assert again(alice, row).state == State.EXPIRED


def test_one_whose_job_was_given_up_can_be_asked_for_again(alice: Person) -> None:
    row = requested(alice)
    sweep(None)
    assert again(alice, row).state == State.WAITING
    Job.objects.filter(object_id=row.pk).update(state=Job.State.DEAD)
    sweep(None)
    assert again(alice, row).state == State.FAILED
    assert requested(alice).state == State.WAITING


def test_nobody_but_the_sweep_ends_one(alice: Person) -> None:
    row = exported(alice)
    for channel in (Channel.API, Channel.TASK):
        with alice.acting(channel=channel), pytest.raises(NotAllowed):
            perform("governance.export.end", {"export": row.pk, "state": "expired"})
    assert file_of(row).exists()
    assert not connection.in_atomic_block
