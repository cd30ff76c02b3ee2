"""Several callers at once, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def race(callers: int, act: Callable[[int], Any]) -> list[Any]:
    """Runs `act(number)` in as many threads, started together; returns results, or the exceptions raised."""
    start = threading.Barrier(callers)
    results: list[Any] = [None] * callers

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "a caller hangs"
    return results
