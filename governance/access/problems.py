"""Refusals as answers, mapped once: problem+json (RFC 9457) for programs, one calm page for people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from rest_framework import exceptions as rest
from rest_framework.response import Response

from governance.access.public import is_for_programs
from governance.errors import (
    BadInput,
    CacheUnavailable,
    CheckpointRequired,
    GovernanceError,
    IdentityBoundary,
    NotAllowed,
    NotSignedIn,
    NotThere,
    SecondFactorNeeded,
    StepUpRequired,
    TooMany,
)

logger = logging.getLogger("chenu.door")


Shape = Callable[[HttpRequest, GovernanceError], dict[str, Any]]
_dialects: list[tuple[str, Shape, Callable[[GovernanceError], dict[str, str]]]] = []


def register_dialect(prefix: str, shape: Shape, more: Callable[[GovernanceError], dict[str, str]]) -> None:
    """Programs under `prefix` are told refusals as `shape` writes them, with the headers of `more`."""
    _dialects.append((prefix, shape, more))


def _told(request: HttpRequest, refusal: GovernanceError) -> tuple[dict[str, Any], dict[str, str], str]:
    """The body, the headers and the media type of a refusal for a program."""
    for prefix, shape, more in _dialects:
        if request.path_info.startswith(prefix):
            return shape(request, refusal), {**headers(refusal), **more(refusal)}, "application/json"
    return document(request, refusal), headers(refusal), "application/problem+json"


def respond(request: HttpRequest, refusal: GovernanceError, cause: Exception | None = None) -> HttpResponse:
    """The answer to a refusal, in the reader's form and language."""
    if cause is not None:
        logger.error("%s: %s", refusal.code, cause)
    if is_for_programs(request.path_info):
        body, told, media = _told(request, refusal)
        response: HttpResponse = JsonResponse(body, status=refusal.status, content_type=media)
    else:
        response, told = page(request, refusal), headers(refusal)
    for name, value in told.items():
        response.headers[name] = value
    return response


def document(request: HttpRequest, refusal: GovernanceError) -> dict[str, Any]:
    """The problem document of a refusal."""
    problem = {
        "type": f"urn:chenu:problem:{refusal.code}",
        "title": str(refusal.title),
        "status": refusal.status,
        "detail": str(refusal.detail or refusal.title),
        "code": refusal.code,
        "request_id": str(request.request_id),  # type: ignore[attr-defined]
        **refusal.extra,
    }
    context = getattr(request, "context", None)
    if isinstance(refusal, IdentityBoundary) and context is not None:
        problem["identity"] = str(context.identity_id)
    if isinstance(refusal, CheckpointRequired):
        problem["checkpoint"] = refusal.checkpoint
    return problem


def headers(refusal: GovernanceError) -> dict[str, str]:
    if isinstance(refusal, NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(refusal, TooMany):
        return {"Retry-After": str(refusal.retry_after)}
    if isinstance(refusal, CheckpointRequired | CacheUnavailable):
        return {"Retry-After": "10"}
    return {}


def page(request: HttpRequest, refusal: GovernanceError) -> HttpResponse:
    """A page for people; who is not signed in is sent to do so, and comes back."""
    if isinstance(refusal, NotSignedIn):
        back = urlencode({"next": request.get_full_path()}) if request.method in {"GET", "HEAD"} else ""
        return redirect(reverse("account_login") + (f"?{back}" if back else ""))
    if isinstance(refusal, SecondFactorNeeded) and "HX-Request" not in request.headers:
        return redirect("factor-needed")
    if isinstance(refusal, StepUpRequired):
        where = "security" if refusal.enrol else "account_reauthenticate"
        if refusal.enrol:
            messages.warning(request, str(refusal.detail))
        return redirect(reverse(where) + "?" + urlencode({"next": refusal.back or reverse("security")}))
    if isinstance(refusal, CheckpointRequired):
        return redirect(refusal.extra["links"]["page"])  # the page that shows exactly what would happen
    problem = document(request, refusal)
    return render(request, "error.html", {"problem": problem}, status=refusal.status)


def rest_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything becomes a refusal of ours; a fault stays a fault."""
    request = context["request"]._request
    refusal = as_refusal(error)
    if refusal is None:
        return None
    request.refusal = refusal
    body, told, media = _told(request, refusal)
    return Response(body, status=refusal.status, headers=told, content_type=media)


def as_refusal(error: Exception) -> GovernanceError | None:
    """Our refusal for an exception of DRF or Django; None when it is none of the known ones."""
    if isinstance(error, GovernanceError):
        return error
    if isinstance(error, Http404 | rest.NotFound):
        return NotThere()
    if isinstance(error, rest.NotAuthenticated | rest.AuthenticationFailed):
        return NotSignedIn()
    if isinstance(error, rest.PermissionDenied):
        return NotAllowed(str(error.detail))
    if isinstance(error, rest.ValidationError):
        return BadInput(errors=error.detail if isinstance(error.detail, dict) else {"__all__": list(error.detail)})
    if isinstance(error, rest.APIException):
        return _other(error)
    return None


def _other(error: rest.APIException) -> GovernanceError:
    """405, 406, 413, 415 and their like keep their status and name."""
    refusal = GovernanceError(str(error.detail))
    refusal.status, refusal.code, refusal.title = error.status_code, error.default_code, str(error.default_detail)
    return refusal
