"""Which effect a request asks for, and which offered tool fits it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.simulator.language import fold, keywords
from agents.simulator.turns import Tool


@dataclass(frozen=True, slots=True)
class Intent:
    """A wanted effect: the tool that serves it, the last part of tools that also may, and its wording.

    ``*`` in place of a tool's start means that no one tool serves it: only the offered words decide.
    """

    name: str
    tool: str
    verb: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Found:
    """An intent met in a request; ``end`` is the place after its words."""

    intent: Intent
    end: int


_MAKE = r"\b(?:cree[rsz]?|ajoute[rsz]?|prends|enregistre[rsz]?|create|add|make|write down)\b"
_NOT_A_NOUN = r"(?<!\bla )(?<!\bune )(?<!\bde )(?<!\bcette )(?<!\bthe )(?<!\ba )"
_WITH_MONEY = r"(?=[^\n]{0,120}(?:\d ?(?:\$|€|cad|usd|eur|dollar)|\$ ?\d))"
_ARTICLES = "un|une|le|la|les|des|a|an|the|new"
_TEXTS = "resume|sommaire|summary|courriel|e-?mail|message|texte|text|liste|list|plan"
_ITEMS = (
    "note|fiche|element|item|contact|document|page|entree|entry|evenement|event|projet|project|idee|idea|"
    "rendez-vous|appointment|record"
)


def _intent(name: str, tool: str, pattern: str) -> Intent:
    return Intent(name, tool, tool.rpartition("__")[2], re.compile(pattern))


INTENTS = (
    _intent(
        "send",
        "governance__message__send",
        r"\b(?:envoie[sz]?|envoye[rz]|transmets|transmettre|ecris(?: un (?:courriel|mail|message))? a|"
        r"send|e-?mail (?=\w+ (?:that|to|about)|[\w.+-]+@)|write to|reply to|reponds a)\b",
    ),
    _intent(
        "task",
        "spheres__task__create",
        rf"{_MAKE}.{{0,30}}?\b(?:taches?|rappels?|tasks?|to-?dos?|reminders?)\b",
    ),
    _intent("task", "spheres__task__create", r"\b(?:rappelle-moi de|remind me to)\b"),
    _intent("item", "spheres__item__create", rf"{_MAKE}.{{0,30}}?\b(?:{_ITEMS})s?\b|^note que\b|^note that\b"),
    _intent(
        "decision",
        "threads__decision__propose",
        r"\b(?:propose[rsz]?|enregistre[rsz]?|prends|prendre|prenons|cree[rsz]?|record|make|propose|create)\b"
        r".{0,30}?\bdecisions?\b",
    ),
    _intent("create", "*__create", rf"\b(?:cree[rsz]?|create)\b (?:{_ARTICLES})\b(?! (?:{_TEXTS})\b)"),
    _intent("delete", "spheres__item__delete", r"\b(?:supprime[rsz]?|efface[rsz]?|delete|remove|erase)\b"),
    _intent(
        "pay",
        "governance__payment__order",
        rf"{_NOT_A_NOUN}\b(?:paie[sz]?|paye[rsz]?|pay)\b|"
        rf"{_NOT_A_NOUN}\b(?:regle[rsz]?|vire[rsz]?|virement|transfer|wire)\b{_WITH_MONEY}",
    ),
    _intent(
        "search",
        "spheres__search",
        rf"{_NOT_A_NOUN}\b(?:(?:re)?cherche[rsz]?|trouve[rsz]?|search(?: for)?|find|look (?:for|up))\b",
    ),
    _intent(
        "summarize",
        "",
        r"\b(?:resume[rsz]?|resumes-moi|fais (?:un|le) (?:resume|sommaire)|summari[sz]e|sum up)\b",
    ),
)
_QUESTION = re.compile(
    r"^\W*(?:comment|pourquoi|qui|quand|combien|quel(?:le)?s?|ou|est-ce|qu'est|how|why|who|when|what|which|where|is|"
    r"are|was|were|did|does|has|have)\b"
)
_NEGATION = re.compile(r"(?:\bne |\bn'|\bdo not |\bdon't |\bnever |\bsans |\bwithout )[^.;!?\n]{0,15}$")


def find(request: str) -> Found | None:
    """The intent whose words come first; None for a question or when every effect is denied."""
    folded = fold(request)
    question = _QUESTION.match(folded) is not None
    found: list[tuple[int, int, Found]] = []
    for rank, intent in enumerate(INTENTS):
        if question and intent.tool:
            continue
        for match in intent.pattern.finditer(folded):
            if not _NEGATION.search(folded[: match.start()]):
                found.append((match.start(), rank, Found(intent, match.end())))
                break
    return min(found, key=lambda entry: entry[:2])[2] if found else None


def fitting_tool(intent: Intent, request: str, tools: tuple[Tool, ...]) -> Tool | None:
    """The intent's own tool, else the offered one with the same verb whose words the request uses."""
    for tool in tools:
        if tool.name == intent.tool:
            return tool
    wanted = keywords(request)
    same_verb = [tool for tool in tools if tool.name.rpartition("__")[2] == intent.verb]
    shared = [(len(wanted & keywords(f"{tool.name.replace('_', ' ')} {tool.description}")), tool) for tool in same_verb]
    best = max(shared, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] else None
