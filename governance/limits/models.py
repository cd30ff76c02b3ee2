"""How often somebody asked lately: one row per counted subject, exact across all processes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.isolation.models import Global


class RequestCount(Global):
    """Counts of the last 61 seconds, one place a second, for one subject of one limit.

    `subject` is `<limit>:<person id or address>`; `newest` the Unix second of the last place. Written by
    `chenu.request_take` only; kept in an unlogged table: what is lost with a power cut is a minute's counting.
    """

    subject = models.CharField(primary_key=True, max_length=120)
    newest = models.BigIntegerField(db_index=True)
    counts = ArrayField(models.SmallIntegerField())
