"""Conditions in words: what each key is called, which values it knows, and how a person writes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from governance.isolation.context import Channel
from governance.people.models import Role
from governance.registry.actions import Effect, all_actions
from governance.rules.conditions import FLAG, KEYS, LARGEST_NUMBER, NUMBER, OPERATORS, ORDERED, TEXT, Condition

Label = str | Promise
PICO = 10**12
LONGEST_NUMBER = 40
COST = "estimated_cost_pico_usd"
EFFECTS = {
    Effect.READ: pgettext_lazy("effect", "read"),
    Effect.CREATE: pgettext_lazy("effect", "create"),
    Effect.UPDATE: pgettext_lazy("effect", "change"),
    Effect.DELETE: pgettext_lazy("effect", "delete"),
    Effect.SEND: pgettext_lazy("effect", "send"),
    Effect.TRANSFER: pgettext_lazy("effect", "transfer"),
    Effect.PAYMENT: pgettext_lazy("effect", "pay"),
    Effect.CONFIGURE: pgettext_lazy("effect", "configure"),
}
DAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A key in words; `choices` are its only values, where it has a fixed list."""

    label: Label
    hint: Label = ""
    choices: Mapping[Any, Label] = field(default_factory=dict)


WORDS: dict[str, Word] = {
    "effect": Word(gettext_lazy("the kind of act"), choices=EFFECTS),
    "action": Word(gettext_lazy("the action"), gettext_lazy("its name, such as governance.payment.order")),
    "actor.kind": Word(
        gettext_lazy("who acts"),
        choices={
            "person": gettext_lazy("a person"), "nova": "Nova", "agent": gettext_lazy("an agent")
        },
    ),
    "actor.role": Word(gettext_lazy("the role of who acts"), choices=dict(Role.choices)),
    "agent.code": Word(gettext_lazy("which agent"), gettext_lazy("its code, such as nova")),
    "agent.level": Word(gettext_lazy("the level of the agent"), gettext_lazy("such as L2")),
    "channel": Word(
        gettext_lazy("the way in"),
        choices={
            Channel.PAGE: gettext_lazy("a page"), Channel.API: "API", Channel.AGENT: gettext_lazy("an agent"),
            Channel.TASK: gettext_lazy("work in the background"), Channel.MCP: "MCP",
            Channel.SYSTEM: gettext_lazy("the installation"),
        },
    ),
    "estimated_cost_pico_usd": Word(gettext_lazy("the expected cost (US $)"), gettext_lazy("such as 5 or 0.50")),
    "estimated_tokens": Word(gettext_lazy("the expected tokens"), gettext_lazy("a whole number")),
    "budget_used_percent": Word(gettext_lazy("how much of the budget is used (%)"), gettext_lazy("from 0 to 100")),
    "over_intent_budget": Word(gettext_lazy("it needs far more than such requests usually do")),
    "weekday": Word(gettext_lazy("the day of the week"), choices=dict(enumerate(DAYS, 1))),
    "hour": Word(gettext_lazy("the hour of the day"), gettext_lazy("from 0 to 23")),
    "recipient_domain": Word(gettext_lazy("the domain it is sent to"), gettext_lazy("such as example.org")),
    "sensitivity": Word(
        gettext_lazy("how sensitive the data are"),
        choices={
            "public": pgettext_lazy("sensitivity", "Public"), "internal": pgettext_lazy("sensitivity", "Internal"),
            "confidential": pgettext_lazy("sensitivity", "Confidential"),
            "restricted": pgettext_lazy("sensitivity", "Restricted"),
            "top_secret": pgettext_lazy("sensitivity", "Top secret"),
        },
    ),
    "sphere": Word(gettext_lazy("the sphere"), gettext_lazy("its code, such as business")),
    "target_sphere": Word(gettext_lazy("the sphere it goes to"), gettext_lazy("its code, such as business")),
    "crosses_sphere": Word(gettext_lazy("it goes into another sphere")),
    "crosses_identity": Word(gettext_lazy("it goes into another identity")),
    "permanent": Word(gettext_lazy("it cannot be undone")),
    "resource_type": Word(gettext_lazy("what it is about"), gettext_lazy("its type, such as threads.thread")),
    "elevated": Word(gettext_lazy("it was allowed for a while")),
    "deciders": Word(gettext_lazy("how many people may decide"), gettext_lazy("a whole number")),
}  # fmt: skip
OPERATOR_WORDS: dict[str, Label] = {
    "eq": pgettext_lazy("rule", "is"),
    "ne": pgettext_lazy("rule", "is not"),
    "gt": pgettext_lazy("rule", "is more than"),
    "gte": pgettext_lazy("rule", "is at least"),
    "lt": pgettext_lazy("rule", "is less than"),
    "lte": pgettext_lazy("rule", "is at most"),
    "in": pgettext_lazy("rule", "is one of"),
    "not_in": pgettext_lazy("rule", "is none of"),
    "contains": pgettext_lazy("rule", "contains"),
    "regex": pgettext_lazy("rule", "fits the pattern"),
}
NEGATED = {"eq": "ne", "ne": "eq", "gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt", "in": "not_in", "not_in": "in"}
YES = frozenset({"yes", "oui", "true", "1", "vrai"})
NO = frozenset({"no", "non", "false", "0", "faux"})


def key_choices() -> list[tuple[str, str]]:
    """The keys one can choose from, in the order of how often they are wanted."""
    return [(key, str(word.label)) for key, word in WORDS.items()]


def operator_choices() -> list[tuple[str, str]]:
    return [(op, str(OPERATOR_WORDS[op])) for op in OPERATORS]


def fits(key: str, op: str) -> bool:
    """May the key be asked in this way?"""
    kind = KEYS[key]
    return not (op in ORDERED and kind != NUMBER) and not (op in {"contains", "regex"} and kind != TEXT)


def said(condition: Condition) -> str:
    """One condition as half a sentence: “the expected cost (US $) is more than 5”."""
    return " ".join(
        (label(condition.key), str(OPERATOR_WORDS[condition.op]), value_said(condition.key, condition.value))
    )


def unless(condition: Condition) -> str:
    """What would have to be true instead, for the condition not to hold."""
    if KEYS[condition.key] == FLAG and condition.op in {"eq", "ne"}:
        return said(Condition(condition.key, "eq", (condition.value is not True) == (condition.op == "eq")))
    if condition.op in NEGATED:
        return said(Condition(condition.key, NEGATED[condition.op], condition.value))
    return _("not: %(condition)s") % {"condition": said(condition)}


def label(key: str) -> str:
    return str(WORDS[key].label)


def value_said(key: str, value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(value_said(key, each) for each in value)
    if value is None:
        return pgettext("fact", "nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "action" and value in (actions := all_actions()):
        return f"{actions[value].label} ({value})"
    if value in WORDS[key].choices:
        return str(WORDS[key].choices[value])
    if key == COST:
        return money(value)
    return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)


def money(pico: int) -> str:
    """US dollars, to the cent or as exactly as needed."""
    amount = Decimal(pico) / PICO
    exact = amount.normalize()
    places = max(2, -int(exact.as_tuple().exponent))  # type: ignore[arg-type]
    return number_format(amount, decimal_pos=min(places, 12), force_grouping=True)


def written(key: str, value: Any) -> str:
    """A value as a form shows it, to be read again by `value_of`."""
    if isinstance(value, (list, tuple)):
        return ", ".join(written(key, each) for each in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in WORDS[key].choices:
        return str(WORDS[key].choices[value])
    if key == COST and isinstance(value, int):
        return f"{(Decimal(value) / PICO).normalize():f}"
    return str(value)


def value_of(key: str, op: str, text: str) -> Any:
    """What a person has written, as the engine wants it. Raises ValueError with a sentence."""
    if op in {"in", "not_in"}:
        parts = [part.strip() for part in text.replace(";", ",").split(",")]
        return [_one(key, part) for part in parts if part]
    return _one(key, text.strip()) if op not in {"regex", "contains"} else text.strip()


def _one(key: str, text: str) -> Any:
    if choices := WORDS[key].choices:
        return _chosen(choices, text)
    if KEYS[key] == FLAG:
        if text.lower() not in YES | NO:
            raise ValueError(_("Write yes or no."))
        return text.lower() in YES
    if KEYS[key] == NUMBER:
        return _number(key, text)
    return text


def _chosen(choices: Mapping[Any, Label], text: str) -> Any:
    """The value that was written, or its word in the reader's language."""
    for value, word in choices.items():
        if text.casefold() in {str(value).casefold(), str(word).casefold()}:
            return value if isinstance(value, int) else str(value)
    raise ValueError(_("One of: %(words)s.") % {"words": ", ".join(str(word) for word in choices.values())})


def _number(key: str, text: str) -> int:
    try:
        if len(text) > LONGEST_NUMBER:
            raise InvalidOperation
        number = Decimal(text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".").strip("$%"))
        found = number * PICO if key == COST else number
        if not found.is_finite() or abs(found) > LARGEST_NUMBER or found != found.to_integral_value():
            raise InvalidOperation
    except (InvalidOperation, Overflow) as error:
        raise ValueError(_("Write a number.") if key == COST else _("Write a whole number.")) from error
    return int(found)
