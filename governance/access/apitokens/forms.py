"""A new token: a name, what it may do, how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.access.apitokens.scopes import RESOURCES, offered
from governance.access.showing import ActionForm

VERBS = {"read": _("Read"), "write": _("Write"), "complete": _("Complete"), "run": _("Ask")}


@dataclass(frozen=True)
class Choice:
    """One box of the form: a scope, in a word, ticked or not."""

    scope: str
    word: str | Promise
    ticked: bool


class TokenForm(ActionForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        coerce=int,
        initial=90,
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=lambda: [(scope, scope) for scope in offered()],
        widget=forms.CheckboxSelectMultiple,
    )

    def scope_rows(self) -> Iterator[tuple[str, str | Promise, list[Choice]]]:
        """A row for each part of the API: its name in a scope, its name on the screen, its boxes."""
        ticked = self["scopes"].value() or []
        for resource, scopes in groupby(sorted(offered()), key=lambda scope: scope.partition(":")[0]):
            boxes = [Choice(scope, VERBS[scope.partition(":")[2]], scope in ticked) for scope in scopes]
            yield resource, RESOURCES[resource], boxes
