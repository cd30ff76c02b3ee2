"""How good a model is for a question, in whole thousandths: no float anywhere. Pure.

A part is 1000 at best: quality as it is estimated; speed s as s / (s + 100 tokens a second); cost c as
1 cent / (1 cent + c). The three are weighed by the strategy; what is preferred adds to that.
"""

from __future__ import annotations

from typing import Final

from agents.llm.routing.asking import Strategy

CENT = 10**10  # in pico-USD
USUAL_RATE = 100  # tokens per second

# Quality, speed, cost, in hundredths.
WEIGHTS: Final[dict[str, tuple[int, int, int]]] = {
    Strategy.BALANCED: (40, 30, 30),
    Strategy.QUALITY: (100, 0, 0),
    Strategy.SPEED: (0, 100, 0),
    Strategy.COST: (0, 0, 100),
    Strategy.SPECIFIC: (40, 30, 30),
}

# What being preferred adds, in thousandths. Together less than what tells a good model from a poor one.
BY_ROLE, BY_WISH, BEST_FOR = 60, 80, 25
BY_TASK = (40, 30, 20, 10)  # the first of a task's list, the second, …


def quality_part(quality: int) -> int:
    return quality * 10


def speed_part(tokens_per_second: int) -> int:
    return 1000 * tokens_per_second // (tokens_per_second + USUAL_RATE)


def cost_part(pico_usd: int) -> int:
    return 1000 * CENT // (CENT + pico_usd)
