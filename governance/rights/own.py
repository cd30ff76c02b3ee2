"""The tables of governance in an archive."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.access.models import Violation
from governance.audit.models import AuditEntry, ChainCheck, ChainHead, DataKey
from governance.audit.signing.models import SignedHead, TreeHead
from governance.checkpoints.models import Checkpoint, Execution, Sight, Vote
from governance.crossings.models import Crossing, CrossingParcel
from governance.delegations.models import Delegation
from governance.elevate.models import Elevation
from governance.grants.models import Grant
from governance.kills.models import Kill
from governance.ledger.models import Account, BudgetWarning, Cap, Hold, LedgerEntry
from governance.live.models import Event
from governance.memory.models import MemoryItem, MemoryUse
from governance.orders.models import PayingAccount, PaymentOrder
from governance.outbox.models import OutboundMail
from governance.people.grants import IdentityPermission
from governance.registry.models import IdempotencyRecord
from governance.rights.models import DataExport
from governance.rights.sources import keep_out, register_export
from governance.rules.models import Rule, RuleVersion, Verdict, WhatIf, WhatIfChange
from governance.webhooks.models import Webhook, WebhookDelivery, WebhookSecret


def register() -> None:
    """Called once, when the app is ready."""
    for model, name, title in (
        (Checkpoint, "checkpoints", _("Questions that waited for a person, with what was shown")),
        (Vote, "votes", _("Votes on them")),
        (Sight, "sights", _("When questions were first shown to those who decide")),
        (Delegation, "delegations", _("Who approved for whom, up to how much and until when")),
        (Execution, "executions", _("What was carried out after an approval")),
        (Grant, "grants", _("What was allowed in advance, and how much of it was used")),
        (Elevation, "elevations", _("Wider scopes for a while: asked for, allowed, ended")),
        (MemoryItem, "memory", _("What is remembered, and that something was forgotten")),
        (MemoryUse, "memory_uses", _("Which request to an agent was shown which memory")),
        (Kill, "kill_switches", _("What was stopped, by whom, and until when")),
        (OutboundMail, "mails", _("E-mails that left, or should have")),
        (PaymentOrder, "payment_orders", _("Payment orders")),
        (PayingAccount, "paying_account", _("The account that payments are made from")),
        (Crossing, "crossings", _("What crossed between spheres and identities, or was to")),
        (Rule, "rules", _("Rules of this identity")),
        (RuleVersion, "rule_versions", _("Every version of these rules")),
        (Verdict, "verdicts", _("What the rules said about each act, and why")),
        (WhatIf, "what_ifs", _("What would have been under other rules")),
        (WhatIfChange, "what_if_changes", _("Which acts would then have gone otherwise")),
        (Account, "accounts", _("Budget accounts")),
        (Cap, "caps", _("Limits of these accounts")),
        (Hold, "holds", _("Amounts that were reserved")),
        (BudgetWarning, "budget_warnings", _("Warnings of budgets that ran out")),
        (LedgerEntry, "ledger", _("Movements of the budgets")),
        (Event, "events", _("News that pages were told of")),
        (ChainCheck, "chain_checks", _("Verifications of the whole log")),
        (Violation, "violations", _("Refused attempts to reach across identities")),
        (IdentityPermission, "permissions", _("What is granted to the identity")),
        (Webhook, "webhooks", _("Webhooks: the addresses that are told of events")),
        (WebhookDelivery, "webhook_deliveries", _("What they were told, and what they answered")),
        (DataExport, "exports", _("Archives such as this one")),
    ):
        register_export(model, f"governance/{name}", title)
    keep_out(CrossingParcel, "of where it came from; what was accepted as a copy is among the items")
    keep_out(WebhookSecret, "secrets; a receiver has its copy, and a new one can be made at any time")
    keep_out(AuditEntry, "written whole into audit/, with the exact bytes and the opened payloads")
    keep_out(ChainHead, "written into audit/head.json")
    keep_out(SignedHead, "written into audit/signed.jsonl")
    keep_out(TreeHead, "of the system; the lines that concern the identity are in audit/signed.jsonl")
    keep_out(DataKey, "a secret; what it opens is in audit/ in the clear")
    keep_out(IdempotencyRecord, "digests of requests and sealed copies of answers, kept for 30 days against repeats")
