"""What an approver reads: the preview of an act, and the sentence above it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from governance.registry.actions import Action, Params, get_action
from governance.uow import recorded


def preview_of(action: Action, params: Params) -> dict[str, Any]:
    """Exactly what will happen, as the approver will see it; the parameters where nothing better is told."""
    if action.preview is not None:
        return action.preview(params)
    return {"form": "fields", "fields": recorded(action, params)}


def question_of(action_name: str, preview: dict[str, Any]) -> str:
    """The sentence above a preview, in the reader's language."""
    action = get_action(action_name)
    if action.question is not None:
        return action.question(preview)
    return _("Allow “%(act)s”?") % {"act": action.label}
