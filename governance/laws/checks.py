"""Live checks: functions that look at the installation as it runs, registered near what they look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from governance.rules.laws import LAWS


@dataclass(frozen=True, slots=True)
class Finding:
    """`holds` None: it cannot be told. `detail`: numbers and names for the installation's staff, in English."""

    holds: bool | None
    detail: str = ""


def none_of(found: int, what: str) -> Finding:
    """Holds when nothing was found of what must not be."""
    return Finding(found == 0, f"{found} {what}" if found else "")


@dataclass(frozen=True, slots=True)
class Check:
    """`title`: the sentence that is true while the law is kept. `across`: it looks past identities, as the system."""

    law: str
    key: str
    title: str | Promise
    run: Callable[[], Finding]
    across: bool = True


_checks: dict[str, Check] = {}


def register_check(
    law: str, key: str, title: str | Promise, run: Callable[[], Finding], *, across: bool = True
) -> None:
    """Has the check run with all others, under its law. The same once more changes nothing."""
    check = Check(law, key, title, run, across)
    if law not in {each.code for each in LAWS} or _checks.get(key, check).run is not run:
        raise ValueError(f"{key}: no such law, or registered twice")
    _checks[key] = check


def all_checks() -> list[Check]:
    """In the order of the laws."""
    order = {law.code: place for place, law in enumerate(LAWS)}
    return sorted(_checks.values(), key=lambda check: (order[check.law], check.key))


def checks_of(law: str) -> list[Check]:
    return [check for check in all_checks() if check.law == law]
