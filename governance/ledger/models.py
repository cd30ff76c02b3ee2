"""Budgets and their ledger (design 3.6). Two units, both integers: credits and pico-USD.

All five tables are written by the SQL functions of `sql/functions_ledger.sql` only: the application's
role may read them and nothing else, so a balance cannot be changed around the rules.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.isolation.models import Global, Scoped, ScopedKey

MODEL_TOKENS_PER_CREDIT = 10
PICO_PER_USD = 10**12


def credits_for(model_tokens: int) -> int:
    """Credits that pay `model_tokens`, rounded up."""
    return -(-model_tokens // MODEL_TOKENS_PER_CREDIT)


class Unit(models.TextChoices):
    TOKENS = "tokens", _("tokens")
    PICO_USD = "pico_usd", _("US dollars")


class Period(models.TextChoices):
    DAY = "day", _("day")
    WEEK = "week", _("week")
    MONTH = "month", _("month")
    YEAR = "year", _("year")
    LIFETIME = "lifetime", _("lifetime")


_PER = {
    Period.DAY: _("per day"),
    Period.WEEK: _("per week"),
    Period.MONTH: _("per month"),
    Period.YEAR: _("per year"),
    Period.LIFETIME: _("in all"),
}


def per_words(period: str) -> str:
    """How a limit is told everywhere: “100,000 tokens per month”."""
    return str(_PER[Period(period)])


class InstallationAccount(Global):
    """The ceiling above all identities, first in the order of holds; one row per month."""

    month = models.DateField(unique=True)
    pico_usd_cap = models.BigIntegerField()
    pico_usd_held = models.BigIntegerField(default=0)
    pico_usd_spent = models.BigIntegerField(default=0)


class Account(Scoped):
    """A node of the tree identity → sphere → thread → run, with its running totals."""

    written_by_functions = True

    class Kind(models.TextChoices):
        IDENTITY = "identity", _("identity")
        SPHERE = "sphere", _("sphere")
        THREAD = "thread", _("thread")
        RUN = "run", _("run")

    kind = models.CharField(max_length=8, choices=Kind)
    ref = models.CharField(max_length=40, blank=True)
    parent = ScopedKey("self", models.PROTECT, null=True)
    depth = models.PositiveSmallIntegerField()
    tokens_held = models.BigIntegerField(default=0)
    tokens_spent = models.BigIntegerField(default=0)
    tokens_balance = models.BigIntegerField(default=0)
    pico_usd_held = models.BigIntegerField(default=0)
    pico_usd_spent = models.BigIntegerField(default=0)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "kind", "ref"], name="account_once")]


class Cap(Scoped):
    """A limit of one account in one unit and period; `used` counts the present window only."""

    written_by_functions = True

    account = ScopedKey(Account, related_name="caps")
    unit = models.CharField(max_length=8, choices=Unit)
    period = models.CharField(max_length=8, choices=Period)
    limit = models.BigIntegerField()
    window_start = models.DateField()
    used = models.BigIntegerField(default=0)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "account", "unit", "period"], name="cap_once")]


class Hold(Scoped):
    """Budget reserved for one provider call, on every account from root to leaf."""

    written_by_functions = True

    class State(models.TextChoices):
        HELD = "held"
        CALLING = "calling"
        SETTLED = "settled"
        RELEASED = "released"

    account = ScopedKey(Account, models.PROTECT)
    run_id = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    tokens = models.BigIntegerField()
    pico_usd = models.BigIntegerField()
    month = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(state__in=["held", "calling"]), name="hold_open"),
        ]


class LedgerEntry(Scoped):
    """One movement of one account; the balance is the sum of its rows."""

    append_only = True
    written_by_functions = True

    class Kind(models.TextChoices):
        ALLOCATION = "allocation", _("allocation")
        HOLD = "hold", _("reserved")
        SETTLE = "settle", _("used")
        RELEASE = "release", _("released")
        REFUND = "refund", _("refund")
        TRANSFER = "transfer", _("transfer")
        ADJUSTMENT = "adjustment", _("adjustment")
        BONUS = "bonus", _("bonus")

    account = ScopedKey(Account, models.PROTECT)
    kind = models.CharField(max_length=10, choices=Kind)
    hold_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    tokens = models.BigIntegerField()
    pico_usd = models.BigIntegerField()
    balance_tokens = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "account", "-id"], name="ledger_of_account")]


class BudgetWarning(Scoped):
    """That a cap was used to a mark in one window: told once."""

    append_only = True

    account = ScopedKey(Account, models.PROTECT)
    unit = models.CharField(max_length=8, choices=Unit)
    period = models.CharField(max_length=8, choices=Period)
    window_start = models.DateField()
    percent = models.PositiveSmallIntegerField()
    used = models.BigIntegerField()
    limit = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "account", "unit", "period", "window_start", "percent"], name="budget_warned_once"
            )
        ]
