"""How a completion can end without an answer, as the caller is told."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.llm.errors import CallFailed
from governance.errors import GovernanceError, TooMany


class NoModel(GovernanceError):
    """No model can be called for this: the named one is unknown or closed, or none fits."""

    status, code, title = 404, "model_not_found", _("No such model can be called")


class ModelFailed(GovernanceError):
    """The providers gave no usable answer; `code` says how. What began was paid, what was refused cost nothing."""

    status, code, title = 502, "model_failed", _("The model gave no usable answer")

    def __init__(self, code: str, detail: str | Promise = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail or WORDS.get(code, ""), failure=code)
        self.retry_after = retry_after
        self.status = STATUS.get(code, 502)


WORDS: dict[str, str | Promise] = {
    "rate_limited": _("The provider’s limit is reached. Try again in a moment."),
    "overloaded": _("The provider is overloaded. Try again in a moment."),
    "provider_error": _("The provider failed."),
    "unreachable": _("The provider cannot be reached."),
    "refused": _("The provider refuses this request."),
    "cut": _("The answer broke off."),
    "malformed": _("The answer was not valid."),
    "too_much": _("The answer was longer than was allowed."),
    "wrong_model": _("Another model answered than the one that was asked."),
    "cancelled": _("It was stopped."),
    "timeout": _("The provider took too long."),
    "refused_address": _("This provider’s address may not be called."),
}
STATUS = {"timeout": 504, "overloaded": 503, "unreachable": 503, "refused": 400, "cancelled": 499}


def refusal_of(failure: CallFailed) -> GovernanceError:
    """What the caller is told of a call that failed for good. Nothing of what the provider wrote."""
    wait = int(failure.retry_after) + 1 if failure.retry_after is not None else None
    if failure.code == "rate_limited":
        return TooMany(WORDS["rate_limited"], retry_after=wait or 5)
    return ModelFailed(failure.code, retry_after=wait)
