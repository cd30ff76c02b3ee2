"""What an approver reads: the preview of an act, and the sentence above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.checkpoints.models import Checkpoint
from governance.registry.actions import PREVIEWED, Action, Params, get_action
from governance.uow import recorded


def preview_of(action: Action, params: Params) -> dict[str, Any]:
    """Exactly what will happen, as the approver will see it; the parameters where nothing better is told."""
    if action.preview is not None:
        return action.preview(params)
    return {"form": "fields", "fields": recorded(action, params)}


Told = Callable[[dict[str, Any], UUID], dict[str, Any]]
_forms: dict[str, Told] = {}


def register_form(form: str, told: Told) -> None:
    """Has the page of a question show what its preview only names: `told(preview, person who looks)`."""
    _forms[form] = told


def told_of(preview: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """What a form shows besides the preview that was sealed; {} for all that say everything themselves."""
    form = preview.get("form", "")
    return _forms[form](preview, person_id) if form in _forms else {}


def question_of(action_name: str, preview: dict[str, Any]) -> str:
    """The sentence above a preview, in the reader's language."""
    action = get_action(action_name)
    if action.question is not None:
        return action.question(preview)
    return _("Allow “%(act)s”?") % {"act": action.label}


def untrusted_in(row: Checkpoint) -> list[str]:
    """What others wrote that the run had read before it asked to send, hand over or pay; it is in the envelope."""
    leaves = get_action(row.action).effect in PREVIEWED
    return list(row.envelope.get("untrusted", ())) if leaves else []
