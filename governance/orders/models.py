"""Orders to pay, which CHE·NU records and never carries out by itself (design 3.8)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Scoped
from governance.orders.querysets import OrderQuerySet


class PaymentOrder(Scoped):
    """An order to pay. CHE·NU orders and records; it never moves money.

    `version` counts changes of what is to be approved; `checkpoint_id` names the question it waits at.
    `message_id` and `filed_at`: the last file for a bank that it stood in.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        AWAITING = "awaiting", pgettext_lazy("payment order", "Awaiting approval")
        ORDERED = "ordered", _("Ordered")
        SETTLED = "settled", _("Settled")
        CANCELLED = "cancelled", _("Cancelled")

    payee = models.CharField(max_length=140)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    due_date = models.DateField(null=True)
    reference = models.CharField(max_length=140, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    institution = models.CharField(max_length=3, blank=True)
    transit = models.CharField(max_length=5, blank=True)
    account = models.CharField(max_length=12, blank=True)
    street = models.CharField(max_length=70, blank=True)
    building = models.CharField(max_length=16, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    town = models.CharField(max_length=35, blank=True)
    country = models.CharField(max_length=2, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ORDERED)
    version = models.PositiveIntegerField(default=1)
    person_id = models.UUIDField()
    run_id = models.UUIDField(null=True)
    checkpoint_id = models.UUIDField(null=True)
    ordered_at = models.DateTimeField(null=True)
    settled_on = models.DateField(null=True)
    message_id = models.CharField(max_length=35, blank=True)
    filed_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta(Scoped.Meta):
        indexes = [
            models.Index(fields=["identity", "-id"], name="payment_newest"),
            models.Index(fields=["identity", "status", "-id"], name="payment_by_state"),
            models.Index(fields=["identity", "currency", "-id"], name="payment_by_currency"),
            models.Index(fields=["identity", "due_date"], name="payment_by_due_date"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_of_something"),
            models.CheckConstraint(
                condition=models.Q(status="settled", settled_on__isnull=False)
                | (~models.Q(status="settled") & models.Q(settled_on__isnull=True)),
                name="payment_settled_on_a_day",
            ),
        ]


class PayingAccount(Scoped):
    """The account an identity pays from: one row, in the terms of SEPA, of a Canadian bank, or of both."""

    holder = models.CharField(max_length=70)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    institution = models.CharField(max_length=3, blank=True)
    transit = models.CharField(max_length=5, blank=True)
    account = models.CharField(max_length=12, blank=True)
    changed_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity"], name="paying_account_once")]
