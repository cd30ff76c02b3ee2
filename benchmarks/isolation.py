"""Does `check_isolation` see what a careless hand does to the walls? (design 2.3, 8.2)

    python -m benchmarks.isolation [--small | --full]

Plants every misconfiguration that the tests of the isolation know, one at a time, in the deployed database:
policies dropped or widened, grants, triggers, keys, functions, views, roles. Proves: each of them is found
and named, and before, between and after them there is no finding. Measures one whole check.
"""

from __future__ import annotations

import os
import time

from benchmarks.ground import Ground, ground
from benchmarks.measuring import Report, figure, size_of

FEWEST = 10
SMALL_STEP = 4  # every fourth plant


def main() -> None:
    size = size_of(__doc__)
    report = Report("isolation", size)
    with ground() as here:
        os.environ.setdefault("CHENU_TEST_DIR", str(here.folder))  # where the tests' own tools look for the server
        report.prove("clean", not found(), "a clean database has no finding", findings=sorted(found()))
        missed, planted = tables(SMALL_STEP if size == "small" else 1)
        lost, changed = roles(here, SMALL_STEP if size == "small" else 1)
        count = planted + changed
        missed += lost
        report.prove(
            "found", not missed and count >= FEWEST, f"{count - len(missed)} of {count} plants found and named",
            planted=count, found=count - len(missed), missed=missed,
        )  # fmt: skip
        report.prove("undone", not found(), "and none is left", findings=sorted(found()))
        times = figure([[timed_check() for _ in range(3 if size == "small" else 15)]])
        report.tell("check", f"one whole check: p50 {times.p50 / 1000:.0f} ms", p50_us=round(times.p50), n=times.n)
    report.close()


def found() -> set[tuple[str, str]]:
    from django.db import connection

    from governance.isolation.inspect import findings

    try:
        return {(finding.where, finding.what) for finding in findings()}
    finally:
        connection.close()


def timed_check() -> float:
    began = time.perf_counter()
    found()
    return (time.perf_counter() - began) * 1e6


def tables(step: int) -> tuple[list[str], int]:
    """Plants in tables, functions and views: (missed, planted)."""
    from tests.governance.isolation.test_inspect import PLANTS
    from tests.governance.isolation.walls import planted

    missed, chosen = [], list(PLANTS.items())[::step]
    for name, (plant, undo, where, what) in chosen:
        with planted(plant, undo):
            if (where, what) not in found():
                missed.append(name)
    return missed, len(chosen)


def roles(here: Ground, step: int) -> tuple[list[str], int]:
    """Plants in roles: committed nowhere, looked at from inside their transaction."""
    from governance.isolation import deployed
    from governance.isolation.inspect import findings
    from tests.governance.isolation.test_inspect import ROLE_PLANTS
    from tests.governance.isolation.walls import database_name

    missed, chosen, real = [], list(ROLE_PLANTS.items())[::step], deployed.connection
    for name, (plant, where, what) in chosen:
        with here.superuser() as admin:
            admin.autocommit = False
            admin.execute("SET search_path = public")
            deployed.connection = admin  # type: ignore[assignment]
            try:
                before = set(findings())
                admin.execute(plant.format(database=database_name()))
                during = {(finding.where, finding.what) for finding in set(findings()) - before}
            finally:
                deployed.connection = real
                admin.rollback()
        if (where, what) not in during:
            missed.append(name)
    return missed, len(chosen)


if __name__ == "__main__":
    main()
