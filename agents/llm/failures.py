"""What goes wrong in a client or on the way, in our words. Both clients name their errors alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2

from agents.llm.errors import CallFailed
from agents.llm.network import TooMuch
from governance.webhooks.addresses import UnsafeAddress
from governance.webhooks.sending import MOST_PATIENCE, retry_after

RETRYABLE_STATUS = frozenset({408, 409, 429})
OVERLOADED_STATUS = frozenset({498, 529})  # Groq's and Anthropic's own
LIMITED = frozenset({"rate_limit_error", "rate_limit_exceeded", "requests", "tokens", "rate_limited"})
OVERLOADED = frozenset({"overloaded_error", "overloaded", "engine_overloaded_error", "capacity_exceeded"})
NO_CREDIT = frozenset({"insufficient_quota", "billing_error", "insufficient_balance"})
KEPT_HEADERS = ("retry-after", "retry-after-ms", "x-request-id", "request-id")
RATE_HEADERS = "x-ratelimit-"
MOST_HEADERS, LONGEST_HEADER = 40, 200
# What Python says when an answer has another shape than its wire promises.
MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def failure_of(error: BaseException, *, began: bool) -> CallFailed:
    """Our word for what a client raised; `began`: an answer was under way."""
    causes = list(_chain(error))
    if any(isinstance(each, UnsafeAddress) for each in causes):
        return CallFailed("refused_address", "no address that may be called")
    if any(isinstance(each, TooMuch) for each in causes):
        return CallFailed("too_much", "the answer is longer than was allowed")
    if response := _refusal(error):
        return status_failure(response.status_code, _kind(error), response.headers)
    if any(isinstance(each, httpx2.DecodingError) for each in causes):
        return CallFailed("malformed", "the answer is not readable", retryable=True)
    if any(isinstance(each, httpx2.TimeoutException) for each in causes):
        return CallFailed("timeout", retryable=not began)
    if any(isinstance(each, httpx2.ConnectError) for each in causes):
        return CallFailed("unreachable", retryable=True)
    if any(isinstance(each, httpx2.TransportError) for each in causes):
        return CallFailed("cut", "the connection was lost", retryable=True)
    if isinstance(error, MISSHAPEN) and not began:
        return CallFailed("refused", f"the request could not be made: {type(error).__name__}")
    if isinstance(error, MISSHAPEN):
        return CallFailed("malformed", "the answer is not valid", retryable=True)
    return CallFailed("provider_error", type(error).__name__, retryable=True)


def status_failure(status: int, kind: str, headers: Mapping[str, str]) -> CallFailed:
    """Our word for a refusal by status and kind; a redirect is one, and never followed."""
    wait = seconds_to_wait(headers)
    told = f"{status} {kind}".strip()
    if kind in NO_CREDIT:
        return CallFailed("refused", told, status=status)
    if status == 429 or kind in LIMITED:
        return CallFailed("rate_limited", told, retryable=True, retry_after=wait, status=status)
    if kind in OVERLOADED or status in OVERLOADED_STATUS:
        return CallFailed("overloaded", told, retryable=True, retry_after=wait, status=status)
    late = status < 300  # an error inside an answer that began well
    if late or status >= 500 or status in RETRYABLE_STATUS or kind in {"api_error", "server_error"}:
        return CallFailed("provider_error", told, retryable=True, retry_after=wait, status=status)
    return CallFailed("refused", told, status=status)


def kind_of(body: Any) -> str:
    """The provider's word for the kind of an error, when it is nothing but a word."""
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    found = [inner.get("code"), inner.get("type")] if isinstance(inner, Mapping) else []
    words = [each for each in found if isinstance(each, str) and re.fullmatch(r"[a-z_]{1,40}", each)]
    known = [each for each in words if each in LIMITED | OVERLOADED | NO_CREDIT]
    return (known or words or [""])[0]


def kept_headers(headers: Mapping[str, str], prefix: str | None) -> dict[str, str]:
    """The provider's limits, the request's id, and when to come back."""
    wanted = (RATE_HEADERS, *([prefix] if prefix else []))
    found = {name.lower(): value[:LONGEST_HEADER] for name, value in headers.items()}
    kept = [(name, value) for name, value in found.items() if name in KEPT_HEADERS or name.startswith(wanted)]
    return dict(kept[:MOST_HEADERS])


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """How long the provider asks to be left alone, a day at most; None when it asks nothing readable."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
            return min(float(value) / unit, MOST_PATIENCE)
    return float(retry_after(headers.get("retry-after", "").encode("latin-1", "replace"))) or None


def _refusal(error: BaseException) -> httpx2.Response | None:
    """The reply of a refusal by status; an error inside a stream comes with the reply that began well."""
    response = getattr(error, "response", None)
    return response if isinstance(response, httpx2.Response) and hasattr(error, "status_code") else None


def _kind(error: BaseException) -> str:
    return kind_of(getattr(error, "body", None))


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
