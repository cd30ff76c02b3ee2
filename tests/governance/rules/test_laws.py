"""The ten laws, and that what enforces them exists."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from governance.rules.laws import LAWS, PRINCIPLES, Law
from tests.cast import Api, Person


def named(dotted: str) -> Any:
    """The module, class, function or value of that dotted name."""
    try:
        return import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return getattr(import_module(module), name)


def test_there_are_ten_in_order_and_only_one_may_warn() -> None:
    assert [law.code for law in LAWS] == [f"L{number}" for number in range(1, 11)]
    assert [law.code for law in LAWS if not law.blocks] == ["L6"]
    assert {law.principle for law in LAWS} == set(PRINCIPLES)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.code)
def test_every_check_a_law_names_exists(law: Law) -> None:
    assert law.checks
    assert all(named(check) is not None for check in law.checks)


def test_a_name_that_does_not_exist_is_found_out() -> None:
    with pytest.raises((AttributeError, ModuleNotFoundError)):
        named("governance.rules.laws.NO_SUCH_GUARD")


def test_the_api_answers_in_one_page(alice: Person) -> None:
    told = alice.api.get("governance/laws/").json()
    assert (told["next"], [law["code"] for law in told["results"]]) == (None, [law.code for law in LAWS])
    assert all(law["title"] and law["principle"] and law["checks"] for law in told["results"])
    assert Api(None).get("governance/laws/").status_code == 401
    assert alice.api.get("governance/laws/?code=L1").status_code == 400


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_names_the_laws_and_their_checks(alice: Person, language: str) -> None:
    type(alice.user).objects.filter(pk=alice.user.pk).update(language=language)
    text = alice.browser.get("/laws/").content.decode()
    assert f'<html lang="{language}"' in text
    assert all(f'id="{law.code}"' in text for law in LAWS)
    assert all(check in text for law in LAWS for check in law.checks)
