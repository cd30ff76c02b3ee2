"""An unlisted URL fails the suite: every URL of the site has exactly one case in the matrix (design 8.2)."""

from __future__ import annotations

from tests.isolation.case import Case
from tests.isolation.urls import all_cases, faults, url_patterns

CASES = all_cases()


def test_every_url_of_the_site_has_exactly_one_case() -> None:
    assert faults([name for name, _ in url_patterns()], CASES) == []


def test_a_url_without_case_a_doubled_case_and_a_case_without_url_are_named() -> None:
    """Twin: the comparison does find what it is there for."""
    names = [case.name for case in CASES]
    missing = CASES[0].name
    assert faults(names, CASES) == []
    assert faults(names, CASES[1:]) == [f"{missing}: no case in tests/isolation/cases_*.py"]
    assert faults(names, [*CASES, CASES[0]]) == [f"{missing}: 2 cases"]
    assert faults(names, [*CASES, Case("nowhere")]) == ["nowhere: a case without a URL"]
    assert faults([*names, ""], CASES) == ["a URL has no name"]


def test_every_method_of_an_api_view_is_listed() -> None:
    listed = {case.name: set(case.methods) for case in CASES}
    for name, pattern in url_patterns():
        view = getattr(pattern.callback, "cls", None)
        if view is None or not view.__module__.startswith(("governance", "spheres", "threads", "agents", "chenu")):
            continue
        offered = {method.upper() for method in view.http_method_names if hasattr(view, method)} - {"OPTIONS"}
        assert offered <= listed.get(name, offered) | {"HEAD"}, name
