"""What the approval page checks before a person decides: each line is looked up now, none is asserted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.checkpoints.editing import asker_of
from governance.checkpoints.envelope import envelope_digest, preview_digest
from governance.checkpoints.models import Checkpoint
from governance.checkpoints.words import preview_of
from governance.errors import GovernanceError
from governance.isolation.context import IdentityContext, bind
from governance.ledger.budget import credits_left
from governance.ledger.models import credits_for
from governance.outbox.actions import MOST_RECIPIENTS_A_DAY
from governance.outbox.models import OutboundMail
from governance.perform import parse, rule
from governance.registry.actions import get_action

SAME_MAIL_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Check:
    """One line: `tone` is '' (good), `warn` or `bad`."""

    title: str
    note: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a question looks like today. `stale`: approving it would no longer do what it shows."""

    checks: list[Check]
    stale: bool

    @property
    def good(self) -> int:
        return sum(not check.tone for check in self.checks)


def examine(row: Checkpoint, actor: IdentityContext) -> Examined:
    """Looks a waiting question over, inside a transaction."""
    permission, same = _permission(row, actor)
    checks = [permission, _sealed(row, same), _budget(row)]
    if row.preview.get("form") == "email":
        checks += _mail(row)
    return Examined(checks, stale=bool(permission.tone) or not same)


def _permission(row: Checkpoint, actor: IdentityContext) -> tuple[Check, bool]:
    """May the requester still do it, under today's rules? And would it still be the same act?"""
    title = _("Permission")
    action = get_action(row.action)
    try:
        params = parse(action, row.params)
        with bind(asker_of(row, actor)):
            ruling = rule(action, params, None)
            now = preview_of(action, params)
    except GovernanceError as refusal:
        return Check(title, str(refusal.detail or refusal.title), "bad"), False
    if ruling.denied:
        return Check(title, _("a rule refuses it now"), "bad"), False
    same = preview_digest(now) == row.preview_digest and (
        ruling.decision.document["rule_set"] == row.envelope["rule_set"]
    )
    return Check(title, _("whoever asked may do this, once a person agrees")), same


def _sealed(row: Checkpoint, same: bool) -> Check:
    title = _("Sealed envelope")
    whole = envelope_digest(row.envelope) == row.envelope_digest and preview_digest(row.preview) == row.preview_digest
    if not whole:
        return Check(title, _("it does not match its seal: it would not be carried out"), "bad")
    if not same:
        return Check(title, _("the rules or the circumstances have changed since"), "warn")
    return Check(title, _("what you see is what would be carried out"))


def _budget(row: Checkpoint) -> Check:
    title, needed = _("Budget"), credits_for(most_model_tokens(row))
    if not needed:
        return Check(title, _("nothing is spent"))
    left, _cap = credits_left()
    note = ngettext("%(n)s token left this month", "%(n)s tokens left this month", left) % {"n": left}
    return Check(title, note, "" if left >= needed else "bad")


def most_model_tokens(row: Checkpoint) -> int:
    """The most model tokens the act can use; 0 when it calls no model."""
    estimate = row.preview.get("estimate")
    worst = estimate.get("worst_case", 0) if isinstance(estimate, dict) else 0
    return max(int(row.envelope.get("max_tokens", 0)), int(worst))


def _mail(row: Checkpoint) -> Iterator[Check]:
    """An e-mail: where answers go, how many leave today, and whether it left before."""
    now, recipients = timezone.now(), list(row.preview["to"])
    answers = row.preview.get("reply_to", "")
    if answers:
        yield Check(_("Answers"), _("they go to %(address)s") % {"address": answers})
    else:
        yield Check(_("Answers"), _("no address is confirmed: nobody can answer this e-mail"), "warn")
    today = OutboundMail.objects.filter(created_at__gte=now - timedelta(days=1))
    left = MOST_RECIPIENTS_A_DAY - (today.aggregate(total=Sum("recipients"))["total"] or 0)
    note = ngettext("%(n)s recipient left today", "%(n)s recipients left today", left) % {"n": left}
    yield Check(_("Daily limit"), note, "" if left >= len(recipients) else "bad")
    since = OutboundMail.objects.filter(created_at__gte=now - SAME_MAIL_WITHIN)
    if since.filter(subject=row.preview["subject"], to=recipients).exists():
        yield Check(_("Duplicate"), _("the same subject left for the same people in the last 30 days"), "warn")
    else:
        yield Check(_("Duplicate"), _("nothing like it has left in the last 30 days"))
