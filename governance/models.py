"""The models of governance; each lives in the room of its package."""

from governance.access.models import Violation
from governance.audit.models import AuditEntry, ChainHead, DataKey
from governance.checkpoints.models import Checkpoint, Execution, Vote
from governance.jobs.models import Job, WorkerBeat
from governance.ledger.models import Account, Cap, Hold, InstallationAccount, LedgerEntry
from governance.live.models import Event
from governance.orders.models import PaymentOrder, TransferRequest
from governance.outbox.models import OutboundMail
from governance.people.models import Identity, Membership, User
from governance.registry.models import IdempotencyRecord
from governance.rules.models import Rule, Verdict
