"""What is asked of a provider and what comes back, on either wire (design 5.1).

The inner form of a conversation is that of content blocks: `text`, `image`, `thinking`, `tool_use`, `tool_result`, and
`echo`, which keeps what one provider wants to see again and no other is shown.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.llm.errors import CallFailed
from agents.llm.facts import ModelFacts, ProviderFacts

BYTES_PER_TOKEN = 4  # only where the provider reports no usage: rounded up, so never too little by much
# An answer is cut off beyond these: far more than the tokens that were allowed can take.
SPARE_BYTES, CONTENT_BYTES_PER_TOKEN, WIRE_BYTES_PER_TOKEN = 64 * 1024, 32, 1024
# What an answer and a failed call both tell of their use.
USE = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "usage_estimated", "reported_cost", "headers", "model",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take, in seconds: to connect, between two bytes, in all."""

    connect: float = 5.0
    read: float = 90.0
    total: float = 600.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is called, and with which key ('' for none).

    `named`: the operator's own configuration gave this address, so it may be a private one and of any host;
    all others are https at one of the provider's hosts.
    """

    provider: ProviderFacts
    base_url: str
    key: str = field(default="", repr=False)
    named: bool = False


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What is asked of a model; `max_tokens` is always set.

    `options`: parameters by their names on the OpenAI wire (temperature, stop, response_format …). `exact_model`: any
    other name in the answer voids it, before a word of it is passed on.
    """

    model: ModelFacts
    system: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    tool_choice: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    exact_model: bool = False

    @property
    def output_limit(self) -> int:
        """The most that may be produced: some models take no smaller limit than their own."""
        return max(self.max_tokens, int(self.model.quirks.get("min_output_tokens", 0)))

    def bytes(self) -> int:
        """The size of everything the provider will count: an upper bound of the input tokens."""
        said = [self.system, self.messages, self.tools, *([dict(self.options)] if self.options else [])]
        return len(json.dumps(said, ensure_ascii=False).encode())


@dataclass(slots=True)
class Answer:
    """What came back: content blocks, and what it used.

    `input_tokens` is the whole input, cached reads and writes included. `reported_cost`: what the provider says it
    costs, in pico-USD. `headers`: its limits and the id of the request.
    """

    content: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""
    stop_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    usage_estimated: bool = False
    reported_cost: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.content if block["type"] == "text")

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        return [block for block in self.content if block["type"] == "tool_use"]

    def estimate_use(self, request_bytes: int, produced: int = 0) -> None:
        """Fills usage the provider did not report, from the bytes (`produced`: those that came), and says so."""
        if self.input_tokens is None:
            self.input_tokens, self.usage_estimated = -(-request_bytes // BYTES_PER_TOKEN), True
        if self.output_tokens is None:
            kept = len(json.dumps(self.content, ensure_ascii=False).encode()) if self.content else 0
            self.output_tokens, self.usage_estimated = -(-max(kept, produced) // BYTES_PER_TOKEN), True

    def lend_use(self, failure: CallFailed) -> CallFailed:
        """The failure, with the use and the words of this unfinished answer."""
        for name in USE:
            setattr(failure, name, getattr(self, name))
        failure.text = self.text
        return failure


class Stop:
    """A person's “stop”, from another thread: hangs up on the call that is under way."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._close: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def ask(self) -> None:
        with self._lock:
            self.asked.set()
            if self._close is not None:
                self._close()

    def closing(self, close: Callable[[], None] | None) -> None:
        with self._lock:
            self._close = close
            if close is not None and self.asked.is_set():
                close()


class Reading:
    """An answer on its way in: gathers pieces within bounds, and checks who answers before a word is passed on."""

    def __init__(self, request: ModelRequest, on_text: Callable[[str], None]) -> None:
        self.request, self.on_text, self.answer = request, on_text, Answer()
        self.began = False
        self.taken = 0
        self._most = SPARE_BYTES + CONTENT_BYTES_PER_TOKEN * request.output_limit
        self._pieces: list[tuple[dict[str, Any], str, list[str]]] = []

    def begin(self, headers: dict[str, str]) -> None:
        """The provider has taken the request, and answers."""
        self.began, self.answer.headers = True, headers

    def answered_by(self, name: str) -> None:
        """The model's name as reported. Raises CallFailed when it had to be exactly the one that was asked."""
        self.answer.model = name[:200]
        if self.request.exact_model and not self.request.model.answered_by(name):
            raise CallFailed("wrong_model", f"asked {self.request.model.id}, answered {self.answer.model}")

    def block(self, **values: Any) -> dict[str, Any]:
        """A new block of the content."""
        self.answer.content.append(values)
        return values

    def add(self, block: dict[str, Any], name: str, piece: str) -> None:
        """More of a text of a block. Raises CallFailed when the answer grows beyond its bounds."""
        self.take(piece)
        if not self._pieces or self._pieces[-1][0] is not block or self._pieces[-1][1] != name:
            self._pieces.append((block, name, []))
        self._pieces[-1][2].append(piece)
        if block["type"] == "text":
            self.on_text(piece)

    def take(self, piece: str) -> None:
        """Counts what comes in. Raises CallFailed (`too_much`)."""
        self.taken += len(piece) if piece.isascii() else len(piece.encode("utf-8", "surrogatepass"))
        if self.taken > self._most:
            raise CallFailed("too_much", "the answer is longer than was allowed")

    def gather(self) -> Answer:
        """The answer with all that came until now."""
        for block, name, pieces in self._pieces:
            block[name] += "".join(pieces)
        self._pieces.clear()
        self.answer.content = [block for block in self.answer.content if block["type"] != "text" or block["text"]]
        return self.answer


def arguments_of(written: str) -> dict[str, Any]:
    """The arguments of a tool call as they were written. Raises ValueError."""
    found = json.loads(written or "{}")
    if not isinstance(found, dict):
        raise ValueError("the arguments of a tool call are no object")
    return found


def count_of(value: Any) -> int | None:
    """A count of tokens that can be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None
