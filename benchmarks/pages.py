"""What lists and pages cost, and that their number of queries does not grow (design 8.1).

    python -m benchmarks.pages [--small | --full]

In this process, through the whole chain of middleware, with a live token or session:
- `threads`, `tasks`: the API's list of 50 beside a bare DRF list and beside `.values()` of the same rows
  (benchmarks/bare.py: nobody signs in there);
- `page`: the pages with a list, warm, beside a plain Django page of 50 rows.
Proves: each list and page needs the same number of queries with 1, 50 and 5 000 rows (`--full`: 50 000), and
what is listed is right.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.ground import ground
from benchmarks.measuring import Report, side_by_side, size_of
from benchmarks.people import Person, people

# requests per round, rounds, rows
SIZES = {"small": (3, 2, (1, 50, 300)), "usual": (40, 5, (1, 50, 5_000)), "full": (200, 7, (1, 50, 50_000))}
API = {"threads": "/api/v2/threads/", "tasks": "/api/v2/tasks/"}
PAGES = {"home": "/home/", "tasks": "/tasks/", "threads": "/threads/", "sphere": "/s/personal/"}
MOST_QUERIES = 12


def main() -> None:
    size = size_of(__doc__)
    report = Report("pages", size)
    each, rounds, volumes = SIZES[size]
    with ground():
        rich = queries(report, volumes)
        lists(report, rich, each, rounds)
        warm_pages(report, rich, each, rounds)
    report.close()


class Site:
    """The whole site, called without a server; each call ends as a served request does."""

    def __init__(self, person: Person, middleware: list[str] | None = None) -> None:
        from django.conf import settings
        from django.core.handlers.base import BaseHandler
        from django.test import Client, RequestFactory, override_settings

        self.handler = BaseHandler()
        with override_settings(MIDDLEWARE=middleware or settings.MIDDLEWARE):
            self.handler.load_middleware()
        browser = Client(SERVER_NAME="localhost")
        browser.force_login(person.user)
        browser.get("/api/v2/auth/me/")  # the session's epoch
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        self.requests = RequestFactory(SERVER_NAME="localhost", HTTP_COOKIE=cookies)
        self.token = {"HTTP_AUTHORIZATION": f"Bearer {person.token()}"}

    def get(self, path: str) -> bytes:
        """The body; raises when the answer is no 200."""
        headers = self.token if path.startswith("/api/") else {}
        response = self.handler.get_response(self.requests.get(path, **headers))
        body: bytes = response.content
        response.close()
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code} {body[:300]!r}")
        return body


def fill(person: Person, rows: int) -> None:
    """Threads and tasks, inserted together: how they came is not what is measured."""
    from django.db import transaction

    from spheres.models import Item
    from threads.models import Thread

    words = "Rappeler la pépinière, comparer les prix et noter ce qui reste à planter. " * 3
    with person.acting(), transaction.atomic():
        threads = [
            Thread(title=f"Fil {n}", sphere="personal", token_budget=10_000, created_by=person.user.pk)
            for n in range(rows)
        ]
        Thread.objects.bulk_create(threads, batch_size=1000)
        tasks = [
            Item(type="task", status="pending", priority="normal", title=f"Tâche {n}", content=words, sphere="personal")
            for n in range(rows)
        ]
        Item.objects.bulk_create(tasks, batch_size=1000)


def queries(report: Report, volumes: tuple[int, ...]) -> Person:
    """The statements of each list and page by number of rows; the person with the most rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counted: dict[str, dict[int, int]] = {}
    right = True
    cast = people(len(volumes))
    for person, rows in zip(cast, volumes, strict=True):
        fill(person, rows)
        site = Site(person)
        for name, path in {**{f"api.{key}": value for key, value in API.items()}, **PAGES}.items():
            site.get(path)
            with CaptureQueriesContext(connection) as captured:
                body = site.get(path)
            counted.setdefault(name, {})[rows] = len(captured)
            if name.startswith("api."):
                right = right and len(json.loads(body)["results"]) == min(rows, 50)
    analyse()
    report.prove("rows", right, "each list holds what it should")
    for name, found in counted.items():
        report.prove(
            f"queries.{name}", len(set(found.values())) == 1, f"{found} (rows: queries)", queries=list(found.values())
        )
    most = max(max(found.values()) for found in counted.values())
    report.prove(
        "queries.most",
        most <= MOST_QUERIES,
        f"{most} at most on a page or list, {MOST_QUERIES} allowed",
        most=most,
    )
    return cast[-1]


def analyse() -> None:
    """What the server's own autovacuum does after a while."""
    from django.db import connection

    from governance.isolation.roles import as_owner

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def lists(report: Report, person: Person, each: int, rounds: int) -> None:
    from benchmarks import bare

    bare.person = person
    ours, plain = Site(person), Site(person, ["benchmarks.bare.Bound"])
    for name, path in API.items():
        same(report, name, ours.get(path), plain.get(f"/bare/{name}/"))
        cases = {
            "drf": lambda name=name: plain.get(f"/bare/{name}/"),
            "values": lambda name=name: plain.get(f"/values/{name}/"),
            "governed": lambda path=path: ours.get(path),
        }
        found = side_by_side(cases, rounds=rounds, each=each)
        report.compare(name, found, "drf", values_ratio=round(found["governed"].p50 / found["values"].p50, 2))


def same(report: Report, name: str, ours: bytes, plain: bytes) -> None:
    mine, theirs = ([row["id"] for row in json.loads(body)["results"]] for body in (ours, plain))
    report.prove(f"{name}.same", mine == theirs, f"both lists hold the same {len(mine)} rows")


def warm_pages(report: Report, person: Person, each: int, rounds: int) -> None:
    from benchmarks import bare

    bare.person = person
    ours, plain = Site(person), Site(person, ["benchmarks.bare.Bound"])
    cases: dict[str, Any] = {"plain": lambda: plain.get("/bare/page/")}
    cases |= {name: lambda path=path: ours.get(path) for name, path in PAGES.items()}
    report.compare("page", side_by_side(cases, rounds=rounds, each=each), "plain")


if __name__ == "__main__":
    main()
