"""The editor of a rule: rows of key, operator and value, which work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.access.showing import ActionForm
from governance.errors import BadInput
from governance.rules import words
from governance.rules.conditions import MOST_CONDITIONS
from governance.rules.contents import MOST_PEOPLE
from governance.rules.models import Level, RuleEffect

LONGEST = 2000  # characters of one field


@dataclass(slots=True)
class Row:
    """One condition as it stands in the form."""

    number: int
    key: str = ""
    op: str = ""
    value: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def hint(self) -> str:
        word = words.WORDS.get(self.key)
        return "" if word is None else str(word.hint or ", ".join(str(each) for each in word.choices.values()))


class RuleForm(ActionForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    effect = forms.ChoiceField(label=gettext_lazy("Then"), choices=RuleEffect.choices)
    level = forms.ChoiceField(
        label=gettext_lazy("Level of the question"),
        choices=[("", gettext_lazy("the usual one")), *Level.choices],
        required=False,
        help_text=gettext_lazy("The higher it is, the sooner an unanswered question counts as refused."),
    )
    quorum = forms.IntegerField(label=gettext_lazy("How many people must agree"), min_value=1, max_value=MOST_PEOPLE)
    exclude_requester = forms.BooleanField(label=gettext_lazy("Whoever asks may not agree"), required=False)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("The order in which rules are listed, from 0 to 100. The strictest wins in any case."),
    )


def rows_of(content: Mapping[str, Any]) -> list[Row]:
    """The conditions of a rule as rows."""
    return [
        Row(number, each["key"], each["op"], words.written(each["key"], each["value"]))
        for number, each in enumerate(content["conditions"])
    ]


def rows_in(posted: Mapping[str, str]) -> list[Row]:
    """The rows of a form that was sent, after what its button asked for: one more, or one less."""

    def part(number: int, name: str) -> str:
        return posted.get(f"c-{number}-{name}", "")[:LONGEST]

    asked = posted.get("do", "")
    dropped = asked.removeprefix("drop-") if asked.startswith("drop-") else ""
    rows = [
        Row(number, part(number, "key"), part(number, "op"), part(number, "value"))
        for number in range(MOST_CONDITIONS)
        if f"c-{number}-key" in posted and str(number) != dropped
    ]
    if asked == "add" and len(rows) < MOST_CONDITIONS:
        rows.append(Row(0))
    for number, row in enumerate(rows):
        row.number = number
    return rows or [Row(0)]


def conditions_in(rows: list[Row]) -> list[dict[str, Any]]:
    """What the rows say; each row keeps what is wrong with it. Rows left empty say nothing."""
    found = []
    for row in rows:
        if not (row.key or row.value):
            continue
        if row.key not in words.WORDS or row.op not in words.OPERATOR_WORDS:
            row.errors.append(_("Choose from the lists."))
        elif not words.fits(row.key, row.op):
            row.errors.append(_("This operator does not fit this key."))
        elif not row.value.strip():
            row.errors.append(_("A value is missing."))
        else:
            try:
                found.append({"key": row.key, "op": row.op, "value": words.value_of(row.key, row.op, row.value)})
            except ValueError as error:
                row.errors.append(str(error))
    return found


def refuse(form: RuleForm, rows: list[Row], refusal: BadInput) -> None:
    """Puts what the action found wrong at the row or the field it is about."""
    filled = [row for row in rows if row.key or row.value]
    rest: dict[str, list[Any]] = {}
    for name, sentences in refusal.errors.items():
        parts = name.split(".")
        if parts[0] == "conditions" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(filled):
            filled[int(parts[1])].errors += [str(each) for each in sentences]
        else:
            rest[name] = sentences
    if rest or not refusal.errors:
        form.refuse(BadInput(refusal.detail, errors=rest or None))
