"""What the pages of the pipeline ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.encoding.grammar import MAX_TEXT_LENGTH
from agents.pipeline.models import LONGEST_REQUEST
from spheres.forms import GovernedForm, Text


class AskForm(GovernedForm):
    """An intent, from a sphere's page."""

    text = forms.CharField(label=_("What do you want?"), max_length=LONGEST_REQUEST, widget=Text(3))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A counter of twenty thousand characters helps nobody.
        self.fields["text"].widget.attrs.pop("maxlength", None)
        self.fields["text"].widget.attrs["placeholder"] = _("Ask Nova: a question, an e-mail, a summary…")


class AnswerForm(GovernedForm):
    """What a person says to a run that asked: words, or another encoding; one of both."""

    answer = forms.CharField(label=_("Your answer"), max_length=LONGEST_REQUEST, required=False, widget=Text(2))
    encoding = forms.CharField(label=_("The encoding"), max_length=MAX_TEXT_LENGTH, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].widget.attrs.pop("maxlength", None)
        self.fields["encoding"].widget.attrs |= {"class": "mono", "spellcheck": "false", "autocapitalize": "characters"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("answer") and not given.get("encoding") and not self.errors:
            self.add_error("answer", _("Write what Nova should know."))
        return given

    @property
    def given(self) -> dict[str, str]:
        """The one that was sent; words win."""
        name = "answer" if self.cleaned_data.get("answer") else "encoding"
        return {name: self.cleaned_data[name]}
