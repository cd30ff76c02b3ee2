"""What was understood: a run's encoding and its score, for people to read (design 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from agents.encoding.fields import FIELD_ENUMS, Flag
from agents.encoding.grammar import parse
from agents.encoding.quality import Band, assess
from agents.pipeline.models import LaneResult


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the encoding: the machine's word above, the person's below."""

    code: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts of the score: what it brought, and its own points."""

    label: str | Promise
    points: int
    brings: int


def fields_of(text: str) -> tuple[Field, ...]:
    """The encoding in both languages, machine's and people's; the flags stand together at its end."""
    if not text:
        return ()
    found, flags = [], []
    for part in text.split():
        code, _colon, value = part.partition(":")
        if code in FIELD_ENUMS:
            words = ", ".join(str(FIELD_ENUMS[code](item).label) for item in value.split("+"))  # type: ignore[call-arg]
            found.append(Field(code, value, words))
        else:
            flags.append(Flag(code))  # type: ignore[call-arg]
    if flags:
        found.append(Field("", " · ".join(flags), ", ".join(str(flag.label) for flag in flags)))
    return tuple(found)


def parts_of(encoded: LaneResult | None, text: str) -> tuple[Part, ...]:
    """The four parts of the score as lane C computed them."""
    quality: dict[str, Any] = encoded.output.get("quality", {}) if encoded else {}
    labels = {part.key: part.label for part in assess(parse(text)).parts} if text else {}
    return tuple(
        Part(labels.get(part["key"], part["key"]), part["points"], part["points"] * part["weight"] // 100)
        for part in quality.get("parts", [])
    )


def band_of(score: int) -> Band:
    floors = ((90, Band.EXCELLENT), (75, Band.GOOD), (60, Band.ACCEPTABLE))
    return next((band for floor, band in floors if score >= floor), Band.WEAK)
