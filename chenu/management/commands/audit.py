"""`manage.py audit …`: are the chains of this installation whole, and are they the ones that were signed?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from uuid_utils.compat import uuid7

from chenu.backup.database import reachable
from chenu.backup.sealed import BackupProblem
from chenu.launch.errors import LaunchError
from governance.audit.entries import SYSTEM_CHAIN
from governance.audit.models import ChainHead
from governance.audit.proof import prove
from governance.audit.signing import keys, taking
from governance.audit.signing.anchoring import anchor_fault
from governance.audit.signing.checking import record_faults
from governance.audit.signing.lines import print_in_force
from governance.audit.signing.outside import RecordProblem
from governance.audit.verify import ChainReport, verify_chain
from governance.isolation.context import Channel, IdentityContext, Why, bind, reading, system_scope
from governance.people.models import Identity
from governance.rights.models import Erasure


class Command(BaseCommand):
    help = (
        "verify: all chains, against their signatures and the outside record. sign: the heads, now. "
        "rotate-key: a new signing key. acknowledge: go on although the database went back behind the record."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "sign", "rotate-key", "acknowledge"])
        parser.add_argument("--payloads", action="store_true", help="also open each payload and check its commitment")
        parser.add_argument("--anchor", default="", help="verify: number and digest of a line, as they were mailed")
        parser.add_argument("--reason", default="", help="acknowledge: why the database went back; kept in the log")

    def handle(self, *args: Any, **options: Any) -> None:
        """CHE·NU may be running or not: a database that went back keeps it from starting."""
        try:
            with reachable():
                getattr(self, f"do_{options['what'].replace('-', '_')}")(options)
        except (keys.KeyProblem, RecordProblem, BackupProblem, LaunchError) as problem:
            raise CommandError(str(problem)) from problem

    def do_verify(self, options: dict[str, Any]) -> None:
        reports = [self.verify(chain, options["payloads"]) for chain in self.chains()]
        for report in reports:
            self.stdout.write(f"{report.chain} {report.entries:>8} {'intact' if report.ok else report.first_bad}")
        faults = record_faults()
        if options["anchor"] and (fault := anchor_fault(options["anchor"])):
            faults.append(fault)
        for fault in faults:
            self.stdout.write(fault)
        bad = sum(not report.ok for report in reports)
        self.stdout.write(f"{len(reports)} chains, {sum(r.entries for r in reports)} entries, {bad} broken")
        if bad or faults:
            sys.exit(1)

    def do_sign(self, options: dict[str, Any]) -> None:
        line = taking.sign_heads()
        self.stdout.write(f"line {line.number}, key {line.told['key']}" if line else "nothing to sign")

    def do_rotate_key(self, options: dict[str, Any]) -> None:
        line = taking.change_key()
        self.stdout.write(f"the key {print_in_force(line)} signs from line {line.number + 1} on")

    def do_acknowledge(self, options: dict[str, Any]) -> None:
        if len(options["reason"].strip()) < 10:
            raise CommandError("say why, in ten characters at least: --reason=…")
        line = taking.take_note(options["reason"].strip())
        self.stdout.write(f"noted in line {line.number} of the outside record and in the system's log")

    def chains(self) -> list[UUID]:
        """Every identity's and the system's, also where the head is gone: that would be a finding."""
        with system_scope(Why.VERIFY):
            heads = set(ChainHead.objects.values_list("identity_id", flat=True))
        return sorted(heads | set(Identity.objects.values_list("pk", flat=True)) | {SYSTEM_CHAIN})

    def verify(self, chain: UUID, payloads: bool) -> ChainReport:
        """Each chain is read as its own identity, so that one chain's rows are never mixed with another's.

        Of an erased identity the chain is verified, too; its payloads open for nobody any more.
        """
        payloads = payloads and not Erasure.objects.of_identity(chain).filter(state=Erasure.State.DONE).exists()
        with bind(IdentityContext(SYSTEM_CHAIN, chain, "system", Channel.SYSTEM, uuid7())), reading():
            report = prove(full=True).report
            return verify_chain(chain, open_payloads=True) if payloads and report.ok else report
