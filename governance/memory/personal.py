"""The published check of agents' memory: an instruction, rule or template holds nothing about anybody (design 3.7).

What it looks for stands in `KINDS` and is shown on the page: e-mail addresses, telephone numbers, numbers of cards,
accounts and persons (with their check digits), and the names of people this installation knows in the identity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.errors import BadInput
from governance.isolation.context import current
from governance.memory.querysets import fold
from governance.people.models import Membership

EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]{2,}")
PHONE = re.compile(r"(?<!\d)(?:\+|00)?\d[\d .()/-]{7,20}\d(?!\d)")
IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}\b")
GROUPED = re.compile(r"(?<![\dA-Za-z])\d(?:[ .-]?[\dABab]){7,18}(?![\dA-Za-z])")
WORD = re.compile(r"\w+")
SHORTEST_NAME = 3

KINDS: dict[str, str | Promise] = {
    "email": _("an e-mail address"),
    "phone": _("a telephone number"),
    "card": _("the number of a payment card"),
    "iban": _("the number of a bank account (IBAN)"),
    "sin": _("a Canadian social insurance number"),
    "nir": _("a French social security number"),
    "name": _("the name of somebody known here"),
}

Names = Callable[[], Iterable[str]]
_names: list[Names] = []


def register_names(call: Names) -> None:
    """`call()`: names of people an app knows in the bound identity, such as contacts; inside a transaction."""
    _names.append(call)


def luhn(digits: str) -> bool:
    """Does the last digit fit, as in numbers of cards and in Canadian social insurance numbers?"""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(text: str) -> bool:
    """ISO 13616: the country and check digits moved behind, letters as numbers, one left over by 97."""
    packed = text.replace(" ", "").upper()
    moved = packed[4:] + packed[:4]
    return 15 <= len(packed) <= 34 and int("".join(str(int(each, 36)) for each in moved)) % 97 == 1


def is_nir(text: str) -> bool:
    """Thirteen places (Corsica writes 2A, 2B) and a key: 97 less the number's rest by 97."""
    packed = re.sub(r"[ .-]", "", text).upper()
    number = packed[:13].replace("2A", "19").replace("2B", "18")
    if len(packed) != 15 or packed[0] not in "12" or not (number + packed[13:]).isdigit():
        return False
    return 97 - int(number) % 97 == int(packed[13:])


def numbers_in(text: str) -> set[str]:
    """The kinds of numbers in a text, by their check digits; what fits none may still be a telephone number."""
    found = {"iban"} if any(is_iban(match[0]) for match in IBAN.finditer(text)) else set()
    for match in GROUPED.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if is_nir(match[0]):
            found.add("nir")
        elif 13 <= len(digits) <= 19 and luhn(digits):
            found.add("card")
        elif len(digits) == 9 and luhn(digits) and digits[0] != "0":
            found.add("sin")
    if not found and any(9 <= sum(map(str.isdigit, match[0])) <= 15 for match in PHONE.finditer(text)):
        found.add("phone")
    return found


def has_name(text: str, names: Iterable[str]) -> bool:
    """Does one of the names stand in the text: whole, or a part of it written as a name is?"""
    folded = f" {' '.join(WORD.findall(fold(text)))} "
    capitals = {fold(word) for word in re.findall(r"\b[^\W\d_]\w+", text) if word[:1].isupper()}
    for name in names:
        parts = WORD.findall(fold(name))
        if parts and len(fold(name)) >= SHORTEST_NAME and f" {' '.join(parts)} " in folded:
            return True
        if len(parts) > 1 and any(len(part) >= SHORTEST_NAME and part in capitals for part in parts):
            return True
    return False


def personal_data(text: str, names: Iterable[str] = ()) -> list[str]:
    """The kinds of personal data in a text, by their names in `KINDS`; pure."""
    found = numbers_in(text)
    if EMAIL.search(text):
        found.add("email")
    if has_name(text, names):
        found.add("name")
    return [kind for kind in KINDS if kind in found]


def check_impersonal(text: str) -> None:
    """Raises BadInput, naming what it found, for a text that an agent's memory may not hold."""
    members = Membership.objects.filter(identity_id=current().identity_id)
    known = [name for name in members.values_list("user__display_name", flat=True) if name]
    found = personal_data(text, [*known, *(name for call in _names for name in call())])
    if found:
        what = ", ".join(str(KINDS[kind]) for kind in found)
        sentence = _("An agent's memory holds nothing about anybody. Found: %(what)s.") % {"what": what}
        raise BadInput(errors={"text": [sentence]})
