"""Vectors of texts and the words of a recording: the OpenAI wire's other calls, on the same guarded way (design 5.1).

Whoever has no such model, or no price for it, is refused before anything leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from agents.llm.clients import client, timeouts
from agents.llm.errors import CallFailed
from agents.llm.exchange import PATIENCE, SPARE_BYTES, Answer, Endpoint, Patience, Stop, count_of
from agents.llm.facts import EMBEDDING, TRANSCRIPTION, ModelFacts
from agents.llm.failures import failure_of, kept_headers
from agents.llm.network import calling
from agents.llm.openai_wire import parsed
from agents.llm.wires import callable_here

MOST_AT_ONCE = 256  # texts in one request, where the provider takes no fewer
BYTES_PER_NUMBER = 40
LONGEST_VECTOR = 8192
MOST_SOUND = 25 * 1024 * 1024
MOST_WORDS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Vectors:
    """One vector for each text, in their order, and what that used."""

    vectors: list[list[float]]
    model: str
    input_tokens: int
    usage_estimated: bool
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording; `seconds` bounds its length from above and is paid when the provider tells none."""

    name: str
    data: bytes = field(repr=False)
    seconds: int
    language: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, how long it took, and its price in pico-USD."""

    text: str
    seconds: int
    pico_usd: int
    usage_estimated: bool
    headers: dict[str, str] = field(default_factory=dict)


def embed(
    endpoint: Endpoint,
    model: ModelFacts,
    texts: list[str],
    stop: Stop | None = None,
    patience: Patience = PATIENCE,
) -> Vectors:
    """Vectors of texts. Raises CallFailed, with what was used until then."""
    _able(endpoint, model, EMBEDDING, "embeddings")
    if not texts or not all(text.strip() for text in texts):
        raise CallFailed("refused", "a text is needed for each vector")
    at_once = int(model.quirks.get("batch_max", MOST_AT_ONCE))
    most_bytes = SPARE_BYTES + (model.dimensions or LONGEST_VECTOR) * BYTES_PER_NUMBER * len(texts)
    used, found = Answer(input_tokens=0, output_tokens=0, model=model.id), list[list[float]]()
    with _accounted(endpoint, used, stop or Stop(), patience, most_bytes) as heard:
        for start in range(0, len(texts), at_once):
            batch = texts[start : start + at_once]
            create = client(endpoint).embeddings.with_streaming_response.create
            more = dict(model.quirks.get("default_body", {}))
            heard.asking(sum(len(text.encode("utf-8", "surrogatepass")) for text in batch))
            body = heard.whole(
                create(
                    model=model.id,
                    input=batch,
                    encoding_format="float",
                    extra_body=more,
                    timeout=timeouts(patience),
                )
            )
            found += _vectors(body, len(batch), model.dimensions)
            usage = body.get("usage")
            heard.settle(count_of(usage.get("prompt_tokens")) if isinstance(usage, dict) else None)
    return Vectors(found, used.model, used.input_tokens or 0, used.usage_estimated, used.headers)


def transcribe(
    endpoint: Endpoint,
    model: ModelFacts,
    sound: Sound,
    stop: Stop | None = None,
    patience: Patience = PATIENCE,
) -> Transcript:
    """The words of a recording. Raises CallFailed, with the seconds that a provider may have heard."""
    _able(endpoint, model, TRANSCRIPTION, "transcription")
    if model.per_minute is None:
        raise CallFailed("refused", f"no price is known for {model.id}")
    if not sound.data or len(sound.data) > MOST_SOUND or sound.seconds < 1:
        raise CallFailed("refused", "a recording of 25 MB at most is needed, and its length")
    used = Answer(input_tokens=0, output_tokens=0, model=model.id)
    more = {name: value for name, value in (("language", sound.language), ("prompt", sound.hint)) if value}
    with _accounted(endpoint, used, stop or Stop(), patience, MOST_WORDS) as heard:
        create = client(endpoint).audio.transcriptions.with_streaming_response.create
        asked = {"model": model.id, "file": (sound.name, sound.data), "response_format": "json", **more}
        heard.seconds = sound.seconds
        body = heard.whole(create(**asked, timeout=timeouts(patience)))
        if not isinstance(body.get("text"), str):
            raise ValueError("no words")
    told = _seconds(body)
    seconds = sound.seconds if told is None else told
    return Transcript(body["text"], seconds, model.listening_cost(seconds), told is None, used.headers)


def _able(endpoint: Endpoint, model: ModelFacts, kind: str, ability: str) -> None:
    callable_here(endpoint, model, kind)
    provider = endpoint.provider
    able = provider.supports.get(ability, False) and model.supports.get(ability, False)
    if provider.wire != "openai" or not able:
        raise CallFailed("refused", f"{provider.id} has no {ability}")


class _Heard:
    """The calls of one request, and what they used."""

    def __init__(self, endpoint: Endpoint, used: Answer) -> None:
        self.endpoint, self.used = endpoint, used
        self.began, self.open_bytes, self.seconds = False, 0, 0

    def asking(self, size: int) -> None:
        """So many bytes are asked about now; until they are settled they count by their size."""
        self.open_bytes = size

    def whole(self, call: AbstractContextManager[Any]) -> dict[str, Any]:
        """The body of a reply. Raises ValueError when it is no object."""
        with call as response:
            self.began = True
            prefix = self.endpoint.provider.quirks.get("rate_headers_prefix")
            self.used.headers = kept_headers(response.headers, prefix)
            return parsed(b"".join(response.iter_bytes()))

    def settle(self, tokens: int | None) -> None:
        """What a reply says it used; estimated, and flagged, when it says nothing."""
        if tokens is None:
            tokens, self.used.usage_estimated = -(-self.open_bytes // 4), True
        self.used.input_tokens = (self.used.input_tokens or 0) + tokens
        self.open_bytes = 0


@contextmanager
def _accounted(endpoint: Endpoint, used: Answer, stop: Stop, patience: Patience, most_bytes: int) -> Iterator[_Heard]:
    """Whatever goes wrong in the block is a CallFailed with its use."""
    heard = _Heard(endpoint, used)
    if stop.asked.is_set():
        raise CallFailed("cancelled")
    with calling(patience.total, most_bytes) as line:
        try:
            stop.closing(line.hang_up)
            yield heard
            if stop.asked.is_set():
                raise CallFailed("cancelled")
        except Exception as error:
            told = error if isinstance(error, CallFailed) else failure_of(error, began=heard.began)
            failure = CallFailed("cancelled") if stop.asked.is_set() else told
            if line.sent and not failure.status:
                failure.seconds = heard.seconds
                if heard.open_bytes:
                    heard.settle(None)
            raise used.lend_use(failure) from error
        finally:
            stop.closing(None)


def _vectors(body: dict[str, Any], wanted: int, dimensions: int | None) -> list[list[float]]:
    """The vectors of a reply, in order. Raises ValueError for whatever is none."""
    rows = sorted(body["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(wanted)):
        raise ValueError("a vector is missing")
    found = [[float(number) for number in row["embedding"]] for row in rows]
    sizes = {len(vector) for vector in found}
    if len(sizes) != 1 or not all(math.isfinite(number) for vector in found for number in vector):
        raise ValueError("no vectors")
    if dimensions is not None and sizes != {dimensions}:
        raise ValueError("vectors of another size")
    return found


def _seconds(body: dict[str, Any]) -> int | None:
    """The length that the provider has heard, in whole seconds."""
    usage = body.get("usage")
    for told in (usage.get("seconds") if isinstance(usage, dict) else None, body.get("duration")):
        if told is not None and not isinstance(told, str | bool | dict | list) and 0 <= told < 10**6:
            return math.ceil(told)
    return None
