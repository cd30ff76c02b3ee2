"""Lane C: the encoding, its quality and the estimate (design 4.2, 4.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from agents.encoding.fields import Encoding
from agents.encoding.grammar import format as format_encoding
from agents.encoding.grammar import parse
from agents.encoding.presets import build
from agents.encoding.quality import Quality, assess
from agents.encoding.rules import EncodingError
from agents.llm.facts import ModelFacts
from agents.pipeline.intent.analyse import Intent
from agents.pipeline.lanes.snapshot import Fragment
from governance.errors import Unprocessable

BYTES_PER_EXPECTED_TOKEN = 4
EXPECTED_OUTPUT = 300  # model tokens, before five past runs are known (design 4.3)
FIXED_PROMPT = 1_200  # model tokens of conduct, encoding and tools
MAX_OUTPUT = 1_024


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoding with its text, digest and quality; `edited`: a person wrote it."""

    encoding: Encoding
    text: str
    quality: Quality
    edited: bool

    @property
    def digest(self) -> str:
        return hashlib.sha256(b"chenu.encoding.v1\x00" + self.text.encode()).hexdigest()


def encode(intent: Intent, written: str = "") -> Encoded:
    """The preset encoding of the intent, or the one a person wrote. Raises Unprocessable `invalid_encoding`."""
    if not written:
        built = build(intent.type)
        return Encoded(built.encoding, format_encoding(built.encoding), assess(built.encoding, built.decided), False)
    try:
        encoding = parse(written)
    except EncodingError as error:
        broken = [str(violation.message) for violation in error.violations]
        raise Unprocessable(
            "invalid_encoding", _("This encoding breaks a rule."), errors={"encoding": broken}
        ) from error
    return Encoded(encoding, format_encoding(encoding), assess(encoding), True)


def quality_json(quality: Quality) -> dict[str, Any]:
    """The score with its parts, as lane C keeps it."""
    return {
        "score": quality.score,
        "band": quality.band.value,
        "parts": [{"key": part.key, "weight": part.weight, "points": part.points} for part in quality.parts],
    }


def estimate(text: str, fragments: Iterable[Fragment], model: ModelFacts) -> dict[str, int]:
    """`{expected, worst_case, cost_pico_usd}` in model tokens and pico-USD; rules read `expected`.

    Worst case: every byte a token, and all the output that is allowed.
    """
    size = len(text.encode()) + sum(fragment.size for fragment in fragments)
    expected_input = size // BYTES_PER_EXPECTED_TOKEN + FIXED_PROMPT
    worst_input = size + FIXED_PROMPT * BYTES_PER_EXPECTED_TOKEN
    return {
        "expected": expected_input + EXPECTED_OUTPUT,
        "worst_case": worst_input + MAX_OUTPUT,
        "cost_pico_usd": model.cost(expected_input, EXPECTED_OUTPUT),
    }
