"""What each check found when it last looked."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from governance.isolation.models import Global

FRESH = timedelta(minutes=20)


class LawCheck(Global):
    """One check of the installation, as of its last look: it tells of no identity. `detail` is for staff alone."""

    class State(models.TextChoices):
        HOLDS = "holds", pgettext_lazy("law", "Holds")
        BROKEN = "broken", pgettext_lazy("law", "Does not hold")
        UNTOLD = "untold", pgettext_lazy("law", "Cannot be told")

    key = models.CharField(max_length=60, primary_key=True)
    law = models.CharField(max_length=3)
    state = models.CharField(max_length=6, choices=State)
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    since = models.DateTimeField()
    duration_us = models.BigIntegerField()

    @property
    def milliseconds(self) -> str:
        return f"{self.duration_us / 1000:.1f}"

    @property
    def is_stale(self) -> bool:
        """Nobody has looked for a while: then it says nothing about now."""
        return self.at < timezone.now() - FRESH

    @property
    def shown_state(self) -> LawCheck.State:
        return self.State.UNTOLD if self.is_stale else self.State(self.state)
