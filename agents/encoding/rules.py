"""The validity rules of an encoding, each with a name (design 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.encoding.fields import MAX_FOCUS, Encoding, Mode, Scope, Src


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its stable name, the sentence for people, and the part of the text that broke it."""

    rule: str
    message: Promise
    detail: str = ""


class EncodingError(ValueError):
    """An encoding was refused. `violations` is never empty; `rule` is the first broken rule's name."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{v.rule}: {v.detail}" if v.detail else v.rule for v in violations))

    @property
    def rule(self) -> str:
        return self.violations[0].rule


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    message: Promise
    is_broken_by: Callable[[Encoding], bool]


RULES: Final = (
    Rule(
        "sens_needs_lock",
        _("A sensitive encoding (SENS:1) needs a locked scope (SCOPE:LOCK)."),
        lambda e: e.sens and e.scope is not Scope.LOCK,
    ),
    Rule(
        "rw_forbidden_with_ana",
        _("Rewriting (RW:1) is forbidden in the read-only mode (MODE:ANA)."),
        lambda e: e.rw and e.mode is Mode.ANA,
    ),
    Rule(
        "lock_forbids_ws",
        _("A locked scope (SCOPE:LOCK) cannot have the whole workspace as its source (SRC:WS)."),
        lambda e: e.scope is Scope.LOCK and e.src is Src.WS,
    ),
    Rule(
        "focus_at_most_five",
        _("FOCUS holds at most five items."),
        lambda e: len(e.focus) > MAX_FOCUS,
    ),
    Rule(
        "focus_repeated",
        _("An item of FOCUS is written twice."),
        lambda e: len(set(e.focus)) != len(e.focus),
    ),
    Rule(
        "trace_needed",
        _("A sensitive or rewriting encoding (SENS:1, RW:1) needs a trace (TRACE:1)."),
        lambda e: (e.sens or e.rw) and not e.trace,
    ),
)


def violations(encoding: Encoding) -> tuple[Violation, ...]:
    """Every validity rule that `encoding` breaks, in the order of RULES; empty when it is valid."""
    return tuple(Violation(rule.name, rule.message) for rule in RULES if rule.is_broken_by(encoding))


def ensure_valid(encoding: Encoding) -> Encoding:
    """Return `encoding`; raise EncodingError with every broken rule when it is invalid."""
    broken = violations(encoding)
    if broken:
        raise EncodingError(broken)
    return encoding
