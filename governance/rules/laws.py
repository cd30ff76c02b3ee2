"""The ten laws, under the five principles of the canon (design 1.3), each with the checks that enforce it.

A check is the dotted name of a guard in the code, or of a test that is red when the guard is gone; a test
of ours holds that every name here exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Principle(StrEnum):
    """The five principles of the canon."""

    GOVERNANCE = "governance"
    SOVEREIGNTY = "sovereignty"
    ISOLATION = "isolation"
    AUDIT = "audit"
    TOKENS = "tokens"


PRINCIPLES: dict[Principle, str | Promise] = {
    Principle.GOVERNANCE: _("Governance comes before execution"),
    Principle.SOVEREIGNTY: _("People are sovereign: they approve or they refuse"),
    Principle.ISOLATION: _("Identities are sealed from each other"),
    Principle.AUDIT: _("Everything is logged"),
    Principle.TOKENS: _("Tokens are governed by budgets"),
}


@dataclass(frozen=True, slots=True)
class Law:
    """`blocks` is False for the one law that may warn instead of refusing."""

    code: str
    title: str | Promise
    says: str | Promise
    principle: Principle
    checks: tuple[str, ...]
    blocks: bool = True


FLOW = "tests.governance.checkpoints.test_flow"

LAWS = (
    Law(
        "L1",
        _("Consent comes first"),
        _("What leaves, moves, pays or destroys happens only after a person has agreed to exactly that."),
        Principle.SOVEREIGNTY,
        (
            "governance.rules.system.CONSENT_RULES",
            "governance.checkpoints.opening.claim",
            f"{FLOW}.test_a_send_stops_and_nothing_leaves",
            f"{FLOW}.test_what_was_not_approved_to_the_letter_does_not_run",
        ),
    ),
    Law(
        "L2",
        _("Time belongs to the person"),
        _("Nothing hurries a person. A question that nobody answers in time counts as refused, never as agreed."),
        Principle.SOVEREIGNTY,
        (
            "governance.checkpoints.models.LIFETIME",
            "governance.checkpoints.actions.check_open",
            f"{FLOW}.test_an_overdue_question_counts_as_refused",
            f"{FLOW}.test_an_approval_that_was_not_used_in_time_is_gone",
        ),
    ),
    Law(
        "L3",
        _("Acts stay in their context"),
        _("An act respects the sphere it belongs to; writing into another one asks a person."),
        Principle.GOVERNANCE,
        (
            "governance.rules.system.SYSTEM_RULES",
            "governance.rules.facts.Facts",
            "governance.elevate.applying.needs_of",
        ),
    ),
    Law(
        "L4",
        _("Every level keeps its place"),
        _("Agents propose; a policy says who may do what, before anything is opened."),
        Principle.GOVERNANCE,
        ("governance.perform.rule", f"{FLOW}.test_a_token_an_agent_and_a_viewer_cannot_decide"),
    ),
    Law(
        "L5",
        _("The log is complete"),
        _("What cannot be recorded does not happen, and what was recorded cannot be changed unseen."),
        Principle.AUDIT,
        ("governance.audit.entries.append", "governance.audit.verify.verify_chain", "governance.uow.unit_of_work"),
    ),
    Law(
        "L6",
        _("What was understood is shown"),
        _("How a request was understood is written down in words a person can read, and change."),
        Principle.AUDIT,
        ("governance.checkpoints.words.preview_of", "governance.checkpoints.envelope.envelope"),
        blocks=False,
    ),
    Law(
        "L7",
        _("Agents are not autonomous"),
        _("What an agent deletes, sends, transfers or pays always stops at a person; no setting changes that."),
        Principle.GOVERNANCE,
        ("governance.rules.system.SYSTEM_RULES", "governance.checkpoints.policies.may_decide"),
    ),
    Law(
        "L8",
        _("Spending is accounted for"),
        _("Nothing is spent that was not reserved before, and nothing is reserved beyond a budget."),
        Principle.TOKENS,
        (
            "governance.ledger.budget.hold",
            "tests.governance.ledger.test_budget.test_a_hold_reserves_on_every_account_up_to_the_identity",
        ),
    ),
    Law(
        "L9",
        _("Spheres and identities stay apart"),
        _("Another identity’s things are refused at the door, in every query and in the database itself."),
        Principle.ISOLATION,
        (
            "governance.isolation.lookup.find",
            "governance.isolation.querysets.InCurrentIdentity",
            "governance.isolation.checks",
            "governance.crossings.elsewhere.deliver",
            "tests.governance.crossings.test_identities.test_where_it_goes_learns_nothing_else_of_where_it_was",
            f"{FLOW}.test_nobody_outside_the_identity_can_decide",
        ),
    ),
    Law(
        "L10",
        _("What is deleted is gone"),
        _("Erasing an identity destroys its key: what the log held about it becomes noise, the chain stays valid."),
        Principle.ISOLATION,
        (
            "governance.audit.vault.seal",
            "governance.audit.vault.forget_keys",
            "governance.rights.erasing.erase_identity",
            "tests.governance.rights.test_gone.test_erasing_an_identity_leaves_nothing_but_its_chain",
        ),
    ),
)
