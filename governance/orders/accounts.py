"""Account numbers: IBAN and BIC, and the three numbers of a Canadian account. Checked before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Length by country, as the register of IBANs has it.
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
AREA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS "
    "SE SI SK SM VA"
)
SEPA = frozenset(AREA.split())
BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
FIELDS = ("iban", "bic", "institution", "transit", "account")
CANADIAN = ("institution", "transit", "account")
DIGITS = {"institution": (3, 3), "transit": (5, 5), "account": (5, 12)}
WRONG: dict[str, str | Promise] = {
    "iban": _("This IBAN is not right: look for a missing or swapped character."),
    "bic": _("A BIC has 8 or 11 letters and digits."),
    "institution": _("Three digits."),
    "transit": _("Five digits."),
    "account": _("Five to twelve digits."),
}


def compact(text: str) -> str:
    """Without spaces, in capitals: as account numbers are kept."""
    return re.sub(r"\s", "", text).upper()


def spaced(iban: str) -> str:
    """In groups of four, as people read it."""
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def is_iban(iban: str) -> bool:
    """A compact IBAN of a known country, of its length, whose check digits hold (ISO 7064, modulo 97)."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", iban, re.ASCII) or len(iban) != IBAN_LENGTHS.get(iban[:2]):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def found_wrong(given: Mapping[str, str]) -> dict[str, list[Any]]:
    """The sentences about compact account details, by field: what is wrong, and what is missing beside the rest."""
    wrong: dict[str, list[Any]] = {}
    if given["iban"] and not is_iban(given["iban"]):
        wrong["iban"] = [WRONG["iban"]]
    if given["bic"] and not BIC.fullmatch(given["bic"]):
        wrong["bic"] = [WRONG["bic"]]
    if any(given[name] for name in CANADIAN):
        for name in CANADIAN:
            least, most = DIGITS[name]
            if not re.fullmatch(rf"[0-9]{{{least},{most}}}", given[name], re.ASCII):
                wrong[name] = [WRONG[name]]
    return wrong
