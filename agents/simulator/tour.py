"""What the simulator does when nothing is scripted: read, quote, call the tool that fits, say what happened.

Equal requests get equal answers; nothing is known but the request, its quoted context and its tools.
"""

from __future__ import annotations

from typing import Any

from agents.simulator import intents, outcome
from agents.simulator.arguments import fill
from agents.simulator.context import (
    Fragment,
    Passage,
    asks_for_content,
    best_passages,
    cite,
    first_sentences,
    fragments,
    in_container,
)
from agents.simulator.facts import Facts
from agents.simulator.intents import Found
from agents.simulator.language import keywords, language
from agents.simulator.turns import Ask, Tool

Wanted = list[tuple[str, dict[str, Any]]]

_PHRASES = {
    "fr": {
        "hello": (
            "Bonjour ! Ceci est une réponse simulée : je peux résumer ce que vous me confiez, y chercher une "
            "réponse, ou préparer un envoi, une note, une tâche ou une décision."
        ),
        "summary": "Résumé des éléments fournis :",
        "nothing": "Je n'ai rien trouvé à ce sujet dans les éléments fournis. Ceci est une réponse simulée.",
        "empty": "Aucun élément ne m'a été fourni pour répondre. Ceci est une réponse simulée.",
        "sources": "Sources :",
        "missing": "Je n'ai rien fait : il me manque {}. Précisez-le et je reprends.",
        "no_tool": ("Rien n'a été fait : aucun outil ne me permet cette action ici. Ceci est une réponse simulée."),
        "draft": "Voici un brouillon. Rien n'a été envoyé.",
    },
    "en": {
        "hello": (
            "Hello! This is a simulated answer: I can summarise what you give me, look for an answer in it, "
            "or prepare a message, a note, a task or a decision."
        ),
        "summary": "Summary of what was provided:",
        "nothing": "I found nothing about this in what was provided. This is a simulated answer.",
        "empty": "Nothing was provided to answer from. This is a simulated answer.",
        "sources": "Sources:",
        "missing": "I did nothing: {} is missing. Tell me and I will go on.",
        "no_tool": "Nothing was done: no tool lets me do this here. This is a simulated answer.",
        "draft": "Here is a draft. Nothing was sent.",
    },
}


def answer(ask: Ask, request: str) -> tuple[str, Wanted]:
    """The words and the tool calls for a request whose ``#sim`` lines are already taken out."""
    tongue = language(request)
    if ask.results:
        return outcome.tell(ask.results, tongue), []
    quoted = fragments((*ask.earlier, ask.source))
    found = intents.find(request)
    facts = Facts(request, tongue, quoted, found.end if found else 0)
    if ask.must_call:
        return "", [_forced(ask, found, facts)]
    if found and found.intent.tool:
        return _effect(ask, found, facts)
    if not found and not keywords(request):
        return _PHRASES[tongue]["hello"], []
    return _read(request, tongue, quoted, summarize=found is not None), []


def _effect(ask: Ask, found: Found, facts: Facts) -> tuple[str, Wanted]:
    phrases = _PHRASES[facts.language]
    writes_letter = found.intent.name == "send"
    tool = intents.fitting_tool(found.intent, facts.request, ask.tools)
    if tool is None:
        if found.intent.name == "search":
            return _read(facts.request, facts.language, facts.fragments, summarize=False), []
        draft = f"{phrases['draft']}\n\n{facts.letter}\n\n" if writes_letter else ""
        return draft + phrases["no_tool"], []
    values, missing = fill(tool.schema, facts, writes_letter=writes_letter)
    if missing:
        return phrases["missing"].format(", ".join(f"`{name}`" for name in missing)), []
    return "", [(tool.name, values)]


def _forced(ask: Ask, found: Found | None, facts: Facts) -> tuple[str, dict[str, Any]]:
    """The caller demands a call: the tool that fits, else the first, with what could be found."""
    tool: Tool | None = None
    if found and found.intent.tool:
        tool = intents.fitting_tool(found.intent, facts.request, ask.tools)
    tool = tool or ask.tools[0]
    return tool.name, fill(tool.schema, facts, writes_letter=tool.name.endswith("__send"))[0]


def _read(request: str, tongue: str, quoted: tuple[Fragment, ...], *, summarize: bool) -> str:
    phrases = _PHRASES[tongue]
    if not quoted:
        return phrases["empty"]
    passages = first_sentences(request, quoted) if summarize else best_passages(request, quoted)
    if not passages and asks_for_content(request):
        passages = first_sentences(request, in_container(request, quoted))
    if not passages:
        return phrases["nothing"]
    numbered = cite(passages)
    if summarize:
        lines = [
            phrases["summary"],
            "",
            *(f"- {passage.sentence} [{number}]" for number, passage in numbered),
        ]
    else:
        lines = [f"{passage.sentence} [{number}]" for number, passage in numbered]
    if all(passage.fragment.number for _number, passage in numbered):
        return "\n".join(lines)  # the reader has the numbered sources at hand
    return "\n".join([*lines, "", _sources(numbered, phrases["sources"])])


def _sources(numbered: list[tuple[int, Passage]], title: str) -> str:
    named = {number: passage.fragment.origin or passage.fragment.id for number, passage in numbered}
    return f"{title} " + " ; ".join(f"[{number}] {name}" for number, name in named.items())
