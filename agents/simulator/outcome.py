"""After a tool has run: say what came back, or plainly that it was not done."""

from __future__ import annotations

from typing import Any

import orjson

from agents.simulator.turns import ToolResult

MAX_DETAIL = 300
MAX_ROWS = 5
_NOT_DONE = {"refused", "rejected", "denied", "blocked", "expired", "cancelled", "failed", "error"}
_WAITING = {"pending", "awaiting_approval", "stopped", "pending_effect"}
_STATES = ("status", "outcome", "verdict", "state")
_TITLES = ("title", "subject", "name", "text", "id")
_WORDS = {
    "fr": {
        "done": "C'est fait ({}) : {}",
        "not_done": "Cela n'a pas été fait ({}) : {}",
        "waiting": "En attente, rien n'est encore fait ({}) : {}",
        "nothing": "aucun détail",
        "no_rows": "aucun résultat",
        "colon": " : ",
    },
    "en": {
        "done": "Done ({}): {}",
        "not_done": "This was not done ({}): {}",
        "waiting": "Waiting, nothing is done yet ({}): {}",
        "nothing": "no detail",
        "no_rows": "no result",
        "colon": ": ",
    },
}


# What the product's own tools answer, in a sentence; used when the result has every word it needs.
_SENTENCES = {
    "governance.message.send": {
        "fr": "C'est fait : le courriel « {subject} » est parti à {to}.",
        "en": "Done: the e-mail “{subject}” has left for {to}.",
    },
    "spheres.item.create": {
        "fr": "C'est fait : « {title} » est enregistré.",
        "en": "Done: “{title}” is kept.",
    },
    "spheres.task.create": {
        "fr": "C'est fait : la tâche « {title} » est ajoutée.",
        "en": "Done: the task “{title}” is added.",
    },
    "spheres.item.delete": {
        "fr": "C'est fait : « {title} » est à la corbeille, où il reste 30 jours.",
        "en": "Done: “{title}” is in the trash, where it stays for 30 days.",
    },
    "threads.decision.propose": {
        "fr": "C'est fait : la décision « {statement} » est proposée.",
        "en": "Done: the decision “{statement}” is proposed.",
    },
}


def tell(results: tuple[ToolResult, ...], tongue: str) -> str:
    """One line per result, in ``fr`` or ``en``; tools go by their dotted names."""
    words = _WORDS[tongue]
    lines = []
    for result in results:
        value = _value(result.text)
        if sentence := _sentence(result, value, tongue):
            lines.append(sentence)
            continue
        detail = _detail(value, words)
        if len(detail) > MAX_DETAIL:
            detail = detail[:MAX_DETAIL].rsplit(" ", 1)[0] + "…"
        lines.append(words[_state(result, value)].format(result.name.replace("__", "."), detail))
    return "\n".join(lines)


def _sentence(result: ToolResult, value: Any, tongue: str) -> str:
    """The sentence of a known tool that did its work; '' when a word of it is missing."""
    pattern = _SENTENCES.get(result.name.replace("__", "."), {}).get(tongue, "")
    if not pattern or not isinstance(value, dict) or _state(result, value) != "done":
        return ""
    words = {key: ", ".join(map(str, one)) if isinstance(one, list) else str(one) for key, one in value.items()}
    try:
        return pattern.format_map(words)
    except KeyError:
        return ""


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _state(result: ToolResult, value: Any) -> str:
    states = {str(value[key]).lower() for key in _STATES if key in value} if isinstance(value, dict) else set()
    if result.is_error or states & _NOT_DONE or (isinstance(value, dict) and value.get("ok") is False):
        return "not_done"
    return "waiting" if states & _WAITING else "done"


def _detail(value: Any, words: dict[str, str]) -> str:
    if isinstance(value, dict):
        rows = next((value[key] for key in ("results", "items", "rows") if isinstance(value.get(key), list)), None)
        if rows is None:
            pairs = [f"{key}{words['colon']}{_plain(one)}" for key, one in value.items() if _is_plain(one)]
            return ", ".join(pairs[:MAX_ROWS]) or words["nothing"]
        value = rows
    if isinstance(value, list):
        shown = "".join(f"\n- {_title(row)}" for row in value[:MAX_ROWS])
        return f"{len(value)}{shown}" if value else words["no_rows"]
    return str(value).strip() or words["nothing"]


def _title(row: Any) -> str:
    if isinstance(row, dict):
        return next((str(row[key]) for key in _TITLES if row.get(key)), str(next(iter(row.values()), "")))
    return str(row)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
