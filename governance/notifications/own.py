"""The events of governance, in the order in which the preferences list them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.ledger.models import Account, Period, Unit, per_words
from governance.notifications.events import Event, Group, Type, register_event, register_fact
from governance.notifications.models import Notification
from governance.rights.sources import register_export
from governance.webhooks.models import Webhook

APPROVALS = Group(_("Approvals"), 10)
MEMBERS = Group(_("Members and credits"), 30)
DATA = Group(_("Your data"), 40)
CONNECTIONS = Group(_("Connections"), 50)
SECURITY = Group(_("Security"), 90)

WAITING, REMINDER = "checkpoint.waiting", "checkpoint.reminder"
DECIDED, EXPIRED, UNKNOWN = "checkpoint.decided", "checkpoint.expired", "checkpoint.unknown"
RAISED = "checkpoint.raised"
HASTY, HASTY_MEMBER = "checkpoint.hasty", "checkpoint.hasty_member"
REMEMBER = "memory.proposed"
DELEGATED, UNDELEGATED = "delegation.granted", "delegation.revoked"
ELEVATED, UNELEVATED = "elevation.given", "elevation.ended"
JOINED, LEFT, REMOVED, ROLE = "member.joined", "member.left", "member.removed", "member.role"
SHARED = "credits.shared"
WARNED, BLOCKED = "budget.warned", "budget.blocked"
EXPORT_READY, EXPORT_FAILED = "export.ready", "export.failed"
ERASURE, KEPT = "erasure.planned", "erasure.undone"
HOOK_OFF = "webhook.off"
CROSSED, LOOKED = "boundary.crossed", "staff.looked"
SIGNED_IN = "account.signed_in"
FACTOR_ADDED, FACTOR_REMOVED = "account.factor_added", "account.factor_removed"
CODES_RENEWED, CODES_LOW = "account.codes_renewed", "account.codes_low"
PASSWORD, ADDRESS, TOKEN = "account.password", "account.address", "account.token"

EVENTS = (
    Event(
        WAITING, APPROVALS, _("An approval waits for you"), _("An approval waits for you"),
        _("An approval waits for you in %(identity)s"), type=Type.TASK, email=True,
    ),
    Event(
        REMINDER, APPROVALS, _("An approval is about to expire"), _("An approval is about to expire"),
        _("An approval is about to expire in %(identity)s"), _("It counts as refused from %(at)s on."),
        facts=frozenset({"at"}), type=Type.REMINDER, email=True,
    ),
    Event(
        DECIDED, APPROVALS, _("Somebody decided on your request"), _("Your request was decided"),
        _("Your request was decided in %(identity)s"), _("%(who)s: %(decision)s"),
        facts=frozenset({"who", "decision"}),
    ),
    Event(
        EXPIRED, APPROVALS, _("Your request has expired"), _("Your request has expired"),
        _("Your request has expired in %(identity)s"), _("Nobody decided in time, so it counts as refused."),
        type=Type.WARNING,
    ),
    Event(
        UNKNOWN, APPROVALS, _("The outcome of an approved act is unknown"), _("An outcome is not known"),
        _("An outcome is not known in %(identity)s"), _("It was begun. Look at it before asking again."),
        type=Type.WARNING, email=True,
    ),
    Event(
        RAISED, APPROVALS, _("The level of an approval was raised"), _("%(who)s asks for a decision sooner"),
        _("A decision is asked for sooner in %(identity)s"), _("It counts as refused from %(at)s on."),
        facts=frozenset({"who", "at"}), type=Type.REMINDER, email=True,
    ),
    Event(
        HASTY, APPROVALS, _("You decide very quickly"), _("Take your time: your last decisions took under two seconds"),
        _("You decide very quickly in %(identity)s"),
        _("If questions come too often, allow the like of them in advance, or let somebody decide some for you."),
        type=Type.WARNING, always=True,
    ),
    Event(
        HASTY_MEMBER, APPROVALS, _("Somebody decides very quickly"), _("%(who)s decides very quickly"),
        _("Somebody decides very quickly in %(identity)s"),
        _("Their last decisions took under two seconds. They were told, kindly."),
        facts=frozenset({"who"}), type=Type.ALERT,
    ),
    Event(
        DELEGATED, APPROVALS, _("Somebody approves for somebody else"), _("%(to)s may approve for %(from)s"),
        _("Somebody may approve for somebody else in %(identity)s"),
        _("Until %(at)s. Either of them may end it before."), facts=frozenset({"from", "to", "at"}),
        type=Type.ALERT, email=True, always=True,
    ),
    Event(
        UNDELEGATED, APPROVALS, _("A delegation was ended"), _("%(to)s no longer approves for %(from)s"),
        _("A delegation was ended in %(identity)s"), facts=frozenset({"from", "to"}), always=True,
    ),
    Event(
        ELEVATED, APPROVALS, _("What you asked for is allowed for a while"),
        _("%(agent)s need not ask you each time now"),
        _("Something is allowed for a while in %(identity)s"), _("Until %(at)s. You may end it before."),
        facts=frozenset({"agent", "at"}), type=Type.ALERT,
    ),
    Event(
        UNELEVATED, APPROVALS, _("Somebody has ended what you were allowed for a while"),
        _("%(agent)s asks each time again"), _("What was allowed for a while has ended in %(identity)s"),
        _("Somebody has ended it before its time."), facts=frozenset({"agent"}), type=Type.WARNING,
    ),
    Event(
        REMEMBER, APPROVALS, _("A program or a member proposes to remember something"),
        _("Something is proposed to be remembered"), _("Something is proposed to be remembered in %(identity)s"),
        _("Nothing uses it before somebody agrees to its words."), type=Type.TASK,
    ),
    Event(
        JOINED, MEMBERS, _("Somebody has accepted an invitation"), _("%(who)s is a member now"),
        _("There is a new member in %(identity)s"), _("Role: %(role)s"), facts=frozenset({"who", "role"}),
    ),
    Event(
        LEFT, MEMBERS, _("A member has left"), _("%(who)s is no longer a member"),
        _("A member has left %(identity)s"), facts=frozenset({"who"}),
    ),
    Event(
        REMOVED, MEMBERS, _("You were removed from an identity"), _("You are no longer a member of %(name)s"),
        _("You are no longer a member of one of your identities"), facts=frozenset({"name"}),
        type=Type.WARNING, email=True,
    ),
    Event(
        ROLE, MEMBERS, _("Your role has changed"), _("Your role has changed: %(role)s"),
        _("Your role has changed in %(identity)s"), facts=frozenset({"role"}),
    ),
    Event(
        SHARED, MEMBERS, _("Credits were shared with an identity"), _("%(credits)s credits a month were added"),
        _("Credits were added in %(identity)s"), facts=frozenset({"credits"}),
    ),
    Event(
        WARNED, MEMBERS, _("A budget is nearly used up"), _("%(percent)s%% of a budget are used"),
        _("A budget is nearly used up in %(identity)s"), _("%(budget)s: %(cap)s"),
        facts=frozenset({"percent", "budget", "cap"}), type=Type.WARNING,
    ),
    Event(
        BLOCKED, MEMBERS, _("A budget is used up"), _("A budget is used up: nothing more is spent"),
        _("A budget is used up in %(identity)s"), _("%(budget)s: %(cap)s. Raise it, or wait until it starts again."),
        facts=frozenset({"budget", "cap"}), type=Type.ALERT, email=True,
    ),
    Event(
        EXPORT_READY, DATA, _("An archive is ready"), _("Your archive is ready"),
        _("Your archive is ready in %(identity)s"), _("It is kept until %(at)s."), facts=frozenset({"at"}), email=True,
    ),
    Event(
        EXPORT_FAILED, DATA, _("An archive could not be written"), _("Your archive could not be written"),
        _("Your archive could not be written in %(identity)s"), _("You may ask for it again."), type=Type.WARNING,
    ),
    Event(
        ERASURE, DATA, _("An identity or account is going to be erased"), _("%(name)s is going to be erased"),
        _("Something is going to be erased: %(identity)s"), _("On %(at)s, unless it is undone before."),
        facts=frozenset({"name", "at"}), type=Type.ALERT, email=True, always=True,
    ),
    Event(
        KEPT, DATA, _("An erasure was undone"), _("%(name)s is kept after all"),
        _("%(identity)s is kept after all"), facts=frozenset({"name"}),
    ),
    Event(
        HOOK_OFF, CONNECTIONS, _("A webhook was switched off"), _("The webhook “%(name)s” was switched off"),
        _("A webhook was switched off in %(identity)s"), _("%(why)s What was not delivered is kept for thirty days."),
        facts=frozenset({"name", "why"}), type=Type.WARNING, email=True,
    ),
    Event(
        CROSSED, SECURITY, _("A stranger tried to reach in"), _("Somebody tried to reach in: refused"),
        _("Somebody tried to reach into %(identity)s: refused"), _("They saw nothing. You are told once a day."),
        type=Type.ALERT, email=True, always=True,
    ),
    Event(
        LOOKED, SECURITY, _("Staff of the installation look into an identity"), _("Staff of the installation look in"),
        _("Staff of the installation look into %(identity)s"),
        _("Until %(at)s, read only. The log says who, what and why."),
        facts=frozenset({"at"}), type=Type.ALERT, email=True, always=True,
    ),
    Event(
        SIGNED_IN, SECURITY, _("Sign-in from a new device or place"), _("New sign-in: %(device)s"),
        _("New sign-in to your account"), _("If it was not you, end it and change your password."),
        facts=frozenset({"device"}), type=Type.ALERT, email=True, always=True,
    ),
    Event(
        FACTOR_ADDED, SECURITY, _("A second factor was added"), _("A second factor was added: %(kind)s"),
        _("A second factor was added to your account"), facts=frozenset({"kind"}),
        type=Type.ALERT, email=True, always=True, mailed=True,
    ),
    Event(
        FACTOR_REMOVED, SECURITY, _("A second factor was removed"), _("A second factor was removed"),
        _("A second factor of your account was removed"), type=Type.ALERT, email=True, always=True, mailed=True,
    ),
    Event(
        CODES_RENEWED, SECURITY, _("New recovery codes were made"), _("New recovery codes were made"),
        _("New recovery codes were made for your account"), type=Type.ALERT, email=True, always=True, mailed=True,
    ),
    Event(
        CODES_LOW, SECURITY, _("Few recovery codes are left"), _("Recovery codes left: %(n)s"),
        _("Few recovery codes are left for your account"), _("Make new ones before you need them."),
        facts=frozenset({"n"}), type=Type.WARNING, email=True, always=True,
    ),
    Event(
        PASSWORD, SECURITY, _("The password was changed"), _("Your password was changed"),
        _("The password of your account was changed"), type=Type.ALERT, email=True, always=True, mailed=True,
    ),
    Event(
        ADDRESS, SECURITY, _("The e-mail address was changed"), _("Your e-mail address was changed"),
        _("The e-mail address of your account was changed"), type=Type.ALERT, email=True, always=True, mailed=True,
    ),
    Event(
        TOKEN, SECURITY, _("An API token was made"), _("An API token was made: %(name)s"),
        _("An API token was made for your account"), facts=frozenset({"name"}),
        type=Type.ALERT, email=True, always=True,
    ),
)  # fmt: skip

DECISIONS = {"approved": pgettext_lazy("decision", "approved"), "rejected": pgettext_lazy("decision", "refused")}
KINDS = {"totp": _("authenticator app"), "webauthn": _("passkey")}


def said_cap(value: str) -> str:
    """“tokens per month”."""
    unit, _sign, period = value.partition(" ")
    return f"{dict(Unit.choices).get(unit, unit)} {per_words(period) if period in Period.values else period}"


def register() -> None:
    """Called once, when the app is ready."""
    for event in EVENTS:
        register_event(event)
    register_fact("decision", lambda value: str(DECISIONS.get(value, value)))
    register_fact("why", lambda value: str(dict(Webhook.Off.choices).get(value, value)))
    register_fact("budget", lambda value: str(dict(Account.Kind.choices).get(value, value)))
    register_fact("cap", said_cap)
    register_fact("kind", lambda value: str(KINDS.get(value, value)))
    register_export(Notification, "governance/notifications", _("What people of this identity were told"))
