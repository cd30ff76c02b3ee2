"""`manage.py audit verify`: are the chains of this installation whole?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from uuid_utils.compat import uuid7

from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.models import ChainHead
from governance.audit.verify import ChainReport, verify_chain
from governance.isolation.context import Channel, IdentityContext, Why, bind, reading, system_scope
from governance.people.models import Identity


class Command(BaseCommand):
    help = "Verifies the audit chains of all identities and of the system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify"])
        parser.add_argument("--payloads", action="store_true", help="also open each payload and check its commitment")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = [self.verify(chain, options["payloads"]) for chain in self.chains()]
        for report in reports:
            self.stdout.write(f"{report.chain} {report.entries:>8} {'intact' if report.ok else report.first_bad}")
        bad = sum(not report.ok for report in reports)
        self.stdout.write(f"{len(reports)} chains, {sum(r.entries for r in reports)} entries, {bad} broken")
        if bad:
            sys.exit(1)

    def chains(self) -> list[UUID]:
        """Every identity's and the system's, also where the head is gone: that would be a finding."""
        with system_scope(Why.VERIFY):
            heads = set(ChainHead.objects.values_list("identity_id", flat=True))
        return sorted(heads | set(Identity.objects.values_list("pk", flat=True)) | {SYSTEM_CHAIN})

    def verify(self, chain: UUID, payloads: bool) -> ChainReport:
        """Each chain is read as its own identity, so that one chain's rows are never mixed with another's."""
        context = IdentityContext(SYSTEM_CHAIN, chain, "system", Channel.SYSTEM, uuid7())
        with bind(context), reading():
            return verify_chain(chain, open_payloads=payloads)
