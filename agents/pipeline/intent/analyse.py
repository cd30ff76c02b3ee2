"""Lane A in one call: words in, a frozen Intent out (design 4.1). Pure, total, linear in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from agents.pipeline.intent import kinds
from agents.pipeline.intent.actions import find_actions
from agents.pipeline.intent.decide import Clarification, choose, clarification, confidence, refine
from agents.pipeline.intent.entities import Entities, find_entities
from agents.pipeline.intent.kinds import EFFECTS, Effect, IntentType, Sensitivity
from agents.pipeline.intent.language import STOP_WORDS, detect
from agents.pipeline.intent.lexicon import VERBS
from agents.pipeline.intent.sensitivity import classify
from agents.pipeline.intent.tokens import Token, read
from agents.pipeline.intent.words import CLITICS, FILLERS

MAX_KEYWORDS: Final = 10
MAX_ACTION_WORDS: Final = 10
MIN_KEYWORD: Final = 3
MAX_KEYWORD: Final = 40
_SMALL_WORDS: Final = STOP_WORDS | CLITICS | FILLERS


@dataclass(frozen=True, slots=True)
class Intent:
    """What lane A understood. `confidence_hundredths` is an integer, 30–99."""

    language: str
    type: IntentType
    effect: Effect
    action_words: tuple[str, ...]
    entities: Entities
    keywords: tuple[str, ...]
    sensitivity: Sensitivity
    confidence_hundredths: int
    needs_clarification: Clarification | None

    @property
    def confidence(self) -> float:
        return round(self.confidence_hundredths / 100, 2)

    @property
    def token_budget(self) -> int:
        """The default budget of the run, in model tokens."""
        return kinds.token_budget(self.type)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON: the lane's stored output."""
        ask = self.needs_clarification
        question = ask and {
            "reason": ask.reason.value,
            "found": list(ask.found),
            "universals": list(ask.universals),
            "count": ask.count,
        }
        return {
            "language": self.language,
            "type": self.type.value,
            "effect": self.effect.value,
            "action_words": list(self.action_words),
            "entities": self.entities.as_dict(),
            "keywords": list(self.keywords),
            "sensitivity": self.sensitivity.value,
            "confidence": self.confidence,
            "needs_clarification": question,
        }


def _is_keyword(token: Token) -> bool:
    sized = MIN_KEYWORD <= len(token.folded) <= MAX_KEYWORD
    return sized and token.folded not in _SMALL_WORDS and token.folded not in VERBS


def keywords(tokens: Sequence[Token]) -> tuple[str, ...]:
    """At most ten content words, quoted ones included: the most frequent first, then as they come."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for token in tokens:
        if _is_keyword(token):
            first.setdefault(token.folded, token.cased)
            counts[token.folded] += 1
    return tuple(first[folded] for folded, _count in counts.most_common(MAX_KEYWORDS))


def analyse(text: str, *, default_language: str, today: date, sphere: str) -> Intent:
    """Understand a request, by lexicon and grammar alone (design 4.1, 6.3).

    `default_language` (`fr` or `en`) holds when the words do not tell; `today` is the person's day, for
    relative dates; `sphere` is the slug of the active sphere, for its own nouns. Never raises on any text.
    """
    reading = read(text)
    language = detect(reading.tokens, default_language)
    actions = find_actions(reading.tokens, language)
    verbs = {index for action in actions.found for index in range(action.index, action.end)}
    entities = find_entities(reading, today=today, language=language, sphere=sphere, verbs=verbs)
    decision = refine(choose(actions), entities, reading.tokens)
    effect, sure = EFFECTS[decision.type], confidence(decision)
    position = reading.tokens[decision.index].start if decision.index >= 0 else -1
    return Intent(
        language=language,
        type=decision.type,
        effect=effect,
        action_words=decision.words[:MAX_ACTION_WORDS],
        entities=entities,
        keywords=keywords(reading.all_words),
        sensitivity=classify(reading.all_words),
        confidence_hundredths=sure,
        needs_clarification=clarification(effect, sure, entities, position),
    )
