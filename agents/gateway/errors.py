"""Refusals in the shapes of the two wires, so that their clients raise what they always raise."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from governance.access.problems import document, register_dialect
from governance.errors import BudgetExceeded, CheckpointRequired, GovernanceError

Json = dict[str, Any]
PREFIX, MESSAGES = "/v1/", "/v1/messages"
ANTHROPIC = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 503: "overloaded_error", 504: "timeout_error",
}  # fmt: skip
OPENAI = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "invalid_request_error",
    429: "rate_limit_error",
}  # fmt: skip


def speaks_anthropic(request: HttpRequest) -> bool:
    """By its path; where both wires share one, by the header that only one of them sends."""
    return request.path_info.startswith(MESSAGES) or "anthropic-version" in request.headers


def shaped(request: HttpRequest, refusal: GovernanceError) -> Json:
    """The refusal in the wire's own error object. Its details (`checkpoint`, `request_id` …) come along."""
    anthropic = speaks_anthropic(request)
    problem = document(request, refusal)
    message = problem["detail"]
    more = {"code": refusal.code, "request_id": problem["request_id"]}
    if isinstance(refusal, CheckpointRequired):
        page = request.build_absolute_uri(refusal.extra["links"]["page"])
        message = f"{message} {page}"
        more["checkpoint"] = {"id": refusal.checkpoint["id"], "page": page}
    if isinstance(refusal, BudgetExceeded) and "budget" in refusal.extra:
        more["budget"] = refusal.extra["budget"]
    fields = list(problem.get("errors") or {})
    if anthropic:
        kind = "api_error" if refusal.status >= 500 else "invalid_request_error"
        found = {"type": ANTHROPIC.get(refusal.status, kind), "message": message, **more}
        return {"type": "error", "error": found, "request_id": problem["request_id"]}
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    kind = "checkpoint_required" if isinstance(refusal, CheckpointRequired) else OPENAI.get(refusal.status, kind)
    return {"error": {"message": message, "type": kind, "param": fields[0] if fields else None, **more}}


def headers(refusal: GovernanceError) -> dict[str, str]:
    """Their clients try again by themselves, unless told not to: only a limit is worth it, we have tried the rest."""
    return {"x-should-retry": "true" if refusal.status == 429 else "false"}


def register() -> None:
    """Called once, when the app is ready."""
    register_dialect(PREFIX, shaped, headers)
