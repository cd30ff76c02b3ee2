"""Currencies as ISO 4217 has them, and amounts as whole numbers of their smallest unit; never a float."""

from __future__ import annotations

import re

from babel.numbers import get_currency_name
from django.utils.translation import get_language, gettext, gettext_lazy

NBSP = "\N{NO-BREAK SPACE}"
MOST_MINOR = 10**12
# Those in use that money is paid in: no funds codes, no metals, none that has ended.
IN_USE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
    MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
    RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(IN_USE.split())
# All others have two. CLDR's figures are those of everyday use and differ for a dozen of them.
NO_DECIMALS, THREE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = dict.fromkeys(NO_DECIMALS.split(), 0) | dict.fromkeys(THREE.split(), 3)
FIRST = ("CAD", "EUR", "USD")
NAMELESS = {"VED": gettext_lazy("digital bolívar"), "ZWG": gettext_lazy("Zimbabwe gold")}  # in French, to CLDR
SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")


class NoAmount(ValueError):
    """What was typed is no amount of this currency; the message says why, to the person."""


def decimals_of(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def choices(own: str = "") -> list[tuple[str, str]]:
    """Every currency with its name in the reader's language: the identity's own, the usual ones, all others."""
    locale = "fr_CA" if in_french() else "en_CA"
    first = list(dict.fromkeys(code for code in (own, *FIRST) if code in CODES))
    return [(code, f"{code} – {_name(code, locale)}") for code in [*first, *sorted(CODES.difference(first))]]


def _name(code: str, locale: str) -> str:
    known = get_currency_name(code, locale=locale)
    return str(NAMELESS[code]) if known == code else known


def plain_amount(minor: int, currency: str) -> str:
    """As programs write it: `1284.30`, `500` yen, `1.250` dinars."""
    return _written(minor, currency, ".", "")


def typed_amount(minor: int, currency: str) -> str:
    """As the reader would type it: `1284,30` in French."""
    return _written(minor, currency, "," if in_french() else ".", "")


def amount_text(minor: int, currency: str) -> str:
    """As the reader reads it: `1 284,30 CAD`, `1,284.30 CAD`."""
    comma, group = (",", NBSP) if in_french() else (".", ",")
    return f"{_written(minor, currency, comma, group)}{NBSP}{currency}"


def _written(minor: int, currency: str, comma: str, group: str) -> str:
    places = decimals_of(currency)
    whole, fraction = divmod(abs(minor), 10**places)
    digits = f"{whole:,}".replace(",", group)
    return f"{'-' if minor < 0 else ''}{digits}" + (f"{comma}{fraction:0{places}d}" if places else "")


def minor_of(text: str, currency: str) -> int:
    """The amount that somebody typed in their language, in minor units, exactly.

    Raises NoAmount where two readings are possible (`1.284` in French), and for more decimals than the currency has.
    """
    places, bare = decimals_of(currency), SPACES.sub("", text)
    match = re.fullmatch(r"([0-9]+)(?:([.,])([0-9]+))?", _ungrouped(bare), re.ASCII)
    if match is None:
        raise NoAmount(gettext("Enter an amount such as %(example)s.") % {"example": example(currency)})
    whole, fraction = match[1], match[3] or ""
    if len(fraction) > places:
        raise NoAmount(
            gettext("%(currency)s has no decimals.") % {"currency": currency}
            if not places
            else gettext("%(currency)s has %(places)s decimals at most.") % {"currency": currency, "places": places}
        )
    if len(whole.lstrip("0")) > len(str(MOST_MINOR)):
        raise NoAmount(gettext("This is more than can be ordered at once."))
    return int(whole + fraction.ljust(places, "0"))


def _ungrouped(bare: str) -> str:
    """Without the commas or points between thousands, where nothing else can be meant; '' where it is unclear."""
    comma, group = (",", ".") if in_french() else (".", ",")
    if re.fullmatch(rf"[0-9]+(\{comma}[0-9]+)?", bare, re.ASCII):
        return bare
    grouped = re.fullmatch(rf"[0-9]{{1,3}}(\{group}[0-9]{{3}})+(\{comma}[0-9]+)?", bare, re.ASCII)
    if grouped and (not in_french() or bare.count(group) > 1 or comma in bare):
        return bare.replace(group, "")
    # The other language's decimal sign is understood, unless it could as well stand between thousands.
    other = re.fullmatch(rf"[0-9]+\{group}[0-9]{{1,2}}", bare, re.ASCII)
    return bare if other else ""


def example(currency: str) -> str:
    return typed_amount(128430 if decimals_of(currency) else 1284, currency).replace(" ", NBSP)


def in_french() -> bool:
    return (get_language() or "fr").startswith("fr")
