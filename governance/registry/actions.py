"""What can be done at all: every governed action is declared once, by name (design 3.3)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, model_validator

from governance.isolation.context import IdentityContext


class Effect(StrEnum):
    """The class of effect that rules and checkpoints speak about."""

    READ = "READ"
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    SEND = "SEND"
    TRANSFER = "TRANSFER"
    PAYMENT = "PAYMENT"
    CONFIGURE = "CONFIGURE"


PREVIEWED = frozenset({Effect.SEND, Effect.TRANSFER, Effect.PAYMENT})


MOST_INTEGER = 2**63


class Params(BaseModel):
    """Base of every action's parameters: strict, closed, immutable, texts trimmed.

    Each is compiled when it is first used: all of them together are a sixth of what a process loads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def storable_text(cls, values: Any) -> Any:
        """Texts are NFC; what PostgreSQL cannot store (NUL, lone surrogates) is refused, not dropped."""
        return _storable(values)

    @model_validator(mode="after")
    def storable_numbers(self) -> Self:
        """Whole numbers that fit the log and the database: 64 bits, wherever they stand."""
        _check_numbers(list(self.__dict__.values()))
        return self


class NoParameters(Params):
    """What says everything by being asked: about the bound identity or person, or the object in the address."""


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(_("This text has characters that cannot be stored."))
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def _check_numbers(value: Any) -> None:
    if isinstance(value, int) and not -MOST_INTEGER <= value < MOST_INTEGER:
        raise ValueError(_("This number is too large."))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_numbers(item)


Policy = Callable[[IdentityContext, Any], bool]
Change = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Outside:
    """An effect that leaves the installation, between two commits: begun, then known.

    `run(row)` does it and returns a receipt (JSON); `settle(uow, row, receipt)` records the success in
    the second commit, `failed(uow, row)` that it certainly did not happen. A crash between the two leaves a
    visible `pending_effect`, never a repeat.
    """

    run: Callable[[Any], dict[str, Any]]
    settle: Callable[[Any, Any, dict[str, Any]], None]
    failed: Callable[[Any, Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One governed act.

    `policy(actor, params)` answers before anything is opened; `change(uow, params)` makes the change and
    returns the row it is about (or None). `facts(params)` adds what rules may ask about; `preview(params)`
    tells exactly what will happen, as JSON that an approver sees and that is digested; `question(preview)`
    is the one sentence above it, in the reader's language. `secret` parameters are never recorded.
    `deciders`: the roles that may decide its questions, where not everybody who writes may; `guarded`: to approve
    one, the person shows that it is them (step-up).
    """

    name: str
    effect: Effect
    params: type[Params]
    policy: Policy
    change: Change
    label: str | Promise
    secret: frozenset[str] = frozenset()
    facts: Callable[[Any], dict[str, Any]] | None = None
    preview: Callable[[Any], dict[str, Any]] | None = None
    question: Callable[[dict[str, Any]], str] | None = None
    outside: Outside | None = None
    deciders: frozenset[str] = frozenset()
    guarded: bool = False


_actions: dict[str, Action] = {}


def action(
    name: str, effect: Effect, *, params: type[Params], policy: Policy, label: str | Promise, **more: Any
) -> Callable[[Change], Change]:
    """Declares the decorated function as the change of the action `name` (`app.noun.verb`).

    `more`: the optional fields of Action. What SENDs, TRANSFERs or PAYs must tell in a preview.
    """
    if effect in PREVIEWED and not {"preview", "question"} <= more.keys():
        raise TypeError(f"{name}: {effect} needs a preview and its question")

    def declare(change: Change) -> Change:
        if name in _actions:
            raise ValueError(f"the action {name} is declared twice")
        _actions[name] = Action(name, effect, params, policy, change, label, **more)
        return change

    return declare


def get_action(name: str) -> Action:
    """The declared action; KeyError when there is none of that name."""
    return _actions[name]


def all_actions() -> dict[str, Action]:
    """Every declared action by name, sorted."""
    return dict(sorted(_actions.items()))
