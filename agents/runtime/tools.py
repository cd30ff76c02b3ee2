"""Tools are governed actions, offered under names the wires accept (design 4.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from pydantic import BaseModel

from agents.encoding.grammar import parse
from agents.encoding.tools import effects_bound
from agents.pipeline.models import Run
from governance.registry.actions import Action, Params, get_action

WIRE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

# Nova's contract: what she may ask for at all; the encoding's MODE narrows it run by run.
NOVA_TOOLS = (
    "spheres.search",
    "spheres.item.read",
    "spheres.item.create",
    "spheres.item.delete",
    "spheres.task.create",
    "threads.message.add",
    "threads.decision.propose",
    "governance.memory.propose",
    "governance.message.send",
    "governance.payment.order",
    "governance.transfer.request",
)

Tell = Callable[[Any], dict[str, Any]]
_tellers: dict[str, Tell] = {}


@dataclass(frozen=True, slots=True)
class Tool:
    """One offered action."""

    action: Action

    @property
    def wire_name(self) -> str:
        return to_wire(self.action.name)

    def spec(self) -> dict[str, Any]:
        """The tool as the wire wants it."""
        about, schema = described(self.action.params)
        return {"name": self.wire_name, "description": about or str(self.action.label), "input_schema": schema}


@cache
def described(params: type[Params]) -> tuple[str, dict[str, Any]]:
    """What the parameters say about themselves, and their schema without it: read only, made once."""
    schema = params.model_json_schema()
    schema.pop("title", None)
    return schema.pop("description", ""), schema


def to_wire(name: str) -> str:
    """`governance.message.send` → `governance__message__send`: both wires refuse dots."""
    return name.replace(".", "__")


def from_wire(name: str) -> str:
    return name.replace("__", ".")


def offered(run: Run) -> list[Tool]:
    """Nova's contract, cut down to the effects that the run's encoding lets through."""
    effects = {effect.value for effect in effects_bound(parse(run.encoding).mode)}
    return [Tool(action) for action in map(get_action, NOVA_TOOLS) if action.effect.value in effects]


def unfit_names(names: tuple[str, ...] = NOVA_TOOLS) -> list[str]:
    """Names that a wire would refuse, or that collide once written for it: checked at start-up."""
    wired = [to_wire(name) for name in names]
    return [
        name
        for name, wire in zip(names, wired, strict=True)
        if not WIRE_NAME.fullmatch(wire) or wired.count(wire) > 1 or from_wire(wire) != name
    ]


def tell_result_of(action: str, tell: Tell) -> None:
    """Says how the result of an action is told to a model; the default names the row."""
    _tellers[action] = tell


def told(action: str, result: Any) -> dict[str, Any]:
    """The result of a tool, as JSON for the model."""
    if action in _tellers:
        return _tellers[action](result)
    if isinstance(result, models.Model):
        known = ("title", "subject", "statement", "status", "version", "sphere", "to")
        return {
            "id": str(result.pk),
            **{name: _plain(getattr(result, name)) for name in known if hasattr(result, name)},
        }
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    return {"done": True}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | list | type(None)) else str(value)


def tell_found(found: list[Any]) -> dict[str, Any]:
    """Search results, with what is needed to read one."""
    return {
        "results": [
            {"id": str(row.id), "kind": row.kind, "title": row.title, "excerpt": row.excerpt, "sphere": row.sphere}
            for row in found
        ]
    }


def tell_item(item: Any) -> dict[str, Any]:
    return {
        "id": str(item.pk),
        "type": item.type,
        "title": item.title,
        "content": item.content,
        "version": item.version,
        "sphere": item.sphere,
    }


def tell_proposed(item: Any) -> dict[str, Any]:
    return {"id": str(item.pk), "status": item.status, "note": "A person decides whether it is remembered."}


tell_result_of("governance.memory.propose", tell_proposed)
tell_result_of("spheres.search", tell_found)
tell_result_of("spheres.item.read", tell_item)
