"""Is spending accounted for? Reservations end, balances are their movements, the installation has its ceiling."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.laws.checks import Finding, none_of, register_check
from governance.ledger.models import PICO_PER_USD, Hold, InstallationAccount
from governance.ledger.tasks import ORPHAN_AFTER

GRACE = timedelta(minutes=5)
# Accounts that moved in the last hour, whose balance is not what their last movement left.
ADRIFT = """
SELECT count(*) FROM governance_account a JOIN LATERAL (
    SELECT balance_tokens, at FROM governance_ledgerentry e
    WHERE e.identity_id = a.identity_id AND e.account_id = a.id ORDER BY e.id DESC LIMIT 1) last ON true
WHERE last.at > now() - interval '1 hour' AND last.balance_tokens <> a.tokens_balance
"""


def orphan_holds() -> Finding:
    """Reservations that are open though whoever made them is long gone."""
    before = timezone.now() - ORPHAN_AFTER - GRACE
    open_ = Hold.objects.filter(state__in=[Hold.State.HELD, Hold.State.CALLING], created_at__lt=before)
    return none_of(open_.count(), "reservations were never ended: does their sweep run?")


def balances_kept() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(ADRIFT)
        return none_of(cursor.fetchone()[0], "accounts whose balance is not what their last movement left")


def ceiling_set() -> Finding:
    """The installation has a ceiling, and no month is beyond the one it had."""
    if settings.MONTHLY_USD_CAP is None or settings.MONTHLY_USD_CAP < 0:
        return Finding(False, "no monthly ceiling is set")
    most = settings.MONTHLY_USD_CAP * PICO_PER_USD
    months = InstallationAccount.objects.annotate(used=F("pico_usd_spent") + F("pico_usd_held"))
    beyond = months.filter(used__gt=F("pico_usd_cap")).count() + months.filter(pico_usd_cap__lt=0).count()
    now = months.filter(month=timezone.now().date().replace(day=1), used__gt=most).count()
    return none_of(beyond + now, "months have cost more than their ceiling")


def register() -> None:
    register_check("L8", "budget.holds", _("No reservation is left behind"), orphan_holds)
    register_check("L8", "budget.balances", _("Balances are what their movements left"), balances_kept)
    register_check("L8", "budget.ceiling", _("The installation has a ceiling, and is below it"), ceiling_set)
