"""The fields of an encoding and their values, in the order of the table (design 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import pgettext_lazy

from agents.encoding.labels import Labelled

ENCODING_VERSION: Final = 1
MAX_FOCUS: Final = 5


class Act(Labelled):
    SUM = "SUM", pgettext_lazy("encoding act", "Summarise")
    EXT = "EXT", pgettext_lazy("encoding act", "Extract")
    STR = "STR", pgettext_lazy("encoding act", "Structure")
    CMP = "CMP", pgettext_lazy("encoding act", "Compare")
    ANA = "ANA", pgettext_lazy("encoding act", "Analyse")
    GEN = "GEN", pgettext_lazy("encoding act", "Generate")
    DEC = "DEC", pgettext_lazy("encoding act", "Decide")
    PLN = "PLN", pgettext_lazy("encoding act", "Plan")
    REF = "REF", pgettext_lazy("encoding act", "Refine")
    VER = "VER", pgettext_lazy("encoding act", "Verify")
    MAP = "MAP", pgettext_lazy("encoding act", "Map")
    CLS = "CLS", pgettext_lazy("encoding act", "Classify")


class Src(Labelled):
    SEL = "SEL", pgettext_lazy("encoding source", "Selection")
    DOC = "DOC", pgettext_lazy("encoding source", "Document")
    WS = "WS", pgettext_lazy("encoding source", "Workspace")
    MTG = "MTG", pgettext_lazy("encoding source", "Meeting")
    EXT = "EXT", pgettext_lazy("encoding source", "External")
    MIX = "MIX", pgettext_lazy("encoding source", "Mixed")


class Scope(Labelled):
    SEL = "SEL", pgettext_lazy("encoding scope", "Selection")
    DOC = "DOC", pgettext_lazy("encoding scope", "Document")
    WS = "WS", pgettext_lazy("encoding scope", "Workspace")
    MTG = "MTG", pgettext_lazy("encoding scope", "Meeting")
    LOCK = "LOCK", pgettext_lazy("encoding scope", "Locked")


class Mode(Labelled):
    ANA = "ANA", pgettext_lazy("encoding mode", "Analysis (read only)")
    PREP = "PREP", pgettext_lazy("encoding mode", "Preparation")
    DRAFT = "DRAFT", pgettext_lazy("encoding mode", "Draft")
    CHECK = "CHECK", pgettext_lazy("encoding mode", "Check")
    NONE = "NONE", pgettext_lazy("encoding mode", "As the agent's contract")


class Focus(Labelled):
    FACT = "FACT", pgettext_lazy("encoding focus", "Facts")
    RISK = "RISK", pgettext_lazy("encoding focus", "Risks")
    CONS = "CONS", pgettext_lazy("encoding focus", "Constraints")
    OPP = "OPP", pgettext_lazy("encoding focus", "Opportunities")
    NEXT = "NEXT", pgettext_lazy("encoding focus", "Next steps")
    DEC = "DEC", pgettext_lazy("encoding focus", "Decisions")
    GAP = "GAP", pgettext_lazy("encoding focus", "Gaps")
    OPT = "OPT", pgettext_lazy("encoding focus", "Options")


class Out(Labelled):
    MD = "MD", pgettext_lazy("encoding output", "Formatted text")
    JSON = "JSON", pgettext_lazy("encoding output", "JSON data")
    HTML = "HTML", pgettext_lazy("encoding output", "Web page")
    TXT = "TXT", pgettext_lazy("encoding output", "Plain text")
    TABLE = "TABLE", pgettext_lazy("encoding output", "Table")
    CHART = "CHART", pgettext_lazy("encoding output", "Chart")
    TREE = "TREE", pgettext_lazy("encoding output", "Tree")


class Len(Labelled):
    XS = "XS", pgettext_lazy("encoding length", "Very short")
    S = "S", pgettext_lazy("encoding length", "Short")
    M = "M", pgettext_lazy("encoding length", "Medium")
    L = "L", pgettext_lazy("encoding length", "Long")
    XL = "XL", pgettext_lazy("encoding length", "Very long")


class Flag(Labelled):
    RW = "RW", pgettext_lazy("encoding flag", "May rewrite the source")
    UNC = "UNC", pgettext_lazy("encoding flag", "States what is uncertain")
    SENS = "SENS", pgettext_lazy("encoding flag", "Sensitive")
    TRACE = "TRACE", pgettext_lazy("encoding flag", "Keeps a full trace")


DEFAULT_OUT: Final = Out.MD
DEFAULT_LEN: Final = Len.M


@dataclass(frozen=True, slots=True)
class Encoding:
    """One encoding (design 4.2).

    `out` and `len` are None when not stated; `effective_out` and `effective_len` give the default then.
    The two are kept apart because the quality score rewards what is stated. `focus` keeps its order: the
    first item leads the answer. An Encoding may be invalid; see `agents.encoding.rules.violations`.
    """

    act: Act
    src: Src
    scope: Scope
    mode: Mode
    focus: tuple[Focus, ...] = ()
    out: Out | None = None
    len: Len | None = None
    rw: bool = False
    unc: bool = False
    sens: bool = False
    trace: bool = False

    @property
    def effective_out(self) -> Out:
        return self.out or DEFAULT_OUT

    @property
    def effective_len(self) -> Len:
        return self.len or DEFAULT_LEN

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags that are 1, in the order of the table."""
        states = {Flag.RW: self.rw, Flag.UNC: self.unc, Flag.SENS: self.sens, Flag.TRACE: self.trace}
        return tuple(flag for flag in Flag if states[flag])

    def as_fields(self) -> dict[str, str | list[str] | bool]:
        """Every field with its effective value, ready for JSON (design 6.2, `encoding.fields`)."""
        fields: dict[str, str | list[str] | bool] = {
            "ACT": self.act.value,
            "SRC": self.src.value,
            "SCOPE": self.scope.value,
            "MODE": self.mode.value,
            "FOCUS": [item.value for item in self.focus],
            "OUT": self.effective_out.value,
            "LEN": self.effective_len.value,
        }
        return fields | {flag.value: flag in self.flags for flag in Flag}


FIELD_ENUMS: Final[dict[str, type[Labelled]]] = {
    "ACT": Act,
    "SRC": Src,
    "SCOPE": Scope,
    "MODE": Mode,
    "FOCUS": Focus,
    "OUT": Out,
    "LEN": Len,
}
REQUIRED_FIELDS: Final = ("ACT", "SRC", "SCOPE", "MODE")
FIELD_ORDER: Final = (*FIELD_ENUMS, *(flag.value for flag in Flag))

FIELD_LABELS: Final = {
    "ACT": pgettext_lazy("encoding field", "Act"),
    "SRC": pgettext_lazy("encoding field", "Source"),
    "SCOPE": pgettext_lazy("encoding field", "Scope"),
    "MODE": pgettext_lazy("encoding field", "Mode"),
    "FOCUS": pgettext_lazy("encoding field", "Focus"),
    "OUT": pgettext_lazy("encoding field", "Output"),
    "LEN": pgettext_lazy("encoding field", "Length"),
    **{flag.value: flag.label for flag in Flag},
}
