"""Which day it is for somebody."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from governance.people.models import User


def day_of(person: User) -> date:
    """Today where the person lives."""
    return timezone.now().astimezone(ZoneInfo(person.timezone)).date()
