"""Orders that CHE·NU records and never carries out by itself: payments (design 3.8)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.isolation.models import Scoped


class PaymentOrder(Scoped):
    """An approved order to pay. CHE·NU orders and records; it never moves money."""

    class Status(models.TextChoices):
        ORDERED = "ordered", _("Ordered")
        SETTLED = "settled", _("Settled")
        CANCELLED = "cancelled", _("Cancelled")

    payee = models.CharField(max_length=140)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    due_date = models.DateField(null=True)
    reference = models.CharField(max_length=140, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.ORDERED)
    person_id = models.UUIDField()
    run_id = models.UUIDField(null=True)
    ordered_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["identity", "-id"], name="payment_newest")]
