"""Which kinds of jobs there are: declared in the apps' `tasks` modules, found by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.utils.module_loading import autodiscover_modules

Handler = Callable[[UUID | None], None]
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of job is done. `tries` counts starts; `every` is its period in seconds, when it has one."""

    name: str
    handler: Handler
    tries: int
    every: int | None = None


_kinds: dict[str, Kind] = {}
_loading = threading.RLock()
_loaded = False


def job(name: str, *, tries: int = 5) -> Callable[[Handler], Handler]:
    """Declares `handler(object_id)` as what a job of this kind does.

    It runs with the context of the person and identity that enqueued it, outside any transaction. It may
    run more than once (a process can die after the effect and before it is noted), so it must be
    idempotent: claim the object's state first, as every action does.
    """
    return _declare(name, tries, None)


def every(seconds: int, name: str, *, tries: int = 5) -> Callable[[Handler], Handler]:
    """Declares an installation's job that runs once per period of `seconds`, whatever the number of workers.

    It runs unbound, with `object_id` None. Periods missed while nothing ran are not made up for.
    """
    return _declare(name, tries, seconds)


def _declare(name: str, tries: int, seconds: int | None) -> Callable[[Handler], Handler]:
    if len(name) > LONGEST_NAME or tries < 1:
        raise ValueError(f"the job kind {name}: at most {LONGEST_NAME} characters and at least one try")

    def declare(handler: Handler) -> Handler:
        if name in _kinds:
            raise ValueError(f"the job kind {name} is declared twice")
        _kinds[name] = Kind(name, handler, tries, seconds)
        return handler

    return declare


_warmups: list[Callable[[], object]] = []


def warm_up(call: Callable[[], object]) -> Callable[[], object]:
    """Declares what a worker does once at its start, so that the first job need not wait for it."""
    _warmups.append(call)
    return call


def warmups() -> list[Callable[[], object]]:
    return list(_warmups)


def kinds() -> dict[str, Kind]:
    """Every declared kind by name; the first call imports the apps' `tasks`."""
    global _loaded
    with _loading:
        if not _loaded:
            import_module("governance.jobs.tasks")
            autodiscover_modules("tasks")
            _loaded = True
    return _kinds


def get_kind(name: str) -> Kind:
    """The declared kind; KeyError when there is none of that name."""
    return kinds()[name]
