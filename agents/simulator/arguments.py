"""Fill a tool's arguments from a request, guided by nothing but the tool's own JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agents.simulator.context import Fragment
from agents.simulator.facts import UUID, Facts
from agents.simulator.language import fold, keywords

Schema = dict[str, Any]
MAX_DEPTH = 4
_INDIRECT = {"$ref", "anyOf", "oneOf", "allOf"}
_SAID_AS = {
    "personal": "personnel personnelle personal",
    "business": "entreprise entreprises affaires business",
    "government": "gouvernement government",
    "creative": "creation creative",
    "community": "communaute community",
    "social": "social media medias",
    "entertainment": "divertissement entertainment",
    "team": "equipe team",
    "scholar": "erudition scholar",
    "task": "tache rappel",
    "idea": "idee",
    "link": "lien",
    "low": "basse faible",
    "high": "haute elevee",
    "urgent": "urgente",
    "critical": "critique",
}


def fill(schema: Schema, facts: Facts, *, writes_letter: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The arguments found, and the names of required properties for which the request says nothing."""
    return _Filler(schema, facts, writes_letter).object(schema, 0)


class _Filler:
    def __init__(self, root: Schema, facts: Facts, writes_letter: bool) -> None:
        self._root = root
        self._facts = facts
        self._writes_letter = writes_letter

    def object(self, schema: Schema, depth: int) -> tuple[dict[str, Any], list[str]]:
        required = set(schema.get("required", ()))
        values: dict[str, Any] = {}
        missing: list[str] = []
        for name, raw in schema.get("properties", {}).items():
            spec = self._resolve(raw)
            value = self._property(name, spec, name in required, depth)
            if value is not None:
                values[name] = value
            elif name in required and not _allows_null(raw):
                missing.append(name)
            elif name in required:
                values[name] = None
        return values, missing

    def _resolve(self, raw: Any) -> Schema:
        """Follow ``$ref`` and take the first choice of a union that is not null.

        The keys beside a reference or a union (default, description) stay true for what it leads to.
        """
        spec: Schema = raw if isinstance(raw, dict) else {}
        for _ in range(MAX_DEPTH):
            kept = {key: value for key, value in spec.items() if key not in _INDIRECT}
            choices = spec.get("anyOf") or spec.get("oneOf") or spec.get("allOf")
            if "$ref" in spec:
                spec = {**kept, **self._referred(str(spec["$ref"]))}
            elif choices:
                spec = {**kept, **next((one for one in choices if one.get("type") != "null"), {})}
            else:
                break
        return spec

    def _referred(self, reference: str) -> Schema:
        target: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        return target if isinstance(target, dict) else {}

    def _property(self, name: str, spec: Schema, required: bool, depth: int) -> Any:
        if "const" in spec:
            return spec["const"]
        kind = _kind(spec)
        if kind == "array":
            return self._array(name, spec, required, depth)
        if kind == "object":
            if not required or depth >= MAX_DEPTH:
                return None
            values, missing = self.object(spec, depth + 1)
            return None if missing else values
        if "enum" in spec:
            return self._choice(name, spec, required)
        value = self._meant(name, spec)
        if value is None and required:
            value = self._fallback(name, spec)
        if isinstance(value, str) and isinstance(spec.get("maxLength"), int):
            value = value[: spec["maxLength"]]
        return value

    def _array(self, name: str, spec: Schema, required: bool, depth: int) -> list[Any] | None:
        items = self._resolve(spec.get("items", {}))
        if _is(name, _COPIES):
            return [] if required else None
        if _is(name, _RECIPIENT) or items.get("format") == "email":
            return self._recipients(items) or None
        value = self._property(name.removesuffix("s"), items, required, depth + 1)
        if value is not None and (required or _is_id(name.removesuffix("s"), items)):
            return [value]
        return [] if required and not spec.get("minItems") else None

    def _recipients(self, items: Schema) -> list[Any]:
        if _kind(items) != "object":
            return list(self._facts.emails)
        names = [name for name in items.get("properties", {}) if _is(name, _RECIPIENT)]
        return [{names[0]: email} for email in self._facts.emails] if names else []

    def _choice(self, name: str, spec: Schema, required: bool) -> Any:
        words = set(re.findall(r"\w+", self._facts.folded))
        for value in spec["enum"]:
            said = {fold(str(value)), *_SAID_AS.get(str(value), "").split()}
            if words & said:
                return value
        if "default" in spec or not required:
            return spec.get("default")
        return spec["enum"][0]

    def _meant(self, name: str, spec: Schema) -> Any:
        if _is_id(name, spec):
            return self._identifier(name)
        for names, kinds, read in _MEANINGS:
            if _is(name, names) and _kind(spec) in kinds:
                return read(self, spec)
        if spec.get("format") == "email":
            return self._first_email(spec)
        if spec.get("format") in ("date", "date-time"):
            return self._date(spec)
        return None

    def _fallback(self, name: str, spec: Schema) -> Any:
        if "default" in spec:
            return spec["default"]
        if _is_id(name, spec) or spec.get("format") or _is(name, _NEVER_GUESSED):
            return None
        match _kind(spec):
            case "boolean":
                return False
            case "integer" | "number":
                found = re.search(r"(?<![\w-])\d+(?![\w-])", self._facts.request)
                return int(found[0]) if found else spec.get("minimum")
            case "string" if not spec.get("pattern"):
                return self._facts.subject
        return None

    def _identifier(self, name: str) -> str | None:
        """An id written in the request, else that of the fragment which the request names best."""
        if written := UUID.search(self._facts.request):
            return written[0]
        kind = name.removesuffix("_id")
        of_kind = [fragment for fragment in self._facts.fragments if fragment.kind == kind]
        wanted = keywords(self._facts.request)
        scored = [(_named(fragment, wanted), fragment) for fragment in of_kind or self._facts.fragments]
        best = max(scored, key=lambda pair: pair[0], default=None)
        if best is None or not best[0]:
            return None
        inside = UUID.search(best[1].id)
        return inside[0] if inside else best[1].id

    def _first_email(self, spec: Schema) -> str | None:
        return self._facts.emails[0] if self._facts.emails else None

    def _date(self, spec: Schema) -> str | None:
        date, time = self._facts.date, self._facts.time
        if date is None:
            return None
        if spec.get("format") != "date-time":
            return date.isoformat()
        return f"{date.isoformat()}T{time.isoformat() if time else '09:00:00'}Z"

    def _body(self, spec: Schema) -> str:
        if self._writes_letter:
            return self._facts.letter
        words = self._facts.matter[1]
        return words[:1].upper() + words[1:]

    def _minor(self, spec: Schema) -> int | None:
        return self._facts.amount[0] if self._facts.amount else None

    def _amount(self, spec: Schema) -> int | float | str | None:
        if self._facts.amount is None:
            return None
        whole, cents = divmod(self._facts.amount[0], 100)
        if _kind(spec) == "string":
            return f"{whole}.{cents:02d}"
        return whole if not cents else float(f"{whole}.{cents:02d}")

    def _currency(self, spec: Schema) -> str | None:
        return self._facts.amount[1] if self._facts.amount else spec.get("default")

    def _payee(self, spec: Schema) -> str | None:
        return self._facts.payee or self._first_email(spec)

    def _reference(self, spec: Schema) -> str | None:
        return self._facts.reference

    def _subject(self, spec: Schema) -> str:
        return self._facts.subject

    def _query(self, spec: Schema) -> str:
        return self._facts.matter[1]


_RECIPIENT = {"to", "recipient", "recipients", "email", "emails", "address", "addresses", "destinataire"}
_COPIES = {"cc", "bcc", "reply_to"}
_PAYEE = {"payee", "beneficiary", "creditor", "supplier"}
_MINOR = {"amount_minor", "amount_cents", "minor_units"}
_AMOUNTS = {"amount", "total", "price"}
_DATES = {"date", "deadline", "due", "due_on", "due_at", "starts_at", "start", "when"}
_NEVER_GUESSED = _RECIPIENT | _PAYEE | _MINOR | _AMOUNTS | _DATES | {"currency"}
_TEXT = {"string"}
_NUMBER = {"integer", "number"}
_Reader = Callable[[_Filler, Schema], Any]
_MEANINGS: tuple[tuple[set[str], set[str], _Reader], ...] = (
    (_RECIPIENT, _TEXT, _Filler._first_email),
    (_PAYEE, _TEXT, _Filler._payee),
    (_MINOR, _NUMBER, _Filler._minor),
    (_AMOUNTS, _TEXT | _NUMBER, _Filler._amount),
    ({"currency"}, _TEXT, _Filler._currency),
    (_DATES, _TEXT, _Filler._date),
    ({"reference", "invoice"}, _TEXT, _Filler._reference),
    ({"subject", "title", "name", "label", "question"}, _TEXT, _Filler._subject),
    ({"body", "content", "text", "message", "description", "statement"}, _TEXT, _Filler._body),
    ({"query", "q", "search", "terms"}, _TEXT, _Filler._query),
)


def _kind(spec: Schema) -> str:
    kind = spec.get("type", "string" if "properties" not in spec else "object")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    return str(kind)


def _is(name: str, names: set[str]) -> bool:
    return ("date" if name.endswith("_date") else name) in names


def _is_id(name: str, spec: Schema) -> bool:
    return name == "id" or name.endswith("_id") or spec.get("format") == "uuid"


def _allows_null(raw: Any) -> bool:
    if not isinstance(raw, dict):
        return False
    kinds = raw.get("type")
    return (isinstance(kinds, list) and "null" in kinds) or any(
        isinstance(choice, dict) and choice.get("type") == "null" for choice in raw.get("anyOf", ())
    )


def _named(fragment: Fragment, wanted: frozenset[str]) -> int:
    """A name counts for more than a mention: the origin and the first line weigh three times."""
    first_line = fragment.text.partition("\n")[0]
    return 3 * len(wanted & keywords(f"{fragment.origin} {first_line}")) + len(wanted & keywords(fragment.text))
