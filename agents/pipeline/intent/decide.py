"""From action words to one intent type, its confidence, and the question when it is not clear (4.1, 6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agents.encoding.labels import Labelled
from agents.pipeline.intent.actions import Action, Actions, Role
from agents.pipeline.intent.entities import Entities
from agents.pipeline.intent.kinds import EFFECTS, GRAVITY, NEEDS_OBJECT, Effect, IntentType
from agents.pipeline.intent.lexicon import SETTLING_VERBS, WRITING_VERBS
from agents.pipeline.intent.nouns import MESSAGE_KINDS, PAYABLE_KINDS
from agents.pipeline.intent.objects import ObjectFound
from agents.pipeline.intent.tokens import Token
from agents.pipeline.intent.words import CLITICS

UNKNOWN_CONFIDENCE: Final = 30
BASE_CONFIDENCE: Final = 70
WORD_CONFIDENCE: Final = 10
MAX_CONFIDENCE: Final = 99
ASK_BELOW: Final = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """The type, the words that made it, and where the first of them stands (a token index, -1 for none)."""

    type: IntentType
    words: tuple[str, ...] = ()
    index: int = -1


class Reason(Labelled):
    LOW_CONFIDENCE = "low_confidence", pgettext_lazy("clarification", "Not understood well enough")
    OBJECT_UNKNOWN = "object_unknown", pgettext_lazy("clarification", "The object is not clear")
    UNIVERSAL = "universal", pgettext_lazy("clarification", "It would touch everything")


_MESSAGES: Final = {
    Reason.LOW_CONFIDENCE: _("I am not sure what you want done. Can you say it another way?"),
    Reason.OBJECT_UNKNOWN: _("Which one exactly? Found in your request (%(count)d): %(found)s."),
    Reason.UNIVERSAL: _("You wrote “%(words)s”. Which ones exactly? Found in your request (%(count)d): %(found)s."),
}


@dataclass(frozen=True, slots=True)
class Clarification:
    """Why the run asks before going on. `found`: the objects named; `universals`: the “all” words."""

    reason: Reason
    found: tuple[str, ...] = ()
    universals: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.found)

    @property
    def message(self) -> Promise:
        """The question, lazy, to be filled with `message_values` after translation."""
        return _MESSAGES[self.reason]

    @property
    def message_values(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "found": ", ".join(self.found) or "—",
            "words": ", ".join(self.universals),
        }


def _gravest(actions: Sequence[Action]) -> Decision:
    """The type with the gravest effect, the first of equals; the words are all those of that type."""
    chosen = max(actions, key=lambda action: GRAVITY[EFFECTS[action.type]])
    words = tuple(action.text for action in actions if action.type is chosen.type)
    return Decision(chosen.type, words, chosen.index)


def _reads(action: Action) -> bool:
    return EFFECTS[action.type] is Effect.READ


def choose(actions: Actions) -> Decision:
    """What is asked: first what heads a request, then a question, then weaker evidence.

    A negated request lets only reading through: “Ne supprime pas la note, elle sert à payer le loyer”.
    """
    live = [action for action in actions.found if not action.negated]
    asked = [action for action in live if action.role is Role.ASKED]
    if asked:
        return _gravest(asked)
    if actions.questions:
        return Decision(IntentType.QUERY, tuple(actions.questions))
    if len(live) < len(actions.found):
        live = [action for action in live if _reads(action)]
    for role in (Role.SUBORDINATE, Role.NOUN, Role.MENTION):
        # A mere mention (“le client paie en retard”) is too weak for what cannot be taken back.
        weak = role is Role.MENTION
        tier = [a for a in live if a.role is role and not (weak and EFFECTS[a.type] in NEEDS_OBJECT)]
        if tier:
            return _gravest(tier)
    return Decision(IntentType.QUERY if actions.is_marked_question else IntentType.UNKNOWN)


def _addresses_somebody(tokens: Sequence[Token], index: int) -> bool:
    """“Écris à Marie”, “écris-lui”, “write to Marie”: the word after the verb, clitics apart, is à or to."""
    following = tokens[index + 1 : index + 3]
    if following and following[0].folded in ("lui", "leur") and following[0].glue == "-":
        return True
    ahead = next((token for token in following if token.folded not in CLITICS), None)
    if ahead is None:
        return False
    # Without its accent (capitals), à looks like the English article of “write a letter”.
    return ahead.folded == "to" or (ahead.folded == "a" and tokens[index].folded != "write")


def _refined(decision: Decision, entities: Entities, tokens: Sequence[Token]) -> IntentType:
    kinds = {item.kind for item in entities.objects if item.start > tokens[decision.index].start}
    word = tokens[decision.index].folded
    if decision.type is IntentType.TRANSFER:
        if kinds & MESSAGE_KINDS:
            return IntentType.SEND
        return IntentType.PAYMENT if entities.amounts and not kinds else IntentType.TRANSFER
    if decision.type is IntentType.GENERATE and word in WRITING_VERBS:
        addressed = entities.emails or _addresses_somebody(tokens, decision.index)
        return IntentType.COMMUNICATE if addressed else IntentType.GENERATE
    if decision.type is IntentType.CONFIGURE and word in SETTLING_VERBS:
        return IntentType.PAYMENT if entities.amounts or kinds & PAYABLE_KINDS else IntentType.CONFIGURE
    return decision.type


def refine(decision: Decision, entities: Entities, tokens: Sequence[Token]) -> Decision:
    """The verbs whose type depends on their object: transférer (a message, money), écrire, régler."""
    if decision.index < 0:
        return decision
    return Decision(_refined(decision, entities, tokens), decision.words, decision.index)


def confidence(decision: Decision) -> int:
    """Hundredths: 30 when unknown, else 70 + 10 per action word, at most 99 (design 4.1)."""
    if decision.type is IntentType.UNKNOWN:
        return UNKNOWN_CONFIDENCE
    return min(MAX_CONFIDENCE, BASE_CONFIDENCE + WORD_CONFIDENCE * len(decision.words))


def _concerned(objects: Sequence[ObjectFound], position: int) -> list[ObjectFound]:
    """The objects after the action word, else all: “La note Facture, supprime-la”."""
    return [item for item in objects if item.start > position] or list(objects)


def _is_identified(effect: Effect, objects: Sequence[ObjectFound], entities: Entities) -> bool:
    if any(item.is_identified for item in objects):
        return True
    if effect is Effect.PAYMENT:
        return bool(entities.people or entities.emails)
    return effect is Effect.DELETE and bool(entities.urls)


def clarification(effect: Effect, hundredths: int, entities: Entities, position: int = -1) -> Clarification | None:
    """The question to ask, or None. READ effects never ask (design 6.3).

    `position` is the offset of the action word, in characters.
    """
    if effect is Effect.READ:
        return None
    if hundredths < ASK_BELOW:
        return Clarification(Reason.LOW_CONFIDENCE)
    if effect not in NEEDS_OBJECT:
        return None
    objects = _concerned(entities.objects, position)
    found = tuple(item.text for item in objects)
    if entities.universals:
        return Clarification(Reason.UNIVERSAL, found, tuple(item.text for item in entities.universals))
    if _is_identified(effect, objects, entities):
        return None
    return Clarification(Reason.OBJECT_UNKNOWN, found)
