"""Amounts of money in a request: “1 284,30 $”, “$12.50”, “50 €” (design 4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.pipeline.intent.tokens import Reading

# Bounded everywhere, and never begun inside a number: each digit is read a bounded number of times.
_NUMBER: Final = (
    r"(?:[0-9]{1,3}(?:[ \u00a0\u202f,.][0-9]{3}){1,4}(?![0-9])(?:[.,][0-9]{1,2}(?![0-9]))?"
    r"|[0-9]{1,12}(?:[.,][0-9]{1,2}(?![0-9]))?)"
)
_SYMBOLS: Final = r"CA\$|US\$|\$ ?CAD?|\$ ?USD?|[$€£]|CAD|USD|EUR|GBP"
_BEFORE: Final = (
    rf"(?<![\w$])(?P<sign>CA\$|US\$|C\$|[$€£]|CAD|USD|EUR|GBP)[ \u00a0]?(?P<number>{_NUMBER})"
    r"(?:[ \u00a0]?(?P<code>CAD|USD)(?!\w))?"
)
_AFTER: Final = rf"(?<![\w.,$€£])(?P<number>{_NUMBER})[ \u00a0\u202f]?(?P<sign>{_SYMBOLS}|dollars?|euros?)(?![\w$€£])"
BEFORE: Final = re.compile(_BEFORE, re.IGNORECASE)
AFTER: Final = re.compile(_AFTER, re.IGNORECASE)
PATTERNS: Final = (BEFORE, AFTER)

_SPACES: Final = re.compile(r"[ \u00a0\u202f]")


@dataclass(frozen=True, slots=True)
class AmountFound:
    """`minor_units` are cents. `currency` is ISO 4217, or "" for a bare dollar (the identity's own)."""

    text: str
    minor_units: int
    currency: str
    start: int
    end: int


def _currency(sign: str) -> str:
    sign = sign.casefold().replace(" ", "")
    codes = {"€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP"}
    if sign.startswith("euro"):
        return "EUR"
    if sign in codes:
        return codes[sign]
    if "us" in sign:
        return "USD"
    return "CAD" if "c" in sign else ""


def minor_units(number: str) -> int:
    """Cents of a written number. The last mark is decimal unless exactly three digits follow it."""
    number = _SPACES.sub("", number)
    cut = max(number.rfind("."), number.rfind(","))
    decimals = number[cut + 1 :] if cut != -1 else ""
    if len(decimals) in (1, 2):
        return int(number[:cut].replace(".", "").replace(",", "")) * 100 + int(decimals.ljust(2, "0"))
    return int(number.replace(".", "").replace(",", "")) * 100


def find_amounts(reading: Reading) -> tuple[AmountFound, ...]:
    """The amounts outside quotes, in order. A number without a currency is no amount."""
    found: dict[int, AmountFound] = {}
    taken_to = -1
    matches = [*BEFORE.finditer(reading.bare), *AFTER.finditer(reading.bare)]
    for match in sorted(matches, key=lambda m: (m.start(), -m.end())):
        if match.start() < taken_to:
            continue
        taken_to = match.end()
        code = match.groupdict().get("code")
        currency, cents = _currency(code or match["sign"]), minor_units(match["number"])
        text = reading.text[match.start() : match.end()]
        found[match.start()] = AmountFound(text, cents, currency, match.start(), match.end())
    return tuple(found.values())
