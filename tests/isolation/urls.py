"""What the matrix stands on: the URL map as it is, and the cases of every app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from tests.isolation.case import Case


def all_cases() -> list[Case]:
    """The cases of every tests/isolation/cases_*.py."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))
    return [case for name in modules for case in import_module(f"tests.isolation.{name}").CASES]


def url_patterns(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(name with its namespace, or '', and pattern) of every URL of the site."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_patterns(pattern, inner)
        else:
            yield (f"{namespace}{pattern.name}" if pattern.name else ""), pattern


def faults(names: list[str], cases: list[Case]) -> list[str]:
    """URLs without a name, without a case or with two, and cases without a URL."""
    counted = Counter(case.name for case in cases)
    found = ["a URL has no name" for name in names if not name]
    found += [f"{name}: no case in tests/isolation/cases_*.py" for name in set(names) if name and not counted[name]]
    found += [f"{name}: {count} cases" for name, count in counted.items() if count > 1]
    found += [f"{name}: a case without a URL" for name in counted if name not in names]
    return sorted(found)
