"""Where a request names an action, and in what role: asked, subordinate, mentioned, negated (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from agents.pipeline.intent import words as w
from agents.pipeline.intent.kinds import EFFECTS, Effect, IntentType
from agents.pipeline.intent.lexicon import (
    GIVING_VERBS,
    HEAD_ONLY,
    LIGHT_VERBS,
    NOUNS,
    PHRASES,
    Form,
    Verb,
    verb_of,
)
from agents.pipeline.intent.negation import is_negated
from agents.pipeline.intent.questions import question_opening
from agents.pipeline.intent.tokens import Kind, Token

SENTENCE_MARKS: Final = frozenset(".!?;\n…")
LIGHT_REACH: Final = 4
_SUBORDINATING_JOINS: Final = w.JOINS - w.words("mais but puis then ensuite")
_NOT_AFTER_A_VERB: Final = w.words("de du des d of est is are sont et and ou or")
# “Résume le texte suivant”, then a new line: what follows is the text.
_INTRODUCES: Final = w.words("texte text ceci suivant suivante suivants suivantes dessous following below")
_INDEFINITE: Final = w.words("un une des a an moi me")
_LIGHT: Final = LIGHT_VERBS | GIVING_VERBS
_OBJECT_CLITICS: Final = w.CLITICS - w.OTHER_SUBJECTS
# An English base form and a French infinitive go on in the role of the verb they are joined to.
_OPEN_FORMS: Final = frozenset({Form.BASE, Form.INFINITIVE})


class Role(Enum):
    """ASKED heads a request; SUBORDINATE hangs on another verb; NOUN names an action; MENTION is the rest."""

    ASKED = "asked"
    SUBORDINATE = "subordinate"
    NOUN = "noun"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Action:
    """One action word: tokens `index` to `end` (excluded) of the reading."""

    type: IntentType
    text: str
    folded: str
    index: int
    end: int
    role: Role
    negated: bool = False


@dataclass(slots=True)
class Actions:
    """All that the sentences say about what to do. `questions` are the words that open a question."""

    found: list[Action] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    is_marked_question: bool = False


@dataclass(slots=True)
class _Sentence:
    """The scan of one sentence. `head`: a request may begin here. `link`: the conjunction just before."""

    tokens: Sequence[Token]
    start: int
    end: int
    language: str
    head: bool = True
    link: str = ""
    light_at: int = -1
    last: Action | None = None
    asks: bool = False
    found: list[Action] = field(default_factory=list)

    def folded(self, index: int) -> str:
        return self.tokens[index].folded if self.start <= index < self.end else ""

    def scan(self) -> bool:
        """Fill `found`; True when a colon after a request makes all that follows its content."""
        index = self.start
        while index < self.end:
            token = self.tokens[index]
            if token.kind is Kind.MARK:
                if token.text == ":" and self.asks:
                    return True
                self.head, self.link, self.light_at, self.last = True, "", -1, None
                index += 1
            elif token.kind is Kind.WORD:
                index = self._word(index)
            else:
                self.head = False
                index += 1
        return False

    def _word(self, index: int) -> int:
        """Read the word at `index`; where to go on."""
        folded = self.folded(index)
        light = self.head and folded in _LIGHT
        end = self._verb(index) or self._noun(index)
        if light:
            self.light_at = index
            self._make(index)
        if end:
            self.head = False
            return end
        if folded in w.JOINS:
            self.head, self.link = True, folded
        elif folded not in w.FILLERS:
            self.head = False
        return index + 1

    def _match(self, index: int) -> tuple[Verb, int] | None:
        for rest, verb in PHRASES.get(self.folded(index), ()):
            end = self._phrase_end(index + 1, rest)
            if end:
                return verb, end
        single = verb_of(self.folded(index), self.language)
        return (single, index + 1) if single else None

    def _phrase_end(self, index: int, rest: tuple[str, ...]) -> int:
        for part in rest:
            if self.folded(index) != part and self.folded(index) in w.CLITICS:
                index += 1
            if self.folded(index) != part:
                return 0
            index += 1
        return index

    def _verb(self, index: int) -> int:
        """The end of the verb at `index`, or 0 when the word is none here."""
        match = self._match(index)
        if match is None or not self._is_verb(index, *match):
            return 0
        verb, end = match
        if self._has_other_subject(index, verb):
            return end
        role = self._role(index, verb)
        negated = is_negated(self.tokens, self.start, self.end, index, end, self.language)
        if self.last and self.head and self._continues(verb):
            negated = negated or self.last.negated
        self._add(verb.type, index, end, role, negated)
        return end

    def _add(self, kind: IntentType, index: int, end: int, role: Role, negated: bool) -> None:
        text = " ".join(token.text for token in self.tokens[index:end])
        action = Action(kind, text, self.folded(index), index, end, role, negated)
        self.found.append(action)
        self.asks |= role is Role.ASKED and not negated
        if role is not Role.NOUN:
            self.last = action

    def _drop_light(self) -> None:
        """Forget the light verb's own action: “lance une recherche” searches."""
        for position in range(len(self.found) - 1, max(-1, len(self.found) - 1 - LIGHT_REACH), -1):
            if self.found[position].index == self.light_at:
                del self.found[position]

    def _is_verb(self, index: int, verb: Verb, end: int) -> bool:
        if verb.form in (Form.INFINITIVE, Form.GERUND):
            return True
        if verb.form is Form.CONJUGATED and self.tokens[index].cased.endswith(("é", "és")):
            return False
        before = self.folded(index - 1)
        if before in w.DETERMINERS and self.folded(index - 2) not in ("n", "ne", "tu", "vous"):
            return False
        if end > index + 1 or self.folded(index) not in HEAD_ONLY:
            return True
        if not self.head:
            return verb.form is Form.BASE and before == "to"
        follows = end < self.end and self.folded(end) not in _NOT_AFTER_A_VERB
        return follows and (not self.link or self._takes_object(end))

    def _takes_object(self, index: int) -> bool:
        token = self.tokens[index]
        known = token.folded in w.DETERMINERS or token.folded in w.CLITICS or token.folded[:1].isdigit()
        return known or token.kind is not Kind.WORD or token.is_capitalised

    def _has_other_subject(self, index: int, verb: Verb) -> bool:
        """“Il envoie…” and “I send…” tell; only “tu”, “vous”, “you” or no subject ask."""
        if verb.form in (Form.INFINITIVE, Form.GERUND):
            return False
        before = index - 1
        while before > index - 3 and self.folded(before) in _OBJECT_CLITICS:
            before -= 1
        return self.folded(before) in w.OTHER_SUBJECTS and self.tokens[before].glue != "-"

    def _continues(self, verb: Verb) -> bool:
        """Whether this verb is joined to the one before: “don't send or delete”, “pour payer et envoyer”."""
        if self.link in w.ALTERNATIVES:
            return True
        return self.link in _SUBORDINATING_JOINS and verb.form in _OPEN_FORMS

    def _role(self, index: int, verb: Verb) -> Role:
        if verb.form is Form.GERUND:
            return Role.SUBORDINATE
        if self.head:
            inherits = self.last and self._continues(verb) and verb.form in _OPEN_FORMS
            return self.last.role if inherits and self.last else Role.ASKED
        near = {self.folded(index - 1), self.folded(index - 2)}
        if verb.form is Form.INFINITIVE or near & w.SUBORDINATORS:
            return Role.SUBORDINATE
        return Role.MENTION

    def _noun(self, index: int) -> int:
        """The end of an action noun at `index`, or 0. An effect needs “make a …” or to open the sentence."""
        kind = NOUNS.get(self.folded(index))
        if self.folded(index) == "mise" and self._phrase_end(index + 1, ("a", "jour")):
            kind = IntentType.UPDATE
        if kind is None:
            return 0
        opens = index == self.start
        reads = EFFECTS[kind] is Effect.READ
        is_near = self.light_at >= 0 and index - self.light_at <= LIGHT_REACH
        is_light = is_near and (reads or self.folded(self.light_at) not in GIVING_VERBS)
        if not (is_light or opens or reads):
            return index + 1
        if is_light:
            self._drop_light()
        role = Role.ASKED if is_light or (opens and not reads) else Role.NOUN
        negated = is_negated(self.tokens, self.start, self.end, index, index + 1, self.language)
        self._add(kind, index, index + 1, role, negated)
        return index + 1

    def _make(self, index: int) -> None:
        """“Fais un tableau”, “make a table”: something is to be generated, unless a noun says more."""
        if self.folded(index) in ("fais", "faites", "make") and self.folded(index + 1) in _INDEFINITE:
            negated = is_negated(self.tokens, self.start, self.end, index, index + 1, self.language)
            self._add(IntentType.GENERATE, index, index + 1, Role.NOUN, negated)


def sentences(tokens: Sequence[Token]) -> list[tuple[int, int, str]]:
    """(start, end, closing mark) of each sentence that has any token."""
    found, start = [], 0
    for index, token in enumerate(tokens):
        if token.kind is Kind.MARK and token.text in SENTENCE_MARKS:
            if index > start:
                found.append((start, index, token.text))
            elif found and token.text == "?":
                found[-1] = (*found[-1][:2], "?")
            start = index + 1
    if start < len(tokens):
        found.append((start, len(tokens), ""))
    return found


def _introduces_content(sentence: _Sentence, mark: str) -> bool:
    tail = sentence.tokens[max(sentence.start, sentence.end - LIGHT_REACH) : sentence.end]
    return mark == "\n" and sentence.asks and any(token.folded in _INTRODUCES for token in tail)


def find_actions(tokens: Sequence[Token], language: str) -> Actions:
    """Every action word of the request, in order. Reads each token a bounded number of times."""
    actions = Actions()
    for start, end, mark in sentences(tokens):
        marked = mark == "?"
        question = question_opening(tokens, start, end, marked)
        if question:
            actions.questions.append(question)
            continue
        sentence = _Sentence(tokens, start, end, language)
        is_content = sentence.scan() or _introduces_content(sentence, mark)
        # In “Le courriel est prêt à envoyer ?” the subordinate verb asks for nothing.
        actions.found += [a for a in sentence.found if not marked or a.role in (Role.ASKED, Role.NOUN)]
        actions.is_marked_question |= marked
        if is_content:
            break
    return actions
