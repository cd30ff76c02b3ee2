"""Intent types, effect classes, sensitivities and what follows from each (design 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.translation import pgettext_lazy

from agents.encoding.labels import Labelled


class Effect(StrEnum):
    """The effect classes of design 3.3."""

    READ = "READ"
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    SEND = "SEND"
    TRANSFER = "TRANSFER"
    PAYMENT = "PAYMENT"
    CONFIGURE = "CONFIGURE"


class IntentType(Labelled):
    QUERY = "query", pgettext_lazy("intent type", "Question")
    SEARCH = "search", pgettext_lazy("intent type", "Search")
    SUMMARIZE = "summarize", pgettext_lazy("intent type", "Summary")
    ANALYZE = "analyze", pgettext_lazy("intent type", "Analysis")
    CREATE = "create", pgettext_lazy("intent type", "Creation")
    UPDATE = "update", pgettext_lazy("intent type", "Update")
    DELETE = "delete", pgettext_lazy("intent type", "Deletion")
    SEND = "send", pgettext_lazy("intent type", "Sending")
    PUBLISH = "publish", pgettext_lazy("intent type", "Publication")
    TRANSFER = "transfer", pgettext_lazy("intent type", "Transfer")
    PAYMENT = "payment", pgettext_lazy("intent type", "Payment")
    CONFIGURE = "configure", pgettext_lazy("intent type", "Configuration")
    EXECUTE = "execute", pgettext_lazy("intent type", "Execution")
    GENERATE = "generate", pgettext_lazy("intent type", "Generation")
    COMMUNICATE = "communicate", pgettext_lazy("intent type", "Communication")
    UNKNOWN = "unknown", pgettext_lazy("intent type", "Open question")


class Sensitivity(Labelled):
    """From the least to the most sensitive; `rank` orders them."""

    PUBLIC = "public", pgettext_lazy("sensitivity", "Public")
    INTERNAL = "internal", pgettext_lazy("sensitivity", "Internal")
    CONFIDENTIAL = "confidential", pgettext_lazy("sensitivity", "Confidential")
    RESTRICTED = "restricted", pgettext_lazy("sensitivity", "Restricted")
    TOP_SECRET = "top_secret", pgettext_lazy("sensitivity", "Top secret")

    @property
    def rank(self) -> int:
        return list(Sensitivity).index(self)


EFFECTS: Final[Mapping[IntentType, Effect]] = MappingProxyType(
    {
        IntentType.QUERY: Effect.READ,
        IntentType.SEARCH: Effect.READ,
        IntentType.SUMMARIZE: Effect.READ,
        IntentType.ANALYZE: Effect.READ,
        IntentType.GENERATE: Effect.READ,
        IntentType.UNKNOWN: Effect.READ,
        IntentType.CREATE: Effect.CREATE,
        IntentType.UPDATE: Effect.UPDATE,
        IntentType.EXECUTE: Effect.UPDATE,
        IntentType.DELETE: Effect.DELETE,
        IntentType.SEND: Effect.SEND,
        IntentType.PUBLISH: Effect.SEND,
        IntentType.COMMUNICATE: Effect.SEND,
        IntentType.TRANSFER: Effect.TRANSFER,
        IntentType.PAYMENT: Effect.PAYMENT,
        IntentType.CONFIGURE: Effect.CONFIGURE,
    }
)

# Several verbs in one request: the gravest effect names the intent, so that nothing grave hides behind
# something light.
GRAVITY: Final[Mapping[Effect, int]] = MappingProxyType(
    {
        Effect.READ: 0,
        Effect.CREATE: 1,
        Effect.UPDATE: 2,
        Effect.CONFIGURE: 3,
        Effect.SEND: 4,
        Effect.DELETE: 5,
        Effect.TRANSFER: 6,
        Effect.PAYMENT: 7,
    }
)

# These three ask when their object is not clear (design 4.1).
NEEDS_OBJECT: Final = frozenset({Effect.DELETE, Effect.TRANSFER, Effect.PAYMENT})

OTHER_TOKEN_BUDGET: Final = 3_000
BUDGET_APPROVAL_PERCENT: Final = 150
_TOKEN_BUDGETS: Final[Mapping[IntentType, int]] = MappingProxyType(
    {
        IntentType.QUERY: 5_000,
        IntentType.CREATE: 10_000,
        IntentType.UPDATE: 8_000,
        IntentType.DELETE: 2_000,
        IntentType.EXECUTE: 15_000,
        IntentType.ANALYZE: 20_000,
        IntentType.GENERATE: 25_000,
        IntentType.COMMUNICATE: 5_000,
        IntentType.SEND: 5_000,
        IntentType.PUBLISH: 5_000,
        IntentType.SUMMARIZE: 5_000,
    }
)


def token_budget(intent: IntentType) -> int:
    """The default budget of one run of `intent`, in model tokens (design 4.1)."""
    return _TOKEN_BUDGETS.get(intent, OTHER_TOKEN_BUDGET)


def exceeds_budget(intent: IntentType, expected_tokens: int) -> bool:
    """Whether an estimate is above 150 % of the default budget, which asks for `budget_approval`."""
    return expected_tokens * 100 > token_budget(intent) * BUDGET_APPROVAL_PERCENT
