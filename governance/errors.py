"""The one family of refusals. Raised anywhere, mapped once to problem+json and pages (access/problems.py)."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class GovernanceError(Exception):
    """A refusal with an HTTP status, a stable code and a sentence for the person.

    `detail` is shown to people; `extra` holds further members of the problem document.
    """

    status = 500
    code = "error"
    title: str | Promise = _("Something went wrong")

    def __init__(self, detail: str | Promise = "", **extra: Any) -> None:
        super().__init__(str(detail) if not isinstance(detail, Promise) else self.code)
        self.detail = detail
        self.extra = extra


class BadInput(GovernanceError):
    """The request cannot be understood; `errors` names the fields."""

    status, code, title = 400, "invalid", _("This cannot be understood")

    def __init__(self, detail: str | Promise = "", errors: dict[str, list[Any]] | None = None, **extra: Any) -> None:
        super().__init__(detail, **({"errors": errors} if errors else {}), **extra)
        self.errors = errors or {}


class Unprocessable(GovernanceError):
    """Understood, but contradictory: `idempotency_mismatch`, `invalid_encoding`, `sphere_mismatch`."""

    status, code, title = 422, "unprocessable", _("This contradicts itself")

    def __init__(self, code: str, detail: str | Promise = "", **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code


class NotSignedIn(GovernanceError):
    """Nobody is signed in, or the credentials are wrong."""

    status, code, title = 401, "not_signed_in", _("Please sign in")

    def __init__(self, detail: str | Promise = "", code: str = "", **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code or type(self).code


class NotAllowed(GovernanceError):
    """A policy or a rule says no to this actor."""

    status, code, title = 403, "not_allowed", _("You may not do this")


class Halted(NotAllowed):
    """A kill switch holds what this would begin."""

    code, title = "kill_switch", _("Stopped by a kill switch")


class StepUpRequired(NotAllowed):
    """Allowed, once the person has shown again who they are. `back`: the page to return to."""

    code, title = "step_up_required", _("Confirm that it is you")

    def __init__(self, *, back: str = "", enrol: bool = False) -> None:
        super().__init__(
            _("This needs a second factor: add one first.")
            if enrol
            else _("Show again who you are, then repeat this within ten minutes."),
            enrol=enrol,
        )
        self.back, self.enrol = back, enrol


class SecondFactorNeeded(NotAllowed):
    """The identity asks for a second factor, and this sign-in (or token) shows none; `enrol`: there is none yet."""

    code, title = "second_factor_needed", _("This identity asks for a second factor")

    def __init__(self, identity: Any, *, enrol: bool) -> None:
        without = _("Your account has no second factor. Add one, then come back.")
        unshown = _(
            "Show your second factor in this sign-in, then come back. A token made without one opens nothing here."
        )
        super().__init__(without if enrol else unshown, enrol=enrol)
        self.identity, self.enrol = identity, enrol


class OutOfScope(NotAllowed):
    """The API token was not given what this needs; `scope` names it ('' where no token ever may)."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(
            _("This token was not given the scope that this needs.")
            if scope
            else _("An API token cannot do this: a person signs in."),
            scope=scope or None,
        )


class IdentityBoundary(GovernanceError):
    """The object belongs to another identity. The message never says whose it is."""

    status, code, title = 403, "identity_boundary_violation", _("This belongs to another identity")

    def __init__(self, kind: str = "cross_identity_access", *, resource: str = "", target: Any = None) -> None:
        super().__init__(_("What you ask for is not part of the identity you act for."))
        self.kind, self.resource, self.target = kind, resource, target


class BudgetExceeded(GovernanceError):
    """A budget refuses the reservation."""

    status, code, title = 403, "budget_exceeded", _("The budget does not allow this")


class NotThere(GovernanceError):
    """No such object, for anybody."""

    status, code, title = 404, "not_found", _("There is nothing here")


class Conflict(GovernanceError):
    """The world changed meanwhile."""

    status, code, title = 409, "conflict", _("This has changed meanwhile")

    def __init__(self, code: str = "conflict", detail: str | Promise = "", **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code


class Gone(GovernanceError):
    """It existed and its time is over."""

    status, code, title = 410, "gone", _("The time for this is over")

    def __init__(self, code: str = "gone", detail: str | Promise = "", **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.code = code


class CheckpointRequired(GovernanceError):
    """A person must approve first (HTTP 423); `checkpoint` is its public representation."""

    status, code, title = 423, "checkpoint_required", _("A person must approve this first")

    def __init__(self, checkpoint: Any, **extra: Any) -> None:
        super().__init__(_("Nothing has been done yet: someone must approve exactly what will happen."), **extra)
        self.checkpoint = checkpoint


class TooMany(GovernanceError):
    """A limit is reached; `retry_after` in seconds."""

    status, code, title = 429, "too_many_requests", _("Too many at once")

    def __init__(self, detail: str | Promise = "", retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.retry_after = retry_after


class AuditUnavailable(GovernanceError):
    """The act could not be recorded, so it did not happen."""

    status, code, title = 503, "audit_unavailable", _("Nothing was done: it could not be recorded")


class DatabaseUnavailable(GovernanceError):
    """The database does not answer; nothing was lost."""

    status, code, title = 503, "database_unavailable", _("The database is not answering")


class CacheUnavailable(GovernanceError):
    """Redis does not answer, and what asks it (is this a guess? was this code used?) may not be passed over."""

    status, code, title = 503, "cache_unavailable", _("This cannot be checked at the moment")

    def __init__(self) -> None:
        super().__init__(_("Nothing was done. Try again in a moment."))


class NoIdentity(RuntimeError):
    """A scoped row was asked for while no identity is bound: a fault in our code, never shown as data."""


class NoTransaction(RuntimeError):
    """A scoped row was asked for outside a transaction: wrap it in `reading()` or an action."""
