"""Optimising an encoding: it may tighten, never change ACT or SRC nor widen SCOPE (design 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.encoding.fields import Act, Encoding, Focus, Mode, Scope, Src
from agents.encoding.quality import SCOPE_POINTS
from agents.encoding.rules import Violation
from agents.encoding.tools import effects_bound

# A source never needs a scope wider than itself. A mixed or external source has no natural scope.
NATURAL_SCOPE: Final = {Src.SEL: Scope.SEL, Src.DOC: Scope.DOC, Src.MTG: Scope.MTG, Src.WS: Scope.WS}
READING_ACTS: Final = frozenset({Act.SUM, Act.EXT, Act.CMP, Act.ANA, Act.VER, Act.CLS})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was tightened."""

    key: str
    message: Promise


@dataclass(frozen=True, slots=True)
class Tightened:
    encoding: Encoding
    changes: tuple[Change, ...]


def is_wider(scope: Scope, than: Scope) -> bool:
    """Whether `scope` is looser than `than`, in the published order LOCK < SEL < DOC < MTG < WS."""
    return SCOPE_POINTS[scope] < SCOPE_POINTS[than]


def _trace(encoding: Encoding, sensitive: bool) -> Encoding:
    return replace(encoding, trace=True)


def _lock(encoding: Encoding, sensitive: bool) -> Encoding:
    # The whole workspace cannot be locked (validity), and its source may not be changed here.
    if not (sensitive or encoding.sens) or encoding.src is Src.WS:
        return encoding
    return replace(encoding, scope=Scope.LOCK, sens=True, trace=True)


def _scope(encoding: Encoding, sensitive: bool) -> Encoding:
    natural = NATURAL_SCOPE.get(encoding.src)
    if natural is None or not is_wider(encoding.scope, natural):
        return encoding
    return replace(encoding, scope=natural)


def _mode(encoding: Encoding, sensitive: bool) -> Encoding:
    reads = encoding.act in READING_ACTS and not encoding.rw
    return replace(encoding, mode=Mode.ANA) if reads and encoding.mode is not Mode.CHECK else encoding


def _focus(encoding: Encoding, sensitive: bool) -> Encoding:
    reads = encoding.act in READING_ACTS and not encoding.focus
    return replace(encoding, focus=(Focus.FACT,)) if reads else encoding


_STEPS: Final = (
    ("trace", _("A trace is kept."), _trace),
    ("lock", _("The scope is locked because the content is sensitive."), _lock),
    ("scope", _("The scope is narrowed to the source."), _scope),
    ("mode", _("This act only reads: the tools that write are withdrawn."), _mode),
    ("focus", _("The answer keeps to the facts."), _focus),
)


def tighten(encoding: Encoding, *, sensitive: bool = False) -> Tightened:
    """The tightest encoding with the same ACT and SRC, with what changed and why.

    `sensitive` says that lane A or B found confidential content or above. Idempotent; a valid encoding stays
    valid; what an invalid one breaks is never added to.
    """
    changes = []
    for key, message, step in _STEPS:
        after = step(encoding, sensitive)
        if after != encoding:
            changes.append(Change(key, message))
        encoding = after
    return Tightened(encoding, tuple(changes))


def broken_promises(before: Encoding, after: Encoding) -> tuple[Violation, ...]:
    """Why `after` is not an allowed optimisation of `before`; empty when it is.

    For any proposal, from `tighten` or from a model.
    """
    cleared = set(before.flags) - set(after.flags)
    found = (
        ("act_changed", _("Optimising never changes ACT."), after.act is not before.act),
        ("src_changed", _("Optimising never changes SRC."), after.src is not before.src),
        ("scope_widened", _("Optimising never widens SCOPE."), is_wider(after.scope, before.scope)),
        (
            "mode_widened",
            _("Optimising never offers more tools."),
            not effects_bound(after.mode) <= effects_bound(before.mode),
        ),
        ("flag_cleared", _("Optimising never clears a safeguard."), bool(cleared - {"RW"})),
        ("rewrite_added", _("Optimising never allows rewriting."), after.rw and not before.rw),
    )
    return tuple(Violation(rule, message) for rule, message, broken in found if broken)
