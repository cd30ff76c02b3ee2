"""A call of any provider, by the wire it speaks (design 5.1): checked before, bounded while it lasts, its use told."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from agents.llm import anthropic_wire, openai_wire
from agents.llm.clients import client
from agents.llm.errors import CallFailed
from agents.llm.exchange import (
    PATIENCE,
    SPARE_BYTES,
    WIRE_BYTES_PER_TOKEN,
    Answer,
    Endpoint,
    ModelRequest,
    Patience,
    Reading,
    Stop,
)
from agents.llm.facts import CHAT, ModelFacts
from agents.llm.failures import failure_of, kept_headers
from agents.llm.network import Line, calling

READERS = {"anthropic": anthropic_wire.read, "openai": openai_wire.read}


def send(
    endpoint: Endpoint,
    request: ModelRequest,
    on_text: Callable[[str], None],
    stop: Stop,
    patience: Patience = PATIENCE,
) -> Answer:
    """Makes one call and streams its text to `on_text`. Raises CallFailed, with what was used until then."""
    check(endpoint, request)
    if stop.asked.is_set():
        raise CallFailed("cancelled")
    reading = Reading(request, on_text)
    most_bytes = SPARE_BYTES + WIRE_BYTES_PER_TOKEN * request.output_limit
    with calling(patience.total, most_bytes) as line:
        try:
            stop.closing(line.hang_up)
            READERS[endpoint.provider.wire](endpoint, request, reading, patience)
            if stop.asked.is_set():
                raise CallFailed("cancelled")
        except CallFailed as failure:
            raise _with_use(failure, endpoint, reading, line, stop) from failure.__cause__
        except Exception as error:
            told = failure_of(error, began=reading.began)
            raise _with_use(told, endpoint, reading, line, stop, error) from error
        finally:
            stop.closing(None)
    answer = reading.gather()
    answer.estimate_use(request.bytes(), reading.taken)
    return answer


def check(endpoint: Endpoint, request: ModelRequest) -> None:
    """What is refused before anything leaves. Raises CallFailed."""
    model = request.model
    callable_here(endpoint, model, CHAT)
    if request.tools and not model.supports.get("tools", False):
        raise CallFailed("refused", "this model calls no tools")
    if request.max_tokens < 1:
        raise CallFailed("refused", "an answer needs room")


def callable_here(endpoint: Endpoint, model: ModelFacts, kind: str) -> None:
    """The model is this provider's, of that kind, and none that must not be called. Raises CallFailed."""
    if model.provider != endpoint.provider.id or model.kind != kind:
        raise CallFailed("refused", f"{model.id} is no {kind} model of {endpoint.provider.id}")
    if any(fnmatchcase(model.id, pattern) for pattern in endpoint.provider.quirks.get("forbid_model_patterns", ())):
        raise CallFailed("refused", f"{model.id} must not be called")


def warm(endpoint: Endpoint) -> None:
    """Loads the library of a wire before the first call has to wait for it."""
    client(endpoint)


def _with_use(
    failure: CallFailed, endpoint: Endpoint, reading: Reading, line: Line, stop: Stop, error: Exception | None = None
) -> CallFailed:
    """The failure with what was used. A call that a provider may have begun is never free, unless it refused it."""
    answer, response = reading.gather(), getattr(error, "response", None)
    if stop.asked.is_set():
        failure = CallFailed("cancelled")
    if response is not None and not reading.began:
        answer.headers = kept_headers(response.headers, endpoint.provider.quirks.get("rate_headers_prefix"))
    if reading.began or (line.sent and not failure.status):
        answer.estimate_use(reading.request.bytes(), reading.taken)
    else:
        answer.input_tokens = answer.output_tokens = 0
    return answer.lend_use(failure)
