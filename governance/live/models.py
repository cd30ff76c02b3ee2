"""Events: what sockets replay (design 4.5). The row is the truth, the socket is a hint."""

from __future__ import annotations

from django.db import models

from governance.isolation.models import Scoped
from governance.live.querysets import EventQuerySet


class Event(Scoped):
    """One piece of news of one identity, numbered without gaps; written by `audit_append` only."""

    append_only = True
    written_by_functions = True

    seq = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "seq"], name="event_seq_once")]
        indexes = [models.Index(fields=["identity", "object_id", "seq"], name="event_by_object")]
