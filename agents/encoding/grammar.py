"""The text form of an encoding: `ACT:SUM SRC:DOC SCOPE:SEL MODE:ANA …` (design 4.2)."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from agents.encoding.fields import FIELD_ENUMS, FIELD_ORDER, REQUIRED_FIELDS, Encoding, Flag
from agents.encoding.labels import Labelled
from agents.encoding.rules import EncodingError, Violation, ensure_valid

MAX_TEXT_LENGTH: Final = 400

GRAMMAR_RULES: Final = {
    "too_long": _("The encoding is longer than 400 characters."),
    "unreadable_part": _("Each part is written FIELD:VALUE."),
    "unknown_field": _("This field does not exist."),
    "repeated_field": _("This field is written twice."),
    "field_order": _("The fields follow the order of the table."),
    "missing_field": _("ACT, SRC, SCOPE and MODE are required."),
    "unknown_value": _("This value does not exist for this field."),
    "flag_value": _("A flag is written only when it is 1."),
}


def _refuse(rule: str, detail: str) -> EncodingError:
    return EncodingError((Violation(rule, GRAMMAR_RULES[rule], detail),))


def _split(text: str) -> dict[str, str]:
    """The parts by field name, each known, single and in the order of the table."""
    parts: dict[str, str] = {}
    last = -1
    for part in text.split():
        name, colon, value = part.partition(":")
        if not (name and colon and value):
            raise _refuse("unreadable_part", part)
        if name not in FIELD_ORDER:
            raise _refuse("unknown_field", name)
        if name in parts:
            raise _refuse("repeated_field", name)
        position = FIELD_ORDER.index(name)
        if position < last:
            raise _refuse("field_order", name)
        last = position
        parts[name] = value
    return parts


def _member(name: str, value: str) -> Labelled:
    try:
        return FIELD_ENUMS[name](value)  # type: ignore[call-arg]
    except ValueError:
        raise _refuse("unknown_value", f"{name}:{value}") from None


def _value(name: str, value: str) -> Any:
    if name == "FOCUS":
        return tuple(_member(name, item) for item in value.split("+"))
    if name in FIELD_ENUMS:
        return _member(name, value)
    if value != "1":
        raise _refuse("flag_value", f"{name}:{value}")
    return True


def parse(text: str) -> Encoding:
    """Read the text form. Spaces around parts are free, everything else is exact.

    Raises EncodingError naming the grammar rule (GRAMMAR_RULES) or the validity rules (rules.RULES) broken.
    """
    if len(text) > MAX_TEXT_LENGTH:
        raise _refuse("too_long", str(len(text)))
    parts = _split(text)
    for name in REQUIRED_FIELDS:
        if name not in parts:
            raise _refuse("missing_field", name)
    values = {name.lower(): _value(name, value) for name, value in parts.items()}
    return ensure_valid(Encoding(**values))


def format(encoding: Encoding) -> str:
    """The one text of `encoding`: table order, unstated optionals absent, flags only when 1.

    Total: an invalid encoding is written too, and `parse` then refuses it. parse(format(x)) == x otherwise.
    """
    parts = [f"ACT:{encoding.act}", f"SRC:{encoding.src}", f"SCOPE:{encoding.scope}", f"MODE:{encoding.mode}"]
    if encoding.focus:
        parts.append("FOCUS:" + "+".join(str(item) for item in encoding.focus))
    if encoding.out:
        parts.append(f"OUT:{encoding.out}")
    if encoding.len:
        parts.append(f"LEN:{encoding.len}")
    parts.extend(f"{flag}:1" for flag in Flag if flag in encoding.flags)
    return " ".join(parts)
