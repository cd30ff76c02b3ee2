"""What is asked of a model, in the inner form of a conversation (design 5.3). Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.llm.openai_form import OPTIONS
from agents.llm.routing.asking import Strategy, Task
from governance.canonical import canonical
from governance.registry.actions import Params
from spheres.facts import SphereSlug

MOST_TURNS, MOST_BLOCKS, MOST_TOOLS = 2_000, 500, 128
MOST_TOKENS = 1_000_000
DOMAIN = b"chenu.prompt.v1\x00"
USUAL_OUTPUT = 1_024


class Piece(BaseModel):
    """Words and data of a conversation: kept to the letter, spaces included."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TextBlock(Piece):
    type: Literal["text"]
    text: str


class ToolUseBlock(Piece):
    type: Literal["tool_use"]
    id: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=128)
    input: dict[str, Any]


class ToolResultBlock(Piece):
    type: Literal["tool_result"]
    tool_use_id: str = Field(min_length=1, max_length=200)
    content: str = ""
    is_error: bool = False


Block = Annotated[TextBlock | ToolUseBlock | ToolResultBlock, Field(discriminator="type")]


class Turn(Piece):
    role: Literal["user", "assistant"]
    content: str | list[Block]


class Tool(Piece):
    """A tool that the model may call; what it asks for is answered to the caller, who carries it out."""

    name: str = Field(min_length=1, max_length=128)
    description: str = Field(default="", max_length=20_000)
    input_schema: dict[str, Any]


class ToolChoice(Piece):
    """`any`: some tool; `tool`: the one of that `name`."""

    type: Literal["auto", "any", "none", "tool"]
    name: str = Field(default="", max_length=128)

    @model_validator(mode="after")
    def _named(self) -> ToolChoice:
        if (self.type == "tool") != bool(self.name):
            raise ValueError(_("A tool is named together with the choice “tool”."))
        return self


class PromptMark(Piece):
    """What the log says of the words: their digest and how many there are."""

    digest: str
    bytes: int
    turns: int
    tools: int


class CompleteParams(Params):
    """One answer of a model. Without `model` the router chooses; `options` by their names on the OpenAI wire."""

    model_config = ConfigDict(str_strip_whitespace=False)

    task: Task = Task.CHAT
    strategy: Strategy | None = None
    provider: str = Field(default="", max_length=30)
    model: str = Field(default="", max_length=120)
    sphere: SphereSlug | Literal[""] = ""
    messages: list[Turn] = Field(min_length=1, max_length=MOST_TURNS)
    system: str = ""
    tools: list[Tool] = Field(default_factory=list, max_length=MOST_TOOLS)
    tool_choice: ToolChoice | None = None
    max_tokens: int = Field(default=USUAL_OUTPUT, ge=1, le=MOST_TOKENS)
    max_cost_pico_usd: int | None = Field(default=None, ge=0, le=10**15)
    options: dict[str, Any] = Field(default_factory=dict)
    prompt: PromptMark | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> CompleteParams:
        if (self.strategy == Strategy.SPECIFIC) and not self.model:
            raise ValueError(_("A model is named together with the strategy “specific”."))
        if unknown := sorted(self.options.keys() - OPTIONS):
            raise ValueError(_("Unknown: %(names)s.") % {"names": ", ".join(unknown)})
        if self.messages[-1].role != "user":
            raise ValueError(_("The last turn is the one to answer: it must be the user’s."))
        return self

    @model_validator(mode="after")
    def _marked(self) -> CompleteParams:
        """The mark is always ours: reckoned from the words, whatever was sent."""
        words = self.words()
        raw = canonical(words)
        size = len(json.dumps(words, ensure_ascii=False).encode())
        digest = hashlib.sha256(DOMAIN + raw).hexdigest()
        mark = PromptMark(digest=digest, bytes=size, turns=len(self.messages), tools=len(self.tools))
        object.__setattr__(self, "prompt", mark)
        return self

    def words(self) -> dict[str, Any]:
        """All that is said to the model, as plain JSON."""
        whole: dict[str, Any] = self.model_dump(mode="json", include={"messages", "system", "tools"})
        return whole
