"""What makes a repeated request harmless (design 4.1)."""

from __future__ import annotations

from django.db import models

from governance.isolation.models import Scoped


class IdempotencyRecord(Scoped):
    """The answer that was given under an `Idempotency-Key`, to be given again for 30 days.

    `scope` digests person or token, method, path and key; `fingerprint` the body. The answer is
    encrypted under the identity's data key.
    """

    scope = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "scope"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]
