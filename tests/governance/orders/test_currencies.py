"""Amounts are exact whatever the currency and however they are typed."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from governance.orders.currencies import (
    CODES,
    DECIMALS,
    NoAmount,
    amount_text,
    choices,
    minor_of,
    plain_amount,
    typed_amount,
)

pytestmark = pytest.mark.unit
MINOR = st.integers(1, 10**12)


@given(minor=MINOR, currency=st.sampled_from(sorted(CODES)), language=st.sampled_from(["fr", "en"]))
def test_what_is_shown_is_read_back_to_the_last_unit(minor: int, currency: str, language: str) -> None:
    with translation.override(language):
        assert minor_of(typed_amount(minor, currency), currency) == minor
        assert minor_of(amount_text(minor, currency).removesuffix(f"\u00a0{currency}"), currency) == minor


@pytest.mark.parametrize(
    ("language", "text", "currency", "minor"),
    [
        ("fr", "1 284,30", "CAD", 128430),
        ("fr", "1\u202f284,3", "EUR", 128430),
        ("fr", "1.284,30", "EUR", 128430),
        ("fr", "1284.30", "EUR", 128430),
        ("fr", "12,345", "KWD", 12345),
        ("fr", "1 500", "JPY", 1500),
        ("en", "1,284.30", "CAD", 128430),
        ("en", "1,284", "USD", 128400),
        ("en", "12.345", "BHD", 12345),
        ("en", "1,500", "JPY", 1500),
        ("en", "84,3", "EUR", 8430),
        ("fr", "0,01", "EUR", 1),
    ],
)
def test_amounts_are_read_as_people_write_them(language: str, text: str, currency: str, minor: int) -> None:
    with translation.override(language):
        assert minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("language", "text", "currency"),
    [
        ("fr", "1.284", "EUR"),  # a thousand, or one and a bit?
        ("fr", "12,345", "EUR"),
        ("fr", "1,5", "JPY"),
        ("en", "1.2345", "KWD"),
        ("fr", "1,284.30", "EUR"),
        ("en", "12,34.5", "EUR"),
        ("en", "1e3", "EUR"),
        ("en", "-5", "EUR"),
        ("en", "٣", "EUR"),
        ("en", "", "EUR"),
        ("en", "9" * 400, "EUR"),
    ],
)
def test_what_could_mean_two_things_or_nothing_is_refused(language: str, text: str, currency: str) -> None:
    with translation.override(language), pytest.raises(NoAmount):
        minor_of(text, currency)


def test_decimals_are_those_of_the_standard() -> None:
    assert set(DECIMALS) <= CODES
    assert [plain_amount(1250, code) for code in ("CAD", "JPY", "KWD", "MGA", "ISK")] == [
        "12.50", "1250", "1.250", "12.50", "1250",
    ]  # fmt: skip


def test_ones_own_currency_comes_first_and_all_have_names() -> None:
    with translation.override("fr"):
        found = choices("CHF")
        assert [code for code, _ in found[:4]] == ["CHF", "CAD", "EUR", "USD"]
        assert dict(found)["CAD"] == "CAD – dollar canadien"
        assert len(found) == len(CODES)
        assert all(name != f"{code} – {code}" for code, name in found)
