"""A list costs the same number of queries whatever its length."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.perform import perform
from tests.spheres import makers

PAGES = [
    "/home/",
    "/s/",
    "/s/business/",
    "/s/business/capture/",
    "/s/business/capture/?show=all",
    "/s/business/resume/",
    "/s/business/data/",
    "/capture/",
    "/data/",
    "/tasks/",
    "/tasks/?show=done",
    "/search/?q=dossiers",
    "/trash/",
]
LISTS = [
    "spheres/business/bureau/",
    "spheres/business/bureau/data_files/",
    "captures/",
    "dataspaces/",
    "items/",
    "tasks/",
    "search/?q=dossiers",
    "trash/",
]


def one_of_each(number: int) -> None:
    """A capture, a filed one, a place with a part and an item, a loose item, tasks, and things in the trash."""
    makers.capture(f"dossier {number}")
    filed = makers.capture(f"dossier classé {number}")
    perform("spheres.capture.route", {"capture": filed.pk, "to": "note"})
    place = makers.space(f"dossier {number}")
    makers.space(f"dossier partiel {number}", parent=place.pk)
    makers.item(f"dossier {number}", dataspace=place.pk)
    makers.task(f"dossier {number}", due_on="2026-11-01", dataspace=place.pk)
    done = makers.task(f"dossier fini {number}")
    perform("spheres.task.complete", {"task": done.pk})
    perform("spheres.item.delete", {"item": makers.item(f"dossier jeté {number}").pk})
    perform("spheres.dataspace.delete", {"dataspace": makers.space(f"dossier jeté {number}").pk})


def queries(call) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert call().status_code == 200
    return len(seen)


def costs(person, call) -> tuple[int, int]:
    """The queries of `call` with one row of each and with three, the caches warm."""
    with person.acting():
        one_of_each(1)
    call()
    one = queries(call)
    with person.acting():
        one_of_each(2), one_of_each(3)
    return one, queries(call)


@pytest.mark.parametrize("url", PAGES)
def test_a_page_with_three_rows_costs_what_one_with_one_row_costs(alice, url):
    one, three = costs(alice, lambda: alice.browser.get(url))
    assert one == three


@pytest.mark.parametrize("path", LISTS)
def test_an_api_list_with_three_rows_costs_what_one_with_one_row_costs(alice, path):
    api = alice.api
    one, three = costs(alice, lambda: api.get(path))
    assert one == three


def test_an_item_with_three_versions_costs_what_one_with_one_costs(alice):
    with alice.acting():
        made = makers.item(dataspace=makers.space().pk)
    url = f"/i/{made.pk}/"
    alice.browser.get(url)
    one = queries(lambda: alice.browser.get(url))
    with alice.acting():
        for version in (1, 2):
            perform("spheres.item.update", {"item": made.pk, "version": version, "content": str(version)})
    assert queries(lambda: alice.browser.get(url)) == one


def test_a_dataspace_with_three_items_and_parts_costs_what_one_with_one_costs(alice):
    with alice.acting():
        place = makers.space()
        makers.item(dataspace=place.pk), makers.space("partie", parent=place.pk)
    url = f"/data/{place.pk}/"
    alice.browser.get(url)
    one = queries(lambda: alice.browser.get(url))
    with alice.acting():
        for _ in range(2):
            makers.item(dataspace=place.pk), makers.space("partie", parent=place.pk)
    assert queries(lambda: alice.browser.get(url)) == one
