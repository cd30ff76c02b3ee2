"""Reasons in words, and what a page shows of a decision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.llm.routing.deciding import Decision, Excluded, Ranked
from agents.llm.routing.now import provider_names

REASONS: dict[str, str | Promise] = {
    Excluded.LOCKED: _("Nova is Claude and nothing else."),
    Excluded.NOT_NAMED: _("Another model was named."),
    Excluded.HISTORIC: _("An old model: only called by name."),
    Excluded.UNWANTED: _("Its provider is excluded."),
    Excluded.NOT_APPROVED: _("It is not among what was approved."),
    Excluded.STOPPED: _("A kill switch stops its provider."),
    Excluded.NO_KEY: _("No key for its provider."),
    Excluded.UNWELL: _("Its provider does not answer at the moment."),
    Excluded.FULL: _("Its provider’s limit is used up for the moment."),
    Excluded.CANNOT: _("It cannot do what is needed."),
    Excluded.RESIDENCY: _("The words would go where they may not."),
    Excluded.CONTEXT: _("So much does not fit into its context."),
    Excluded.OUTPUT: _("It cannot answer at such length."),
    Excluded.TOO_DEAR: _("It costs more than the ceiling."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One model that fits, as a page shows it; `named`: its provider."""

    ranked: Ranked
    named: str

    @property
    def bars(self) -> list[tuple[str | Promise, int]]:
        """The three parts, in per cent."""
        found = self.ranked
        return [(_("Quality"), found.quality // 10), (_("Speed"), found.speed // 10), (_("Economy"), found.cost // 10)]


@dataclass(frozen=True, slots=True)
class Group:
    """Models that one reason excludes."""

    why: str | Promise
    models: list[str]


def rows(decision: Decision, most: int) -> list[Row]:
    names = provider_names()
    return [Row(each, names[each.candidate.provider]) for each in decision.ranked[:most]]


def groups(decision: Decision) -> list[Group]:
    """What does not fit, by reason, in the order the reasons are tried."""
    order = {reason: place for place, reason in enumerate(Excluded)}
    names = provider_names()

    def place(pair: Any) -> int:
        return order[Excluded(pair[1])]

    listed = sorted(decision.excluded, key=place)
    return [
        Group(REASONS[reason], [f"{names[each.provider]} · {each.facts.id}" for each, _why in found])
        for reason, found in groupby(listed, key=lambda pair: pair[1])
    ]
