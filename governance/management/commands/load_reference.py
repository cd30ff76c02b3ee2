"""The rows every installation has: the system's chain key, and what other apps registered."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.models import DataKey
from governance.audit.vault import make_data_key
from governance.isolation.context import Why, system_scope
from governance.registry.reference import loaders


class Command(BaseCommand):
    help = "Loads what every installation needs; harmless to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with system_scope(Why.ACCOUNTS):
            if not DataKey.objects.filter(identity_id=SYSTEM_CHAIN).exists():
                make_data_key(SYSTEM_CHAIN)
        for load in loaders():
            load()
