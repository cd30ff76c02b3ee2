"""Encodings by intent type and by name, and who decided each required field (design 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from agents.encoding.fields import REQUIRED_FIELDS, Act, Encoding, Focus, Mode, Out, Scope, Src
from agents.encoding.labels import Labelled
from agents.encoding.rules import ensure_valid
from agents.pipeline.intent.kinds import IntentType

_FACT: Final = (Focus.FACT,)
_ASK: Final = Encoding(Act.EXT, Src.WS, Scope.WS, Mode.ANA, _FACT, trace=True)
_SUMMARY: Final = Encoding(Act.SUM, Src.SEL, Scope.SEL, Mode.ANA, _FACT, trace=True)
_ANALYSIS: Final = Encoding(Act.ANA, Src.DOC, Scope.SEL, Mode.ANA, _FACT, trace=True)
_MESSAGE: Final = Encoding(Act.GEN, Src.SEL, Scope.SEL, Mode.NONE, _FACT, trace=True)
_MAKE: Final = Encoding(Act.GEN, Src.SEL, Scope.SEL, Mode.PREP, _FACT, trace=True)
_REFINE: Final = Encoding(Act.REF, Src.SEL, Scope.SEL, Mode.PREP, _FACT, trace=True)
_COMMAND: Final = Encoding(Act.DEC, Src.SEL, Scope.LOCK, Mode.NONE, sens=True, trace=True)
_COMPLIANCE: Final = Encoding(Act.VER, Src.DOC, Scope.LOCK, Mode.CHECK, sens=True, trace=True)

INTENT_PRESETS: Final[Mapping[IntentType, Encoding]] = MappingProxyType(
    {
        IntentType.QUERY: _ASK,
        IntentType.SEARCH: _ASK,
        IntentType.UNKNOWN: _ASK,
        IntentType.SUMMARIZE: _SUMMARY,
        IntentType.ANALYZE: _ANALYSIS,
        IntentType.COMMUNICATE: _MESSAGE,
        IntentType.SEND: _MESSAGE,
        IntentType.PUBLISH: _MESSAGE,
        IntentType.CREATE: _MAKE,
        IntentType.GENERATE: _MAKE,
        IntentType.UPDATE: _REFINE,
        IntentType.DELETE: _COMMAND,
        IntentType.TRANSFER: _COMMAND,
        IntentType.PAYMENT: _COMMAND,
        IntentType.CONFIGURE: _COMMAND,
        IntentType.EXECUTE: _COMMAND,
    }
)


@dataclass(frozen=True, slots=True)
class NamedPreset:
    key: str
    label: Promise
    encoding: Encoding


def _read(act: Act, src: Src, scope: Scope, *focus: Focus, **more: Any) -> Encoding:
    return Encoding(act, src, scope, Mode.ANA, focus, trace=True, **more)


_NAMED: Final = (
    NamedPreset(
        "summary",
        pgettext_lazy("encoding preset", "Summary"),
        _read(Act.SUM, Src.DOC, Scope.SEL, Focus.FACT, Focus.NEXT),
    ),
    NamedPreset(
        "analysis",
        pgettext_lazy("encoding preset", "Analysis"),
        _read(Act.ANA, Src.DOC, Scope.SEL, Focus.RISK, Focus.CONS, Focus.GAP, unc=True),
    ),
    NamedPreset(
        "structuring",
        pgettext_lazy("encoding preset", "Structuring"),
        Encoding(Act.STR, Src.DOC, Scope.SEL, Mode.PREP, _FACT, Out.TREE, trace=True),
    ),
    NamedPreset(
        "decision",
        pgettext_lazy("encoding preset", "Decision"),
        _read(Act.DEC, Src.DOC, Scope.SEL, Focus.OPT, Focus.RISK, Focus.CONS, out=Out.TABLE),
    ),
    NamedPreset(
        "comparison",
        pgettext_lazy("encoding preset", "Comparison"),
        _read(Act.CMP, Src.MIX, Scope.SEL, Focus.FACT, Focus.GAP, Focus.OPT, out=Out.TABLE),
    ),
    NamedPreset(
        "meeting",
        pgettext_lazy("encoding preset", "Meeting"),
        _read(Act.SUM, Src.MTG, Scope.MTG, Focus.DEC, Focus.NEXT),
    ),
    NamedPreset("rbq", pgettext_lazy("encoding preset", "RBQ compliance"), _COMPLIANCE),
    NamedPreset("cnesst", pgettext_lazy("encoding preset", "CNESST compliance"), _COMPLIANCE),
    NamedPreset("ccq", pgettext_lazy("encoding preset", "CCQ compliance"), _COMPLIANCE),
    NamedPreset(
        "budget_review",
        pgettext_lazy("encoding preset", "Budget review"),
        _read(Act.ANA, Src.DOC, Scope.SEL, Focus.FACT, Focus.RISK, Focus.GAP),
    ),
)
NAMED_PRESETS: Final[Mapping[str, NamedPreset]] = MappingProxyType({preset.key: preset for preset in _NAMED})


class Origin(Labelled):
    """Who decided a required field."""

    TEXT = "text", pgettext_lazy("encoding origin", "Your words")
    PRESET = "preset", pgettext_lazy("encoding origin", "Preset")
    ASSUMED = "assumed", pgettext_lazy("encoding origin", "Assumed")


@dataclass(frozen=True, slots=True)
class Built:
    """An encoding with the origin of ACT, SRC, SCOPE and MODE."""

    encoding: Encoding
    origins: tuple[tuple[str, Origin], ...]

    @property
    def decided(self) -> frozenset[str]:
        """The required fields that the text or a preset decided, as `quality.assess` wants them."""
        return frozenset(name for name, origin in self.origins if origin is not Origin.ASSUMED)


class UnknownPreset(ValueError):
    """No preset of that name."""


def _origin(name: str, stated: Mapping[str, Any], assumed: Mapping[str, Any]) -> Origin:
    if name.lower() in stated:
        return Origin.TEXT
    return Origin.ASSUMED if name.lower() in assumed else Origin.PRESET


def build(
    intent: IntentType,
    *,
    preset: str | None = None,
    stated: Mapping[str, Any] | None = None,
    assumed: Mapping[str, Any] | None = None,
) -> Built:
    """The encoding that lane C gives to an intent, always with TRACE:1.

    `preset` names one of NAMED_PRESETS, else the intent's own is used. `stated` are Encoding attributes that
    the person's words fix; `assumed` are those filled in by neither words nor preset (each costs 25 points of
    completeness). Words win over assumptions. Raises UnknownPreset, EncodingError when the result is invalid,
    and TypeError for an attribute that does not exist.
    """
    stated, assumed = stated or {}, assumed or {}
    if preset is not None and preset not in NAMED_PRESETS:
        raise UnknownPreset(preset)
    unknown = (stated.keys() | assumed.keys()) - {field.name for field in fields(Encoding)}
    if unknown:
        raise TypeError(f"not a field of an encoding: {', '.join(sorted(unknown))}")
    start = INTENT_PRESETS[intent] if preset is None else NAMED_PRESETS[preset].encoding
    encoding = ensure_valid(replace(start, **{**assumed, **stated, "trace": True}))
    return Built(encoding, tuple((name, _origin(name, stated, assumed)) for name in REQUIRED_FIELDS))
