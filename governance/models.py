"""The models of governance; each lives in the room of its package."""

from governance.access.models import ApiToken, RefusalBurst, SignIn, Violation
from governance.audit.models import AuditEntry, ChainCheck, ChainHead, DataKey
from governance.audit.signing.models import SignedHead, TreeHead
from governance.checkpoints.models import Checkpoint, Execution, Sight, Vote
from governance.crossings.models import Crossing, CrossingParcel
from governance.delegations.models import Delegation
from governance.elevate.models import Elevation
from governance.grants.models import Grant
from governance.jobs.models import Job, WorkerBeat
from governance.kills.models import InstallationStop, Kill
from governance.laws.models import LawCheck
from governance.ledger.models import Account, BudgetWarning, Cap, Hold, InstallationAccount, LedgerEntry
from governance.limits.models import RequestCount
from governance.live.models import Event
from governance.members.models import Invitation
from governance.memory.models import MemoryItem, MemoryUse
from governance.notices.models import PersonNotice
from governance.notifications.models import Notification, NotificationPreference, QuietHours
from governance.orders.models import PayingAccount, PaymentOrder
from governance.outbox.models import OutboundMail
from governance.people.grants import IdentityPermission
from governance.people.models import Identity, Membership, User
from governance.registry.models import IdempotencyRecord
from governance.rights.models import DataExport, Erasure
from governance.rules.models import Rule, RuleVersion, Verdict, WhatIf, WhatIfChange
from governance.staff.models import BreakGlass, InstallationLimit
from governance.webhooks.models import Webhook, WebhookDelivery, WebhookSecret
