"""Where a payee lives: the parts that banks ask for one by one (ISO 20022, structured address)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from babel import Locale
from django.utils.translation import gettext_lazy as _

from governance.orders.currencies import in_french

# As long as the parts of an address may be in a message to a bank.
LENGTHS = {"street": 70, "building": 16, "postcode": 16, "town": 35, "country": 2}
ADDRESS = tuple(LENGTHS)
# ISO 3166-1, alpha-2, and the code that banks use for Kosovo.
ASSIGNED = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(ASSIGNED.split())
FIRST = ("CA", "FR")
# Who writes the number before the street, and the postcode behind the town.
POSTCODE_LAST = frozenset({"AU", "CA", "GB", "IE", "NZ", "US"})
NUMBER_FIRST = POSTCODE_LAST | {"FR", "LU", "MC"}


def wrong_address(given: Mapping[str, str]) -> dict[str, list[Any]]:
    """The sentences by field. An address is nothing at all, or has at least a town and a country: so banks ask."""
    wrong: dict[str, list[Any]] = {}
    if given["country"] and given["country"] not in COUNTRIES:
        wrong["country"] = [_("This is not a country code of ISO 3166.")]
    if any(given[name] for name in ADDRESS):
        if not given["town"]:
            wrong["town"] = [_("An address has a town.")]
        if not given["country"]:
            wrong["country"] = [_("An address has a country.")]
    return wrong


def countries(first: str = "") -> list[tuple[str, str]]:
    """Every country in the reader's language, by name; the usual ones before the others."""
    names = _names()
    usual = list(dict.fromkeys(code for code in (first, *FIRST) if code in COUNTRIES))
    rest = sorted(COUNTRIES.difference(usual), key=lambda code: _sorted_as(names[code]))
    return [(code, names[code]) for code in [*usual, *rest]]


def country_name(code: str) -> str:
    """In the reader's language; a code that no country has as it is."""
    return _names().get(code, code)


def address_lines(of: Any) -> list[str]:
    """As it stands on an envelope: street and number, postcode and town, country. Empty without an address."""
    house = [of.building, of.street] if of.country in NUMBER_FIRST else [of.street, of.building]
    place = [of.town, of.postcode] if of.country in POSTCODE_LAST else [of.postcode, of.town]
    lines = (" ".join(filter(None, house)), " ".join(filter(None, place)), country_name(of.country))
    return [line for line in lines if line]


def _names() -> Mapping[str, str]:
    names: Mapping[str, str] = Locale.parse("fr_CA" if in_french() else "en_CA").territories
    return names


def _sorted_as(name: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
