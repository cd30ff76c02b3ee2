"""What a router is asked: the task, who asks, and what must hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Task(models.TextChoices):
    """What the model is to do."""

    CHAT = "chat", pgettext_lazy("task of a model", "Chat")
    COMPLETION = "completion", pgettext_lazy("task of a model", "Completion")
    SUMMARIZATION = "summarization", pgettext_lazy("task of a model", "Summary")
    ANALYSIS = "analysis", pgettext_lazy("task of a model", "Analysis")
    CODE_GENERATION = "code_generation", pgettext_lazy("task of a model", "Writing code")
    CODE_REVIEW = "code_review", pgettext_lazy("task of a model", "Reviewing code")
    CODE_EXPLANATION = "code_explanation", pgettext_lazy("task of a model", "Explaining code")
    CREATIVE_WRITING = "creative_writing", pgettext_lazy("task of a model", "Creative writing")
    BRAINSTORMING = "brainstorming", pgettext_lazy("task of a model", "Finding ideas")
    EXTRACTION = "extraction", pgettext_lazy("task of a model", "Extraction")
    CLASSIFICATION = "classification", pgettext_lazy("task of a model", "Classification")
    STRUCTURED_OUTPUT = "structured_output", pgettext_lazy("task of a model", "Structured output")
    TRANSLATION = "translation", pgettext_lazy("task of a model", "Translation")
    REASONING = "reasoning", pgettext_lazy("task of a model", "Reasoning")
    MATH = "math", pgettext_lazy("task of a model", "Mathematics")
    VISION = "vision", pgettext_lazy("task of a model", "Looking at pictures")
    SEARCH = "search", pgettext_lazy("task of a model", "Search")
    PLANNING = "planning", pgettext_lazy("task of a model", "Planning")
    CONVERSATION = "conversation", pgettext_lazy("task of a model", "Conversation")


class Role(models.TextChoices):
    """Who asks, as the preferences know them."""

    NOVA = "nova", "Nova"
    ORCHESTRATOR = "orchestrator", pgettext_lazy("role of an agent", "Orchestrator")
    ANALYST = "analyst", pgettext_lazy("role of an agent", "Analyst")
    RESEARCHER = "researcher", pgettext_lazy("role of an agent", "Researcher")


class Jurisdiction(models.TextChoices):
    """Whose law the provider is under; `local`: this machine."""

    CA = "CA", _("Canada")
    EU = "EU", _("European Union")
    US = "US", _("United States")
    CN = "CN", _("China")
    LOCAL = "local", _("This machine")


class Strategy(models.TextChoices):
    """What counts most. Weights: `scoring.WEIGHTS`."""

    BALANCED = "balanced", pgettext_lazy("routing", "Balanced")
    QUALITY = "quality_optimized", pgettext_lazy("routing", "The best answers")
    SPEED = "speed_optimized", pgettext_lazy("routing", "The fastest answers")
    COST = "cost_optimized", pgettext_lazy("routing", "The lowest cost")
    SPECIFIC = "specific", pgettext_lazy("routing", "The model I name")


class Priority(models.TextChoices):
    """Its place in the queue; high and critical ask for the best answers, unless a strategy is named."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class Capability(models.TextChoices):
    """What a model must be able to do; named as in the data."""

    VISION = "vision", _("Pictures")
    TOOLS = "tools", _("Tools")
    JSON = "json_schema", _("JSON by a schema")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the router. Hashable: equal questions get equal answers.

    `input_tokens`, `output_tokens`: expected and largest; `max_cost`: pico-USD for both at the model's rates.
    `residency`: jurisdictions that may see the words, empty for all. `allowed`: what an approval named, as
    (provider, model); None where nothing was approved yet. `model` (and `provider`): for the strategy `specific`.
    """

    task: str = Task.CHAT
    role: str = ""
    strategy: str = Strategy.BALANCED
    needs: frozenset[str] = frozenset()
    input_tokens: int = 1000
    output_tokens: int = 1024
    max_cost: int | None = None
    residency: frozenset[str] = frozenset()
    prefer: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    allowed: frozenset[tuple[str, str]] | None = None
    provider: str = ""
    model: str = ""


def strategy_for(named: str, priority: str, usual: str) -> str:
    """The strategy: the one that is named, else the best for what is urgent, else the usual one."""
    if named:
        return named
    return Strategy.QUALITY if priority in {Priority.HIGH, Priority.CRITICAL} else usual
