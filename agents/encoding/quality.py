"""The published quality score of an encoding, 0–100, in four parts (formula of design 4.2).

Integers only. Each part is an integer cut to 0–100, weights are per cent, and the weighted sum is rounded
DOWN: a band or the threshold of 70 counts as reached only when it truly is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agents.encoding.fields import FIELD_LABELS, REQUIRED_FIELDS, Encoding, Scope
from agents.encoding.labels import Labelled

ASK_BELOW: Final = 70
SCOPE_POINTS: Final = {Scope.LOCK: 100, Scope.SEL: 85, Scope.DOC: 70, Scope.MTG: 60, Scope.WS: 40}
FOCUS_POINTS: Final = {0: 60, 1: 75, 2: 95, 3: 90, 4: 80, 5: 70}


class Band(Labelled):
    EXCELLENT = "excellent", pgettext_lazy("quality band", "Excellent")
    GOOD = "good", pgettext_lazy("quality band", "Good")
    ACCEPTABLE = "acceptable", pgettext_lazy("quality band", "Acceptable")
    WEAK = "weak", pgettext_lazy("quality band", "Weak")


@dataclass(frozen=True, slots=True)
class Fact:
    """One reason of a part: what was seen and the points it gave or took."""

    key: str
    label: Promise
    points: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts: `points` 0–100, `weight` in per cent, the facts that made it."""

    key: str
    label: Promise
    weight: int
    points: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The score with everything needed to explain it on screen."""

    score: int
    parts: tuple[Part, ...]

    @property
    def band(self) -> Band:
        floors = ((90, Band.EXCELLENT), (75, Band.GOOD), (60, Band.ACCEPTABLE))
        return next((band for floor, band in floors if self.score >= floor), Band.WEAK)

    @property
    def is_below_threshold(self) -> bool:
        """Under 70. Whether that asks a question depends on the intent (design 6.3), not on the score."""
        return self.score < ASK_BELOW


def _part(key: str, label: Promise, weight: int, facts: list[Fact]) -> Part:
    points = max(0, min(100, sum(fact.points for fact in facts)))
    return Part(key, label, weight, points, tuple(facts))


def _completeness(encoding: Encoding, decided: Collection[str]) -> Part:
    facts = [Fact("base", _("ACT, SRC, SCOPE and MODE are decided"), 70)]
    facts += [Fact(f"undecided_{name}", FIELD_LABELS[name], -25) for name in REQUIRED_FIELDS if name not in decided]
    stated = {"OUT": encoding.out, "LEN": encoding.len, "FOCUS": encoding.focus}
    facts += [Fact(f"stated_{name}", FIELD_LABELS[name], 10) for name, value in stated.items() if value]
    return _part("completeness", pgettext_lazy("quality part", "Completeness"), 35, facts)


def _scope(encoding: Encoding) -> Part:
    fact = Fact(f"scope_{encoding.scope}", encoding.scope.label, SCOPE_POINTS[encoding.scope])
    return _part("scope", pgettext_lazy("quality part", "Tightness of scope"), 25, [fact])


def _focus(encoding: Encoding) -> Part:
    count = len(encoding.focus)
    # More than five items is invalid: it earns nothing.
    fact = Fact(f"focus_{count}", _("Number of focus items"), FOCUS_POINTS.get(count, 0))
    return _part("focus", pgettext_lazy("quality part", "Focus"), 20, [fact])


def _risk(encoding: Encoding) -> Part:
    facts = [Fact("base", _("Starting points"), 70)]
    if encoding.trace:
        facts.append(Fact("trace", FIELD_LABELS["TRACE"], 15))
    if encoding.unc:
        facts.append(Fact("uncertainty", FIELD_LABELS["UNC"], 10))
    if encoding.sens and encoding.scope is Scope.LOCK:
        facts.append(Fact("sensitive_locked", _("Sensitive, in a locked scope"), 10))
    if encoding.rw and not encoding.trace:
        facts.append(Fact("rewrite_untraced", _("Rewrites without a trace"), -20))
    return _part("risk", pgettext_lazy("quality part", "Risk handling"), 20, facts)


def assess(encoding: Encoding, decided: Collection[str] = REQUIRED_FIELDS) -> Quality:
    """Score `encoding`.

    `decided` names those of ACT, SRC, SCOPE, MODE that the text or the intent's preset decided
    (`presets.Built.decided`); a person's edited encoding decides all four.
    """
    parts = (_completeness(encoding, decided), _scope(encoding), _focus(encoding), _risk(encoding))
    return Quality(sum(part.weight * part.points for part in parts) // 100, parts)
