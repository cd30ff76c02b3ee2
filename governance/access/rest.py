"""What every API view shares: the door's authentication, strict JSON, actions and keyset pages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError as ValidationFailed
from django.db import DataError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from pydantic import BaseModel, ValidationError
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import APIException, NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import BadInput, IdentityBoundary, NotAllowed
from governance.isolation.context import current
from governance.perform import perform
from governance.registry.actions import Params
from governance.registry.fields import by_field
from governance.registry.idempotency import Key

DEEPEST = 64
P = TypeVar("P", bound=Params)


class DoorAuthentication(BaseAuthentication):
    """Hands on what the door decided; cookies must also pass the CSRF check."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        door = request._request
        if door.context is None:
            return None
        if not getattr(door, "bearer", False):
            refused = CSRFCheck(lambda _request: None).process_view(door, None, (), {})
            if refused is not None:
                raise NotAllowed(_("The CSRF token is missing or wrong."))
        return door.user, door.context

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PayloadTooLarge(APIException):
    status_code, default_code, default_detail = 413, "payload_too_large", _("One megabyte of JSON at most.")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON objects of at most 1 MiB and 64 levels; NaN, Infinity and doubled keys are refused."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLarge()
        return parse_json(raw)


def parse_json(raw: bytes) -> dict[str, Any]:
    """The object in `raw` ({} when empty). Raises BadInput when it is not strict JSON."""
    if not raw.strip():
        return {}
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_no_doubles, parse_constant=_no_constants, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise BadInput(_("The body is not valid JSON in UTF-8.")) from error
    if not isinstance(value, dict):
        raise BadInput(_("The body must be a JSON object."))
    if _depth(value) > DEEPEST:
        raise BadInput(_("The JSON is nested too deeply."))
    return value


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    for key in found:
        key.encode()  # a lone surrogate cannot even be named in the answer
    return found


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number out of range")
    return value


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _depth(value: Any) -> int:
    """Levels of nesting, counted without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        deepest = max(deepest, level)
        if level > DEEPEST:
            return level
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        waiting += [(child, level + 1) for child in children if isinstance(child, dict | list)]
    return deepest


def act(
    request: Request,
    name: str,
    params: Mapping[str, Any] | Params,
    render: Callable[[Any], Any],
    status: int = 200,
) -> Response:
    """Performs one action for an API request and answers with `render(result)`; honours Idempotency-Key."""
    refuse_spoofed_identity(request)
    value = request.headers.get("Idempotency-Key")
    key = Key.of_request(value, request.method or "", request.path, request.data) if value else None
    answered, body = perform(name, params, key=key, render=lambda result: (status, render(result)))
    return Response(body, status=answered)


def refuse_spoofed_identity(request: Request) -> None:
    """An `identity_id` in a body must be the context's own; it is then dropped."""
    data = request.data  # of a form without a body it is an empty dict that nothing may change
    claimed = data.pop("identity_id") if isinstance(data, dict) and "identity_id" in data else None
    if claimed is not None and str(claimed) != str(current().identity_id):
        raise IdentityBoundary("spoofed_identity", resource="governance.identity")


def query(request: Request, model: type[P]) -> P:
    """The validated query parameters; an unknown one is a BadInput, like a wrong one."""
    given = {name: value for name, value in request.query_params.items() if name not in KeysetPages.own_parameters}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise BadInput(_("Some parameters are missing or wrong."), errors=by_field(error)) from error


class KeysetPages(CursorPagination):
    """`{results, next, previous}` by keyset on the id (UUIDv7: newest first); `?limit=` up to 100."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 100
    own_parameters = frozenset({"limit", "cursor"})

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= self.max_page_size:
            raise BadInput(errors={"limit": [_("A whole number from 1 to 100.")]})
        return int(given)

    @classmethod
    def answer(cls, request: Request, rows: Any, shape: Callable[[Any], Any]) -> Response:
        """One page of `rows` (a queryset, often of values), each shaped for the answer."""
        pages = cls()
        try:
            found = pages.paginate_queryset(rows, request) or []
        except (ValueError, ValidationFailed, DataError, NotFound) as error:
            if "cursor" not in request.query_params:
                raise
            raise BadInput(errors={"cursor": [_("This is not a cursor of this list.")]}) from error
        return pages.get_paginated_response([shape(row) for row in found])

    @classmethod
    def flat(cls, request: Request, rows: Any, model: type[BaseModel]) -> Response:
        """As `answer`, for rows whose columns are the fields of `model`: no object is made of what is only shown."""
        columns = rows.values(*{"id", *model.model_fields})  # the id is the cursor's
        return cls.answer(request, columns, lambda row: model.model_validate(row).model_dump(mode="json"))


def validated(model: type[P], data: Mapping[str, Any]) -> P:
    """The body as `model`; raises BadInput naming each wrong field."""
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise BadInput(_("Some fields are missing or wrong."), errors=by_field(error)) from error


class DoorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the door: a Bearer token, or the session's cookie with CSRF."""

    target_class = DoorAuthentication
    name = ["bearer", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]
