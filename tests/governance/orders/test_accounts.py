"""IBAN, BIC and Canadian account numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.orders.accounts import CANADIAN, IBAN_LENGTHS, SEPA, compact, found_wrong, is_iban, spaced
from tests.governance.orders.ordering import IBAN

pytestmark = pytest.mark.unit
NOTHING = {"iban": "", "bic": "", "institution": "", "transit": "", "account": ""}
# Published examples, one of each shape.
GOOD = [
    IBAN, "DE89370400440532013000", "GB29NWBK60161331926819", "CH9300762011623852957", "BE68539007547034",
    "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "LC55HEMM000100010012001200023015",
    "SA0380000000608010167519", "BR1800360305000010009795493C1",
]  # fmt: skip


@pytest.mark.parametrize("iban", GOOD)
def test_good_ones_pass(iban: str) -> None:
    assert is_iban(iban)
    assert compact(spaced(iban).lower()) == iban


@given(
    iban=st.sampled_from(GOOD),
    place=st.integers(0, 30),
    sign=st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
)
def test_one_wrong_character_is_found(iban: str, place: int, sign: str) -> None:
    """A digit for a digit, a letter for a letter: those the check digits always find."""
    place %= len(iban)
    if iban[place] != sign and iban[place].isdigit() == sign.isdigit():
        assert not is_iban(iban[:place] + sign + iban[place + 1 :])


@given(iban=st.sampled_from(GOOD), place=st.integers(4, 30))
def test_two_swapped_ones_are_found(iban: str, place: int) -> None:
    place = 4 + (place - 4) % (len(iban) - 5)
    a, b = iban[place], iban[place + 1]
    swapped = iban[:place] + b + a + iban[place + 2 :]
    assert is_iban(swapped) == (a == b)


@pytest.mark.parametrize("iban", ["", "FR14", "ZZ89370400440532013000", IBAN + "0", IBAN[:-1], "FR14 2004", "fr", "١٢"])
def test_anything_else_does_not(iban: str) -> None:
    assert not is_iban(iban)


def test_all_of_sepa_has_a_length() -> None:
    assert set(IBAN_LENGTHS) >= SEPA


def test_a_canadian_account_is_whole_or_absent() -> None:
    whole = {"institution": "006", "transit": "00011", "account": "7654321"}
    assert found_wrong(NOTHING) == {}
    assert found_wrong(NOTHING | whole) == {}
    for name in CANADIAN:
        assert set(found_wrong(NOTHING | whole | {name: ""})) == {name}
        assert set(found_wrong(NOTHING | whole | {name: "12 4"})) == {name}
