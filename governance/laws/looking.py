"""What pages and API show of the checks: states and times, nothing of any identity."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.laws.checks import all_checks
from governance.laws.models import LawCheck
from governance.rules.laws import LAWS

State = LawCheck.State
TONES = {State.HOLDS: "ok", State.BROKEN: "bad", State.UNTOLD: "off"}
WARNS = "wait"  # the tone of a law that may warn, where others refuse
SAYS: dict[str, str | Promise] = {
    State.HOLDS: _("Nothing was found that is against it."),
    State.BROKEN: _("Something was found that is against it. The staff of the installation have been told."),
    State.UNTOLD: _("It could not be found out, or nobody has looked lately."),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One check in words; `row` None while it never ran."""

    key: str
    title: str
    state: State
    label: str
    says: str
    tone: str
    row: LawCheck | None


def last_looks() -> dict[str, list[Look]]:
    """By law; one query."""
    rows = {row.key: row for row in LawCheck.objects.all()}
    found: dict[str, list[Look]] = {law.code: [] for law in LAWS}
    blocks = {law.code: law.blocks for law in LAWS}
    for check in all_checks():
        row = rows.get(check.key)
        state = row.shown_state if row else State.UNTOLD
        tone = WARNS if state == State.BROKEN and not blocks[check.law] else TONES[state]
        look = Look(check.key, str(check.title), state, str(state.label), str(SAYS[state]), tone, row)
        found[check.law].append(look)
    return found
