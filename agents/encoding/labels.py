"""The base of every coded value that people also read."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise


class Labelled(StrEnum):
    """A short code with a label for people. The label stays lazy: reading it never translates it."""

    label: Promise

    def __new__(cls, value: str, label: Promise) -> Labelled:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
