"""The stand-alone verifier and replay, where Django is not installed (design 3.5, 8.2).

    python -m benchmarks.exports [--small | --full]

Makes archives as people ask for them: everything, the whole log, the log narrowed. Each is checked by the programs it
brings along, run by a bare interpreter (`python -I -S`, empty environment). Proves: Django cannot be imported there;
every clean archive is whole and every verdict in it comes out again; every mutation of a byte, a line or a file is
found and its file named; every entry and every verdict changed with care, the manifest made to fit, is named.
The goal: 100 clean archives, 1 000 mutations.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.ground import ground
from benchmarks.measuring import Report, size_of
from benchmarks.mutations import Files, entry_changed, mutated, verdict_changed
from benchmarks.people import Person, people

# archives, mutations of files, entries and verdicts changed with care (of each)
SIZES = {"small": (6, 60, 15), "usual": (24, 300, 60), "full": (100, 1_000, 200)}
# What makes the signature is named by what it no longer signs.
SIGNING = frozenset({"manifest.json", "manifest.sig", "audit/keys.json"})
UNSIGNED = ("signed by nobody we know", "the archive is not signed")
WORKERS = 2
Told = tuple[int, str]


def main() -> None:
    size = size_of(__doc__)
    report = Report("exports", size)
    archives, mutations, careful = SIZES[size]
    with ground(), tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        bench = Bench(Path(folder), pool)
        report.prove("bare", bench.is_bare(), "no Django where the programs run")
        cast = people(max(2, archives // 10))
        began = time.perf_counter()
        made = [archive(cast[number % len(cast)], number) for number in range(archives)]
        report.tell("made", f"{len(made)} archives in {time.perf_counter() - began:.1f} s", archives=len(made))
        clean(report, bench, made)
        harmed(report, bench, made, mutations)
        with_care(report, bench, made, careful, "verify.py", entry_changed, "entries")
        with_care(report, bench, made, careful, "replay.py", verdict_changed, "verdicts")
    report.close()


class Bench:
    """Runs a program of an archive on that archive, in a bare interpreter."""

    def __init__(self, folder: Path, pool: ThreadPoolExecutor) -> None:
        self.folder, self.pool, self.numbers = folder, pool, count()

    def is_bare(self) -> bool:
        done = self._python("-c", "import django")
        return done[0] != 0 and "ModuleNotFoundError" in done[1]

    def all(self, program: str, archives: list[Files]) -> list[Told]:
        return list(self.pool.map(lambda files: self.run(program, files), archives))

    def run(self, program: str, files: Files) -> Told:
        """The program is the untouched one: who checks brings their own."""
        path = self.folder / f"{next(self.numbers)}.zip"
        path.write_bytes(zipped(files))
        try:
            return self._python(str(self.programs[program]), str(path))
        finally:
            path.unlink()

    @property
    def programs(self) -> dict[str, Path]:
        from governance.audit import replay_export, verify_export

        return {"verify.py": Path(verify_export.__file__), "replay.py": Path(replay_export.__file__)}

    def _python(self, *arguments: str) -> Told:
        command = [sys.executable, "-I", "-S", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
        return done.returncode, done.stdout + done.stderr


def archive(person: Person, number: int) -> Files:
    """One archive, of each kind in turn, after a few more acts."""
    from governance.perform import perform
    from governance.rights.archive import make_archive
    from governance.rights.places import archive_of

    with person.acting():
        for each in range(3):
            perform("spheres.task.create", {"title": f"Semis {number}.{each}", "sphere": "personal"})
        if number % 3 == 0:
            row = perform("governance.export.request", {})
        else:
            row = perform("governance.audit.export", {} if number % 3 == 1 else {"action": "spheres.task.create"})
    with person.acting("task"):
        make_archive(row.pk)
    with zipfile.ZipFile(archive_of(row.identity_id, row.pk)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(files: Files) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return kept.getvalue()


def clean(report: Report, bench: Bench, made: list[Files]) -> None:
    began = time.perf_counter()
    for program, last in (("verify.py", "whole"), ("replay.py", "the same")):
        told = bench.all(program, made)
        right = sum(code == 0 and text.splitlines()[-1] == last for code, text in told)
        report.prove(
            f"clean.{program}",
            right == len(made),
            f"{right} of {len(made)} archives: {last}",
            right=right,
            of=len(made),
        )
    each = (time.perf_counter() - began) / (2 * len(made))
    report.tell(
        "time", f"{each * 1000:.0f} ms for a program and an archive, its start included", seconds=round(each, 3)
    )


def harmed(report: Report, bench: Bench, made: list[Files], number: int) -> None:
    """A byte, a line, an end, a file."""
    dice = random.Random(11)
    changed = [mutated(dice.choice(made), dice) for _ in range(number)]
    told = bench.all("verify.py", [files for _, files in changed])
    missed = [
        name
        for (name, _), (code, text) in zip(changed, told, strict=True)
        if code == 0 or not any(word in text for word in (name, *(UNSIGNED if name in SIGNING else ())))
    ]
    report.prove(
        "mutations", not missed, f"{number - len(missed)} of {number} found and named", missed=missed[:5], of=number
    )


def with_care(
    report: Report, bench: Bench, made: list[Files], number: int, program: str,
    change: Callable[[Files, random.Random], tuple[str, Files]], what: str,
) -> None:  # fmt: skip
    """What a file's digest would tell nobody, since the manifest was made to fit."""
    dice = random.Random(13)
    changed: list[tuple[str, Any]] = [change(dice.choice(made), dice) for _ in range(number)]
    told = bench.all(program, [files for _, files in changed])
    missed = [name for (name, _), (code, text) in zip(changed, told, strict=True) if code == 0 or name not in text]
    report.prove(what, not missed, f"{number - len(missed)} of {number} named", missed=missed[:5], of=number)


if __name__ == "__main__":
    main()
