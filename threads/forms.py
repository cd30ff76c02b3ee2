"""What the pages of threads ask: each form answers the parameters of one action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from spheres.forms import GovernedForm, Text, sphere_choices
from threads.models import (
    LONGEST_MESSAGE,
    LONGEST_OPTION,
    LONGEST_STATEMENT,
    LONGEST_TITLE,
    MOST_OPTIONS,
    Decision,
    Thread,
)


class NewThreadForm(GovernedForm):
    """A new thread, from any list; on a sphere's page the sphere is given."""

    title = forms.CharField(label=_("What is it about?"), max_length=LONGEST_TITLE)
    type = forms.ChoiceField(label=_("Type"), choices=Thread.Type, initial=Thread.Type.CONVERSATION)
    sphere = forms.ChoiceField(label=_("Sphere"), choices=sphere_choices)

    def __init__(self, *args: Any, sphere: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sphere:
            del self.fields["sphere"]


class MessageForm(GovernedForm):
    """A message, an answer or a correction; a line break at the end of a pasted text is no content."""

    content = forms.CharField(label=_("Message"), max_length=LONGEST_MESSAGE, widget=Text(2))
    reply_to = forms.UUIDField(required=False, widget=forms.HiddenInput)


class RenameForm(GovernedForm):
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)


class DecisionForm(GovernedForm):
    """A decision, proposed or in place of another."""

    statement = forms.CharField(label=_("What is decided"), max_length=LONGEST_STATEMENT, widget=Text(2))
    type = forms.ChoiceField(label=_("Kind"), choices=Decision.Type, initial=Decision.Type.APPROVAL)
    options = forms.CharField(
        label=_("Other options considered"),
        help_text=_("One per line, ten at most."),
        required=False,
        widget=Text(2),
    )

    def clean_options(self) -> list[str]:
        """The lines, without empty ones; too many or too long ones are said in words here."""
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]
        if len(lines) > MOST_OPTIONS or any(len(line) > LONGEST_OPTION for line in lines):
            raise forms.ValidationError(
                _("At most %(most)s lines, each of %(longest)s characters at most.")
                % {"most": MOST_OPTIONS, "longest": LONGEST_OPTION}
            )
        return lines
