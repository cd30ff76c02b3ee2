"""What both wires' requests share: fields read strictly, or refused by name. Pure."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from governance.errors import BadInput

Json = dict[str, Any]


def refuse(field: str, why: str) -> BadInput:
    return BadInput(f"{field}: {why}", errors={field: [why]})


def unsupported(field: str) -> BadInput:
    return refuse(field, _("This is not supported here."))


def text_in(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise refuse(field, _("A text is expected."))
    return value


def list_in(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(field, _("A list is expected."))
    return value


def object_in(value: Any, field: str) -> Json:
    if not isinstance(value, dict):
        raise refuse(field, _("An object is expected."))
    return value


def flag_in(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise refuse(field, _("True or false is expected."))
    return value


def texts_of(content: Any, field: str) -> str:
    """A text, or parts that are all text; what else they hold is refused by its type."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    pieces = []
    for place, part in enumerate(list_in(content, field)):
        pieces.append(text_part(object_in(part, f"{field}[{place}]"), f"{field}[{place}]"))
    return "".join(pieces)


def text_part(part: Json, field: str) -> str:
    if part.get("type") != "text":
        raise unsupported(f"{field}.type {part.get('type')}")
    return text_in(part.get("text"), f"{field}.text")


def merged(turns: list[Json]) -> list[Json]:
    """Neighbouring turns of one role become one: some providers insist on it. Empty ones are left out."""
    found: list[Json] = []
    for turn in turns:
        if not turn["content"]:
            continue  # it says nothing, and some providers refuse it
        if found and found[-1]["role"] == turn["role"]:
            found[-1]["content"] = _blocks(found[-1]["content"]) + _blocks(turn["content"])
        else:
            found.append(turn)
    return found


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
