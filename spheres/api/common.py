"""What this app's API views share: looking up before reading, bodies, and documented queries."""

from __future__ import annotations

from typing import Any, Literal, get_args
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from governance.access.rest import KeysetPages, refuse_spoofed_identity, validated
from governance.isolation.context import reading
from governance.isolation.lookup import find
from governance.registry.actions import Params


def look(rows: Any, pk: UUID, **also: Any) -> Any:
    """The object of the address, before the body is read: a foreign id is 403 whatever the body holds."""
    with reading():
        return find(rows, pk, **also)


def body(request: Request, model: type[Params], **known: Any) -> dict[str, Any]:
    """The body, checked against `model`, with what the address already says."""
    refuse_spoofed_identity(request)
    return validated(model, request.data).model_dump(exclude_unset=True) | known


def parameters(model: type[Params]) -> list[OpenApiParameter]:
    """The query parameters of a list, for the schema."""
    known = {name: OpenApiParameter(name, str) for name in sorted(KeysetPages.own_parameters)}
    known |= {
        name: OpenApiParameter(name, str, enum=_choices(field.annotation), required=field.is_required())
        for name, field in model.model_fields.items()
    }
    return list(known.values())


def _choices(annotation: Any) -> list[str] | None:
    """The fixed values of an annotation, from its choices and literals."""
    found: list[str] = []
    for part in get_args(annotation) or (annotation,):
        if hasattr(part, "values"):
            found += part.values
        elif getattr(part, "__origin__", None) is Literal:
            found += get_args(part)
    return found or None
